using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Hubbub.Load.Wire;
using Xunit;

namespace Hubbub.UnitTests.Load;

public class SocketFrameTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(125, 2)]
    [InlineData(126, 4)]
    [InlineData(65_535, 4)]
    [InlineData(65_536, 10)]
    public void A_frame_is_read_however_it_is_split(int size, int header)
    {
        var bytes = ServerFrame(0x81, size, header);
        foreach (var arrived in new[] { 0, 1, 2, 3, header - 1, header, header + size / 2, bytes.Length - 1 }.Where(n => n < bytes.Length))
            Assert.False(SocketFrame.TryRead(bytes.AsSpan(0, arrived), out _));

        Assert.True(SocketFrame.TryRead([.. bytes, 0x89], out var frame));
        Assert.Equal(Opcode.Text, frame.Opcode);
        Assert.True(frame.Final);
        Assert.Equal(size, frame.Payload.Length);
        Assert.Equal(bytes.Length, frame.Length);
    }

    [Fact]
    public void A_fragment_is_not_final()
    {
        Assert.True(SocketFrame.TryRead([0x01, 0x01, (byte)'a'], out var frame));
        Assert.False(frame.Final);
        Assert.True(SocketFrame.TryRead([0x80, 0x01, (byte)'b'], out frame));
        Assert.Equal(Opcode.Continuation, frame.Opcode);
    }

    [Theory]
    [InlineData(new byte[] { 0xC1, 0x00 })]
    [InlineData(new byte[] { 0x81, 0x80 })]
    [InlineData(new byte[] { 0x09, 0x00 })]
    [InlineData(new byte[] { 0x89, 126, 0, 126 })]
    [InlineData(new byte[] { 0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x81, 127, 0, 0, 0, 0, 0, 2, 0, 1 })]
    public void Forbidden_framing_is_refused(byte[] bytes) => Assert.Throws<WireFault>(() => SocketFrame.TryRead(bytes, out _));

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(16_000)]
    [InlineData(70_000)]
    public void A_client_frame_carries_its_length_and_its_masked_payload(int size)
    {
        var payload = new byte[size];
        new Random(size).NextBytes(payload);
        var target = new byte[size + SocketFrame.MaxOverhead];

        var length = SocketFrame.Write(target, Opcode.Text, payload, 0xA1B2C3D4);

        Assert.Equal(0x81, target[0]);
        Assert.Equal(0x80, target[1] & 0x80);
        var header = length - size;
        Assert.Equal(size, (target[1] & 0x7F) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(target.AsSpan(2)),
            127 => (int)BinaryPrimitives.ReadInt64BigEndian(target.AsSpan(2)),
            var small => small,
        });
        var mask = target.AsSpan(header - 4, 4).ToArray();
        var unmasked = target.AsSpan(header, size).ToArray().Select((octet, i) => (byte)(octet ^ mask[i % 4]));
        Assert.Equal(payload, unmasked);
    }

    [Fact]
    public void The_mask_of_the_standards_example_gives_its_bytes()
    {
        // RFC 6455, section 5.7: a masked "Hello".
        var target = new byte[32];

        var length = SocketFrame.Write(target, Opcode.Text, "Hello"u8, MemoryMarshal.Read<uint>([0x37, 0xfa, 0x21, 0x3d]));

        Assert.Equal("818537FA213D7F9F4D5158", Convert.ToHexString(target.AsSpan(0, length)));
    }

    internal static byte[] ServerFrame(string json)
    {
        var payload = Encoding.UTF8.GetBytes(json);
        var header = payload.Length < 126 ? 2 : 4;
        var frame = ServerFrame(0x81, payload.Length, header);
        payload.CopyTo(frame, header);
        return frame;
    }

    private static byte[] ServerFrame(byte first, int size, int header)
    {
        var bytes = new byte[header + size];
        bytes[0] = first;
        bytes[1] = (byte)(header switch { 2 => size, 4 => 126, _ => 127 });
        if (header == 4)
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)size);
        else if (header == 10)
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(2), size);
        return bytes;
    }
}
