using System.IO.Compression;

namespace Hubbub.TestKit.Clients;

/// <summary>The payloads of permessage-deflate (RFC 7692) as the framework's own zlib writes and reads them: another hand than the server's.</summary>
public static class Deflated
{
    /// <summary>The first reserved bit, which says that a message is compressed.</summary>
    public const byte Bit = 0x40;

    private static readonly byte[] Tail = [0x00, 0x00, 0xFF, 0xFF];

    /// <param name="message">What to compress.</param>
    /// <param name="level">How; <see cref="CompressionLevel.NoCompression"/> makes stored blocks.</param>
    /// <param name="piece">A block is ended after so many bytes.</param>
    public static byte[] Pack(ReadOnlySpan<byte> message, CompressionLevel level = CompressionLevel.Optimal, int piece = int.MaxValue)
    {
        // zlib writes nothing for nothing; the extension has an empty block for it (RFC 7692 § 7.2.3.6).
        if (message.IsEmpty)
            return [0];
        using var packed = new MemoryStream();
        using var deflate = new DeflateStream(packed, level, leaveOpen: true);
        while (!message.IsEmpty)
        {
            var next = Math.Min(piece, message.Length);
            deflate.Write(message[..next]);
            deflate.Flush();
            message = message[next..];
        }

        var all = packed.ToArray();
        return all.AsSpan().EndsWith(Tail) ? all[..^Tail.Length] : throw new InvalidDataException("zlib did not flush.");
    }

    /// <summary>With a final block at its end, and the byte that the extension wants behind it (RFC 7692 § 7.2.3.4).</summary>
    public static byte[] PackFinal(ReadOnlySpan<byte> message)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            deflate.Write(message);
        return [.. packed.ToArray(), 0];
    }

    /// <exception cref="InvalidDataException">It cannot be inflated.</exception>
    public static byte[] Unpack(ReadOnlySpan<byte> payload)
    {
        using var inflate = new DeflateStream(new MemoryStream([.. payload, .. Tail]), CompressionMode.Decompress);
        using var message = new MemoryStream();
        inflate.CopyTo(message);
        return message.ToArray();
    }

    /// <summary>A client's frame with a compressed message, whole or in fragments of so many bytes.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> payload, int fragment = int.MaxValue)
    {
        var frames = new List<byte>();
        for (var isFirst = true; isFirst || !payload.IsEmpty; isFirst = false)
        {
            var next = Math.Min(fragment, payload.Length);
            frames.AddRange(RawSocket.Frame((byte)(isFirst ? 1 : 0), payload[..next], final: next == payload.Length, reserved: isFirst ? Bit : (byte)0));
            payload = payload[next..];
        }

        return [.. frames];
    }
}
