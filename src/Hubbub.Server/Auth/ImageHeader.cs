using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Hubbub.Server.Auth;

/// <summary>What the first bytes of a picture say. Nothing is decoded: the picture is only ever handed on, inert. Pure; no input makes it throw.</summary>
internal readonly record struct ImageHeader(string MediaType, int Width, int Height)
{
    /// <summary>Bytes of a picture.</summary>
    public const int MaxBytes = 512 * 1024;

    /// <summary>Pixels of a side: a small file may claim to be of 30 000, and then every browser that shows it pays.</summary>
    public const int MaxSide = 1024;

    /// <summary>A kind that moves.</summary>
    public const string Gif = "image/gif";

    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16));

    /// <returns>False if it is none of the four kinds, or cut before it says its size.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ImageHeader image) => TryReadPng(bytes, out image) || TryReadJpeg(bytes, out image) || TryReadWebP(bytes, out image) || TryReadGif(bytes, out image);

    /// <summary>The signature, and IHDR as the first chunk (RFC 2083 § 3.1, § 4.1.1).</summary>
    private static bool TryReadPng(ReadOnlySpan<byte> bytes, out ImageHeader image)
    {
        image = default;
        if (bytes.Length < 33 || !bytes.StartsWith(PngSignature) || !bytes[12..16].SequenceEqual("IHDR"u8))
            return false;
        return Found("image/png", BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]), out image);
    }

    /// <summary>Segment by segment to the frame header (ITU T.81 § B.2.2), whichever coding it announces.</summary>
    private static bool TryReadJpeg(ReadOnlySpan<byte> bytes, out ImageHeader image)
    {
        image = default;
        if (!bytes.StartsWith(JpegSignature))
            return false;
        for (var at = 2; at + 9 < bytes.Length && bytes[at] == 0xFF;)
        {
            var marker = bytes[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            // C4, C8 and CC are tables and an extension; the rest of that row are frames.
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
                return Found("image/jpeg", BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 5)..]), out image);
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
            if (length < 2 || marker is 0xD8 or 0xD9 or 0xDA)
                return false;
            at += 2 + length;
        }

        return false;
    }

    /// <summary>The container and the first chunk of it, of three kinds (RFC 9649 § 2.5–2.7).</summary>
    private static bool TryReadWebP(ReadOnlySpan<byte> bytes, out ImageHeader image)
    {
        image = default;
        if (bytes.Length < 30 || !bytes.StartsWith("RIFF"u8) || !bytes[8..12].SequenceEqual("WEBP"u8))
            return false;
        var body = bytes[20..];
        if (bytes[12..16].SequenceEqual("VP8X"u8))
            return Found("image/webp", 1u + Three(body[4..]), 1u + Three(body[7..]), out image);
        if (bytes[12..16].SequenceEqual("VP8L"u8) && body[0] == 0x2F)
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(body[1..]);
            return Found("image/webp", 1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF), out image);
        }

        if (bytes[12..16].SequenceEqual("VP8 "u8) && body[3..6].SequenceEqual(Vp8StartCode))
            return Found("image/webp", BinaryPrimitives.ReadUInt16LittleEndian(body[6..]) & 0x3FFFu, BinaryPrimitives.ReadUInt16LittleEndian(body[8..]) & 0x3FFFu, out image);
        return false;
    }

    /// <summary>Either version, and the logical screen (GIF89a § 17, § 18).</summary>
    private static bool TryReadGif(ReadOnlySpan<byte> bytes, out ImageHeader image)
    {
        image = default;
        return bytes.Length >= 13 && (bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8))
            && Found(Gif, BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]), BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]), out image);
    }

    private static ReadOnlySpan<byte> PngSignature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    private static ReadOnlySpan<byte> JpegSignature => [0xFF, 0xD8, 0xFF];

    private static ReadOnlySpan<byte> Vp8StartCode => [0x9D, 0x01, 0x2A];

    private static uint Three(ReadOnlySpan<byte> bytes) => bytes[0] | ((uint)bytes[1] << 8) | ((uint)bytes[2] << 16);

    private static bool Found(string mediaType, uint width, uint height, out ImageHeader image)
    {
        image = new ImageHeader(mediaType, (int)Math.Min(width, int.MaxValue), (int)Math.Min(height, int.MaxValue));
        return width > 0 && height > 0;
    }
}
