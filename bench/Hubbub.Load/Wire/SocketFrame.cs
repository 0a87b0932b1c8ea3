using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Hubbub.Load.Wire;

internal enum Opcode : byte
{
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// <summary>
/// One WebSocket frame from the server, as a slice of the buffer that it was received in (RFC 6455, section 5.2).
/// </summary>
internal readonly ref struct SocketFrame
{
    public const int MaxPayload = 128 * 1024;

    /// <summary>The most that a client frame adds to its payload: two bytes, an eight-byte length, a four-byte mask.</summary>
    public const int MaxOverhead = 14;

    private SocketFrame(bool final, Opcode opcode, ReadOnlySpan<byte> payload, int length)
    {
        Final = final;
        Opcode = opcode;
        Payload = payload;
        Length = length;
    }

    public bool Final { get; }

    public Opcode Opcode { get; }

    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>How many bytes of the input the frame took.</summary>
    public int Length { get; }

    /// <summary>Reads the frame at the start of <paramref name="input"/>; false while it is incomplete.</summary>
    public static bool TryRead(ReadOnlySpan<byte> input, out SocketFrame frame)
    {
        frame = default;
        if (input.Length < 2)
            return false;
        int first = input[0], second = input[1];
        if ((first & 0x70) != 0)
            throw new WireFault("a frame uses an extension that was not agreed");
        if ((second & 0x80) != 0)
            throw new WireFault("the server masked a frame");
        var opcode = (Opcode)(first & 0x0F);
        var final = (first & 0x80) != 0;
        var header = 2;
        long size = second & 0x7F;
        if (opcode >= Opcode.Close && (size > 125 || !final))
            throw new WireFault("a control frame is long or fragmented");
        if (size == 126)
        {
            header = 4;
            if (input.Length < header)
                return false;
            size = BinaryPrimitives.ReadUInt16BigEndian(input[2..]);
        }
        else if (size == 127)
        {
            header = 10;
            if (input.Length < header)
                return false;
            size = BinaryPrimitives.ReadInt64BigEndian(input[2..]);
        }
        if (size is < 0 or > MaxPayload)
            throw new WireFault($"a frame is longer than {MaxPayload / 1024} KiB");
        if (input.Length - header < size)
            return false;
        frame = new SocketFrame(final, opcode, input.Slice(header, (int)size), header + (int)size);
        return true;
    }

    /// <summary>
    /// Writes a whole, masked client frame and returns its length; the target needs the payload's length and <see
    /// cref="MaxOverhead"/>.
    /// </summary>
    public static int Write(Span<byte> target, Opcode opcode, ReadOnlySpan<byte> payload, uint mask)
    {
        target[0] = (byte)(0x80 | (byte)opcode);
        int header;
        if (payload.Length < 126)
        {
            target[1] = (byte)(0x80 | payload.Length);
            header = 2;
        }
        else if (payload.Length <= ushort.MaxValue)
        {
            target[1] = 0x80 | 126;
            BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)payload.Length);
            header = 4;
        }
        else
        {
            target[1] = 0x80 | 127;
            BinaryPrimitives.WriteInt64BigEndian(target[2..], payload.Length);
            header = 10;
        }
        MemoryMarshal.Write(target[header..], mask);
        header += 4;
        var body = target.Slice(header, payload.Length);
        payload.CopyTo(body);
        ApplyMask(body, mask);
        return header + payload.Length;
    }

    /// <summary>XORs with the mask's bytes in memory order, eight at a time.</summary>
    public static void ApplyMask(Span<byte> body, uint mask)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(body);
        var twice = mask | (ulong)mask << 32;
        for (var i = 0; i < words.Length; i++)
            words[i] ^= twice;
        var four = MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in mask));
        for (var i = words.Length * 8; i < body.Length; i++)
            body[i] ^= four[i & 3];
    }
}
