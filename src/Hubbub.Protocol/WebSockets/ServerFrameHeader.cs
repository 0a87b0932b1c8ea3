using System.Buffers.Binary;

namespace Hubbub.Protocol.WebSockets;

/// <summary>Frame types of RFC 6455 § 5.2.</summary>
public enum Opcode : byte
{
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
}

/// <summary>
/// The head of an unfragmented, unmasked frame, as a server sends it: 2, 4 or 10 bytes. Since nothing in it depends on the receiver, a head and its payload are
/// written once and shared by every listener.
/// </summary>
public static class ServerFrameHeader
{
    public const int MaxLength = 10;

    private const byte Final = 0x80;

    /// <summary>The first reserved bit: the payload is compressed (RFC 7692 § 6).</summary>
    private const byte Compressed = 0x40;

    public static int Length(int payloadLength) => payloadLength switch
    {
        <= 125 => 2,
        <= ushort.MaxValue => 4,
        _ => MaxLength,
    };

    /// <returns>The bytes written to <paramref name="target"/>: <see cref="Length"/> of the payload's length.</returns>
    public static int Write(Span<byte> target, Opcode opcode, int payloadLength, bool isCompressed = false)
    {
        target[0] = (byte)(Final | (isCompressed ? Compressed : 0) | (byte)opcode);
        switch (Length(payloadLength))
        {
            case 2:
                target[1] = (byte)payloadLength;
                return 2;
            case 4:
                target[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)payloadLength);
                return 4;
            default:
                target[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(target[2..], (ulong)payloadLength);
                return MaxLength;
        }
    }
}
