using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text.Unicode;

namespace Hubbub.Protocol.WebSockets;

/// <summary>What a connection's bytes hold next.</summary>
public enum Received : byte
{
    /// <summary>Not a whole frame yet; read more. <see cref="MessageReader.Wanted"/> says how many bytes the frame needs in all.</summary>
    Incomplete,

    /// <summary>A whole text message of valid UTF-8.</summary>
    Text,
    Ping,
    Pong,

    /// <summary>The peer closes; the payload is its code and reason.</summary>
    Close,

    /// <summary>Part of a fragmented message was taken in; go on.</summary>
    Fragment,

    /// <summary>The peer broke the rules: close with <see cref="MessageReader.ViolationCode"/>.</summary>
    Violation,
}

/// <summary>
/// Reads a client's frames by RFC 6455: masked, text only, compressed if that was agreed (RFC 7692). It refuses a frame by its head alone when it is too large or malformed, so no length a peer
/// claims makes us allocate. Unmasks in place and keeps a buffer only between the fragments of a message. Not thread-safe; one per connection.
/// </summary>
/// <param name="maxMessageBytes">How long a message may be, over all its fragments and inflated.</param>
/// <param name="maxFragments">How many frames a message may have.</param>
/// <param name="inflates">Whether the handshake has agreed to compression.</param>
public sealed class MessageReader(int maxMessageBytes, int maxFragments, bool inflates = false) : IDisposable
{
    /// <summary>The longest head of a client frame: 2 bytes, 8 of length, 4 of mask.</summary>
    public const int MaxHeadLength = 14;

    private const int MaxControlPayload = 125;
    private const byte FirstReservedBit = 0x40;

    private byte[]? _assembled;
    private int _assembledLength;
    private int _validLength;
    private byte[]? _inflated;
    private int _fragments;
    private bool _inMessage;
    private bool _isCompressed;

    /// <summary>What compression may add to a message that does not shrink (zlib's own bound is a 25th, at its worst settings), so that a message of just the limit comes through.</summary>
    public static int MaxOverhead(int maxMessageBytes) => 64 + (maxMessageBytes / 16);

    /// <summary>
    /// For <see cref="Received.Incomplete"/>: how many bytes, from the start of the input, make the frame whole. At most a head and the message limit, with <see cref="MaxOverhead"/> if compressed.
    /// </summary>
    public int Wanted { get; private set; }

    public CloseCode ViolationCode { get; private set; }

    public string Violation { get; private set; } = "";

    /// <summary>True between the first and the last fragment of a message.</summary>
    public bool IsAssembling => _inMessage;

    /// <summary>Reads one frame from the start of <paramref name="input"/>, which it unmasks in place.</summary>
    /// <param name="input">What has been received and not consumed.</param>
    /// <param name="consumed">How many bytes the frame took; 0 if incomplete. Behind a violation nothing is worth reading.</param>
    /// <param name="payload">For text, ping, pong and close; valid until the next call or until the input is overwritten.</param>
    public Received Read(Memory<byte> input, out int consumed, out ReadOnlyMemory<byte> payload)
    {
        consumed = 0;
        payload = default;
        if (TryReadHead(input.Span, out var head) is { } early)
            return early;
        Wanted = head.Length + head.PayloadLength;
        if (input.Length < Wanted)
            return Received.Incomplete;
        consumed = Wanted;
        var body = input.Slice(head.Length, head.PayloadLength);
        Unmask(body.Span, head.Mask);
        return head.Opcode switch
        {
            Opcode.Ping => Control(Received.Ping, body, out payload),
            Opcode.Pong => Control(Received.Pong, body, out payload),
            Opcode.Close => Close(body, out payload),
            _ => Data(head, body, out payload),
        };
    }

    public void Dispose() => Forget();

