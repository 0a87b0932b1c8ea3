using System.IO.Compression;

namespace Hubbub.Protocol.WebSockets;

/// <summary>
/// Compresses a message of ours into a whole frame of permessage-deflate (RFC 7692 § 7.2.1). It refers to nothing but itself, so the frame is made once and shared by every listener that has agreed to
/// compression. The compressor's some 200 KB live for that moment only.
/// </summary>
public static class MessageDeflater
{
    /// <summary>Shorter payloads are sent as they are: there is next to nothing to gain.</summary>
    public const int MinBytes = 100;

    private static ReadOnlySpan<byte> Tail => [0x00, 0x00, 0xFF, 0xFF];

    /// <returns>The frame; null if it would not be shorter than the message's frame as it is.</returns>
    public static byte[]? Deflate(ReadOnlySpan<byte> message)
    {
        if (message.Length < MinBytes)
            return null;
        using var packed = new MemoryStream(message.Length);
        using var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true);
        deflate.Write(message);

        // A flush ends with an empty block, of which the extension leaves out the last four bytes.
        deflate.Flush();
        var payload = packed.GetBuffer().AsSpan(0, (int)packed.Length);
        if (!payload.EndsWith(Tail))
            return null;
        payload = payload[..^Tail.Length];
        var headLength = ServerFrameHeader.Length(payload.Length);
        if (headLength + payload.Length >= ServerFrameHeader.Length(message.Length) + message.Length)
            return null;
        var frame = GC.AllocateUninitializedArray<byte>(headLength + payload.Length);
        ServerFrameHeader.Write(frame, Opcode.Text, payload.Length, isCompressed: true);
        payload.CopyTo(frame.AsSpan(headLength));
        return frame;
    }
}
