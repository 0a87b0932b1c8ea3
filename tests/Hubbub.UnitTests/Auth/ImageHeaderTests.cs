using System.Buffers.Binary;
using Hubbub.Server.Auth;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class ImageHeaderTests
{
    public static TheoryData<string, byte[], string> Pictures => new()
    {
        { "PNG", Png(640, 480), "image/png" },
        { "JPEG, baseline", Jpeg(0xC0, 640, 480), "image/jpeg" },
        { "JPEG, progressive, behind EXIF", [.. Jpeg(0xC2, 640, 480)[..2], 0xFF, 0xE1, 0, 8, 1, 2, 3, 4, 5, 6, .. Jpeg(0xC2, 640, 480)[2..]], "image/jpeg" },
        { "JPEG, with a table before the frame", [.. Jpeg(0xC0, 640, 480)[..2], 0xFF, 0xC4, 0, 4, 9, 9, 0xFF, .. Jpeg(0xC0, 640, 480)[2..]], "image/jpeg" },
        { "GIF, of the first version", [.. "GIF87a"u8, 0x80, 0x02, 0xE0, 0x01, 0, 0, 0], "image/gif" },
        { "GIF", [.. "GIF89a"u8, 0x80, 0x02, 0xE0, 0x01, 0, 0, 0], "image/gif" },
        { "WebP, lossy", WebP("VP8 ", [0, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0xE0, 0x01]), "image/webp" },
        { "WebP, lossless", WebP("VP8L", [0x2F, 0x7F, 0xC2, 0x77, 0x00, 0, 0, 0, 0, 0]), "image/webp" },
        { "WebP, extended", WebP("VP8X", [0x10, 0, 0, 0, 0x7F, 0x02, 0, 0xDF, 0x01, 0]), "image/webp" },
    };

    [Theory]
    [MemberData(nameof(Pictures))]
    public void A_picture_says_what_it_is_and_how_large(string what, byte[] bytes, string mediaType)
    {
        Assert.True(ImageHeader.TryRead(bytes, out var image), what);
        Assert.Equal((mediaType, 640, 480), (image.MediaType, image.Width, image.Height));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>  ")]
    [InlineData("<!doctype html><script>alert(1)</script>                ")]
    [InlineData("GIF88a\u0001\0\u0001\0\0\0\0,\0\0\0\0\u0001\0\u0001\0\0\u0002\0;        ")]
    [InlineData("RIFF0000WAVEfmt 00000000000000000000")]
    public void What_is_none_is_none(string text) => Assert.False(ImageHeader.TryRead(System.Text.Encoding.Latin1.GetBytes(text), out _));

    [Fact]
    public void A_picture_of_no_size_is_none()
    {
        Assert.False(ImageHeader.TryRead(Png(0, 480), out _));
        Assert.False(ImageHeader.TryRead(Png(640, 0), out _));
        Assert.False(ImageHeader.TryRead(Jpeg(0xC0, 640, 0), out _));
    }

    [Fact]
    public void The_largest_size_that_can_be_claimed_is_no_negative_one()
    {
        Assert.True(ImageHeader.TryRead(Png(uint.MaxValue, uint.MaxValue), out var image));
        Assert.Equal((int.MaxValue, int.MaxValue), (image.Width, image.Height));
    }

    [Theory]
    [MemberData(nameof(Pictures))]
    public void However_it_is_cut_or_changed_it_is_read_or_refused(string what, byte[] bytes, string mediaType)
    {
        for (var length = 0; length < bytes.Length; length++)
            ImageHeader.TryRead(bytes.AsSpan(0, length), out _);
        var random = new Random(20261127);
        for (var i = 0; i < 20_000; i++)
        {
            var changed = bytes.ToArray();
            for (var j = random.Next(1, 5); j > 0; j--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            if (ImageHeader.TryRead(changed.AsSpan(0, random.Next(changed.Length + 1)), out var image))
                Assert.True(image is { Width: > 0, Height: > 0 }, $"{what} {mediaType}");
        }
    }

    internal static byte[] Png(uint width, uint height)
    {
        byte[] bytes = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, .. "IHDR"u8, 0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), width);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(20), height);
        return bytes;
    }

    private static byte[] Jpeg(byte frame, ushort width, ushort height) =>
        [0xFF, 0xD8, 0xFF, frame, 0, 17, 8, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];

    private static byte[] WebP(string chunk, byte[] body) => [.. "RIFF"u8, 30, 0, 0, 0, .. "WEBP"u8, .. System.Text.Encoding.ASCII.GetBytes(chunk), 10, 0, 0, 0, .. body];
}