    private Received? TryReadHead(ReadOnlySpan<byte> input, out Head head)
    {
        head = default;
        Wanted = 2;
        if (input.Length < 2)
            return Received.Incomplete;
        var isFinal = (input[0] & 0x80) != 0;
        var opcode = (Opcode)(input[0] & 0x0F);
        if (CheckFirstBytes(input[0], input[1], isFinal, opcode) is { } violation)
            return violation;

        var shortLength = input[1] & 0x7F;
        var lengthBytes = shortLength switch { 126 => 2, 127 => 8, _ => 0 };
        var headLength = 2 + lengthBytes + 4;
        Wanted = headLength;
        if (input.Length < headLength)
            return Received.Incomplete;
        var length = lengthBytes switch
        {
            2 => BinaryPrimitives.ReadUInt16BigEndian(input[2..]),
            8 => BinaryPrimitives.ReadUInt64BigEndian(input[2..]),
            _ => (ulong)shortLength,
        };
        if ((lengthBytes == 2 && length < 126) || (lengthBytes == 8 && length <= ushort.MaxValue))
            return Violate(CloseCode.ProtocolError, "A length must be written in its shortest form.");

        // A control frame may stand between the fragments of a message and does not count as part of it.
        var isCompressed = opcode == Opcode.Continuation ? _isCompressed : (input[0] & FirstReservedBit) != 0;
        var limit = isCompressed ? maxMessageBytes + MaxOverhead(maxMessageBytes) : maxMessageBytes;
        if (opcode < Opcode.Close && length > (ulong)(limit - _assembledLength))
            return TooBig();
        head = new Head(opcode, isFinal, isCompressed, headLength, (int)length, BinaryPrimitives.ReadUInt32LittleEndian(input[(headLength - 4)..]));
        return null;
    }

    private Received? CheckFirstBytes(byte first, byte second, bool isFinal, Opcode opcode)
    {
        // The first reserved bit belongs to a message as a whole, so it stands on its first frame alone.
        var meaningful = inflates && opcode is Opcode.Text or Opcode.Binary ? FirstReservedBit : 0;
        if ((first & 0x70 & ~meaningful) != 0)
            return Violate(CloseCode.ProtocolError, "Reserved bits are set to which nothing agreed on gives a meaning.");
        if ((second & 0x80) == 0)
            return Violate(CloseCode.ProtocolError, "A client must mask its frames.");
        switch (opcode)
        {
            case Opcode.Close or Opcode.Ping or Opcode.Pong:
                return isFinal && (second & 0x7F) <= MaxControlPayload
                    ? null
                    : Violate(CloseCode.ProtocolError, "A control frame is whole and at most 125 bytes.");
            case Opcode.Continuation:
                return _inMessage ? null : Violate(CloseCode.ProtocolError, "There is nothing to continue.");
            case Opcode.Text:
                return _inMessage ? Violate(CloseCode.ProtocolError, "The message before this one is not finished.") : null;
            case Opcode.Binary:
                return Violate(CloseCode.UnsupportedData, "Hubbub speaks text.");
            default:
                return Violate(CloseCode.ProtocolError, "There is no such opcode.");
        }
    }

    private static Received Control(Received kind, Memory<byte> body, out ReadOnlyMemory<byte> payload)
    {
        payload = body;
        return kind;
    }

    private Received Close(Memory<byte> body, out ReadOnlyMemory<byte> payload)
    {
        payload = body;
        if (body.Length == 0)
            return Received.Close;
        if (body.Length == 1)
            return Violate(CloseCode.ProtocolError, "A close code has two bytes.");
        var code = BinaryPrimitives.ReadUInt16BigEndian(body.Span);
        var legal = code is >= 1000 and <= 1003 or >= 1007 and <= 1014 or >= 3000 and <= 4999;
        if (!legal)
            return Violate(CloseCode.ProtocolError, "There is no such close code.");
        return Utf8.IsValid(body.Span[2..]) ? Received.Close : Violate(CloseCode.InvalidText, "The close reason is not UTF-8.");
    }

