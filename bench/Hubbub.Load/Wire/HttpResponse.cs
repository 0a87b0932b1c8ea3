using System.Buffers.Text;
using System.Text;

namespace Hubbub.Load.Wire;

/// <summary>
/// One HTTP/1.1 response, as slices of the buffer that it was received in. Only what this generator meets is understood
/// (RFC 9112): a length, chunks, or no body by status; a body that ends with the connection is refused.
/// </summary>
internal readonly ref struct HttpResponse
{
    public const int MaxHead = 32 * 1024;

    /// <summary>A page of 1 000 events of 16 KiB each, and room for their other fields.</summary>
    public const int MaxBody = 32 * 1024 * 1024;

    private HttpResponse(int status, ReadOnlySpan<byte> head, ReadOnlySpan<byte> input, int bodyAt, int bodyLength, int length)
    {
        Status = status;
        Head = head;
        Body = input.Slice(bodyAt, bodyLength);
        BodyAt = bodyAt;
        Length = length;
    }

    public int Status { get; }

    /// <summary>The field lines, without the status line and the empty line.</summary>
    public ReadOnlySpan<byte> Head { get; }

    /// <summary>The body without chunk framing.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>Where in the input the body begins.</summary>
    public int BodyAt { get; }

    /// <summary>How many bytes of the input the response took.</summary>
    public int Length { get; }

    public bool ClosesConnection => Contains(Field(Head, "connection"u8), "close"u8);

    /// <summary>
    /// Reads the response at the start of <paramref name="input"/>; false while it is incomplete. It keeps no state: after
    /// more has arrived, call again with the whole. A chunked body is moved together inside the input once it is complete.
    /// </summary>
    public static bool TryRead(Span<byte> input, out HttpResponse response)
    {
        response = default;
        var headEnd = input.IndexOf("\r\n\r\n"u8);
        if (headEnd < 0)
            return input.Length <= MaxHead ? false : throw new WireFault("the response's head is longer than 32 KiB");
        var lineEnd = input.IndexOf("\r\n"u8);
        var status = Status3(input[..lineEnd]);
        var head = (ReadOnlySpan<byte>)(lineEnd == headEnd ? [] : input[(lineEnd + 2)..headEnd]);
        var bodyAt = headEnd + 4;

        if (status is 204 or 304 or (>= 100 and < 200))
        {
            response = new HttpResponse(status, head, input, bodyAt, 0, bodyAt);
            return true;
        }
        if (Contains(Field(head, "transfer-encoding"u8), "chunked"u8))
        {
            if (!TryMeasureChunks(input[bodyAt..], out var framed))
                return false;
            var length = JoinChunks(input.Slice(bodyAt, framed));
            response = new HttpResponse(status, head, input, bodyAt, length, bodyAt + framed);
            return true;
        }
        var declared = Field(head, "content-length"u8);
        if (!Utf8Parser.TryParse(declared, out int size, out var used) || used != declared.Length || size < 0)
            throw new WireFault("the response has neither a length nor chunks");
        if (size > MaxBody)
            throw new WireFault($"the response's body is longer than {MaxBody / 1024 / 1024} MiB");
        if (input.Length - bodyAt < size)
            return false;
        response = new HttpResponse(status, head, input, bodyAt, size, bodyAt + size);
        return true;
    }

    /// <summary>The value of a field without the space around it; empty if it is not there. Names match in any case.</summary>
    public static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        while (head.Length > 0)
        {
            var end = head.IndexOf("\r\n"u8);
            var line = end < 0 ? head : head[..end];
            if (line.Length > name.Length && line[name.Length] == ':' && Ascii.EqualsIgnoreCase(line[..name.Length], name))
                return line[(name.Length + 1)..].Trim(" \t"u8);
            head = end < 0 ? [] : head[(end + 2)..];
        }
        return [];
    }

    private static int Status3(ReadOnlySpan<byte> line)
    {
        // "HTTP/1.1 201 Created": the reason phrase may be missing.
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[8] != ' '
            || !Utf8Parser.TryParse(line.Slice(9, 3), out int status, out var used) || used != 3 || status is < 100 or > 599)
            throw new WireFault("this is not an HTTP/1.1 response");
        return status;
    }

    private static bool Contains(ReadOnlySpan<byte> value, ReadOnlySpan<byte> word)
    {
        for (var i = 0; i + word.Length <= value.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(value.Slice(i, word.Length), word))
                return true;
        }
        return false;
    }

    /// <summary>The length of a whole chunked body with its framing and trailer; false while its end has not come.</summary>
    private static bool TryMeasureChunks(ReadOnlySpan<byte> input, out int framed)
    {
        framed = 0;
        while (true)
        {
            if (!TryReadChunkSize(input[framed..], out var size, out var line))
                return false;
            if (size == 0)
                return TryMeasureTrailer(input, framed + line, out framed);
            if (framed + (long)size > MaxBody)
                throw new WireFault($"the response's body is longer than {MaxBody / 1024 / 1024} MiB");
            var next = framed + line + size + 2;
            if (next > input.Length)
                return false;
            if (!input[(next - 2)..next].SequenceEqual("\r\n"u8))
                throw new WireFault("a chunk is longer than it says");
            framed = next;
        }
    }

    private static bool TryMeasureTrailer(ReadOnlySpan<byte> input, int at, out int end)
    {
        end = 0;
        while (true)
        {
            var length = input[at..].IndexOf("\r\n"u8);
            if (length < 0)
                return input.Length - at <= MaxHead ? false : throw new WireFault("the trailer is longer than 32 KiB");
            at += length + 2;
            if (length > 0)
                continue;
            end = at;
            return true;
        }
    }

    private static int JoinChunks(Span<byte> framed)
    {
        int from = 0, to = 0;
        while (TryReadChunkSize(framed[from..], out var size, out var line) && size > 0)
        {
            framed.Slice(from + line, size).CopyTo(framed[to..]);
            to += size;
            from += line + size + 2;
        }
        return to;
    }

    private static bool TryReadChunkSize(ReadOnlySpan<byte> input, out int size, out int line)
    {
        size = 0;
        line = 0;
        var end = input.IndexOf("\r\n"u8);
        if (end < 0)
            return input.Length <= 1024 ? false : throw new WireFault("a chunk's size is not a number");
        // What follows a semicolon is an extension, which a recipient ignores.
        var digits = input[..end];
        var extension = digits.IndexOf((byte)';');
        if (extension >= 0)
            digits = digits[..extension];
        digits = digits.Trim(" \t"u8);
        if (digits.Length > 7 || !Utf8Parser.TryParse(digits, out size, out var used, 'x') || used != digits.Length)
            throw new WireFault("a chunk's size is not a number");
        line = end + 2;
        return true;
    }
}