    private Received Data(Head head, Memory<byte> body, out ReadOnlyMemory<byte> payload)
    {
        payload = body;
        if (_inMessage || !head.IsFinal)
        {
            if (++_fragments > maxFragments)
                return Violate(CloseCode.PolicyViolation, $"A message is at most {maxFragments} fragments.");
            Append(body.Span);
            _isCompressed = head.IsCompressed;
            _inMessage = !head.IsFinal;
            if (!head.IsFinal)
                return head.IsCompressed || IsValidSoFar() ? Received.Fragment : BadText();
            payload = _assembled.AsMemory(0, _assembledLength);
            _fragments = 0;
            _assembledLength = 0;
        }

        var validLength = _validLength;
        _validLength = 0;
        if (head.IsCompressed && Inflate(payload.Span, out payload) is { } broken)
            return broken;
        return Utf8.IsValid(payload.Span[validLength..]) ? Received.Text : BadText();
    }

    /// <summary>Looks at the whole characters that have come since the last look, so that bad text ends with the fragment that brings it.</summary>
    private bool IsValidSoFar()
    {
        var isValid = Utf8Parts.IsValidSoFar(_assembled.AsSpan(_validLength, _assembledLength - _validLength), out var whole);
        _validLength += whole;
        return isValid;
    }

    private Received? Inflate(ReadOnlySpan<byte> message, out ReadOnlyMemory<byte> payload)
    {
        ForgetInflated();
        var result = new Inflation(message, maxMessageBytes).Run(out _inflated, out var length);
        payload = _inflated.AsMemory(0, length);
        return result switch
        {
            Inflated.Whole => null,
            Inflated.TooBig => TooBig(),

            // "Data within a message that was not consistent with the type of the message": the frames were right, what they carried was not.
            _ => Violate(CloseCode.InvalidText, "The message cannot be inflated."),
        };
    }

    /// <summary>Drops the buffers between messages, so that an idle connection holds none. Only after the message was used.</summary>
    public void Forget()
    {
        ForgetInflated();
        if (_assembled is null || _inMessage)
            return;
        ArrayPool<byte>.Shared.Return(_assembled);
        _assembled = null;
    }

    private void ForgetInflated()
    {
        if (_inflated is null)
            return;
        ArrayPool<byte>.Shared.Return(_inflated);
        _inflated = null;
    }

    private void Append(ReadOnlySpan<byte> fragment)
    {
        // The head was refused if the sum passes the limit, so this never grows beyond it.
        var length = _assembledLength + fragment.Length;
        if (_assembled is null || length > _assembled.Length)
        {
            var grown = ArrayPool<byte>.Shared.Rent(Math.Max(1024, Math.Max(length, Math.Min(maxMessageBytes, 2 * length))));
            _assembled.AsSpan(0, _assembledLength).CopyTo(grown);
            if (_assembled is not null)
                ArrayPool<byte>.Shared.Return(_assembled);
            _assembled = grown;
        }

        fragment.CopyTo(_assembled.AsSpan(_assembledLength));
        _assembledLength = length;
    }

    private Received TooBig() => Violate(CloseCode.TooBig, $"A message is at most {maxMessageBytes} bytes.");

    private Received BadText() => Violate(CloseCode.InvalidText, "The message is not UTF-8.");

    private Received Violate(CloseCode code, string reason)
    {
        ViolationCode = code;
        Violation = reason;
        return Received.Violation;
    }

    /// <summary>XORs with the mask, a vector at a time.</summary>
    private static void Unmask(Span<byte> data, uint mask)
    {
        if (mask == 0)
            return;
        var i = 0;
        if (Vector.IsHardwareAccelerated && data.Length >= Vector<byte>.Count)
        {
            var wide = Vector.AsVectorByte(new Vector<uint>(mask));
            for (; i <= data.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            {
                var part = data[i..];
                (new Vector<byte>(part) ^ wide).CopyTo(part);
            }
        }

        // A vector is a multiple of four bytes, so the mask is still in step.
        for (; i < data.Length; i++)
            data[i] ^= (byte)(mask >> (8 * (i & 3)));
    }

    private readonly record struct Head(Opcode Opcode, bool IsFinal, bool IsCompressed, int Length, int PayloadLength, uint Mask);
}
