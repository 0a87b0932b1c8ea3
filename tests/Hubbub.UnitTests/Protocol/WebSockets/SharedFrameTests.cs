using System.Text;
using Hubbub.Core.Hub;
using Hubbub.Protocol;
using Hubbub.Protocol.WebSockets;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.UnitTests.Protocol.WebSockets;

/// <summary>Compression of what goes out: once for all listeners of a room, each message by itself, and only what is worth it and no secret.</summary>
public sealed class SharedFrameTests
{
    private static readonly RoomId Room = RoomId.Parse("room1");
    private static readonly Epoch Epoch = new(7);
    private static readonly User Ada = new(UserId.Parse("ada"), "Ada");

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(16_384)]
    public void A_compressed_frame_is_the_frame(int length)
    {
        var frame = InLane(Told(Text(length)));
        var deflated = frame.WebSocketFor(Agreed());
        Assert.True(deflated.Length < frame.WebSocket.Length);
        Assert.Equal(0xC1, deflated.Span[0]);
        Assert.Equal(frame.Json.ToArray(), Deflated.Unpack(PayloadOf(deflated.Span)));
    }

    [Fact]
    public void It_is_made_once_and_shared()
    {
        var frame = InLane(Told(Text(500)));
        var first = frame.WebSocketFor(Agreed());
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var listener = 0; listener < 1000; listener++)
            Assert.True(first.Equals(frame.WebSocketFor(Agreed())));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000 * 1000);
        Assert.True(first.Equals(frame.WebSocketFor(Agreed("permessage-deflate; server_max_window_bits=12"))));
    }

    [Fact]
    public void Equal_frames_are_equal_compressed_since_none_knows_of_another()
    {
        var (a, b) = (InLane(Told(Text(500))), InLane(Told(Text(500))));
        Assert.Equal(a.WebSocketFor(Agreed()).ToArray(), b.WebSocketFor(Agreed()).ToArray());
    }

    [Fact]
    public void Who_has_agreed_to_nothing_gets_it_as_it_is()
    {
        var frame = InLane(Told(Text(500)));
        Assert.Equal(frame.WebSocket.ToArray(), frame.WebSocketFor(default).ToArray());
    }

    [Fact]
    public void A_frame_that_is_longer_than_the_window_of_its_listener_is_not_compressed_for_it()
    {
        var frame = InLane(Told(Text(5000)));
        Assert.True(frame.WebSocketFor(Agreed("permessage-deflate; server_max_window_bits=12")).Equals(frame.WebSocket));
        Assert.False(frame.WebSocketFor(Agreed("permessage-deflate; server_max_window_bits=13")).Equals(frame.WebSocket));
        Assert.False(frame.WebSocketFor(Agreed()).Equals(frame.WebSocket));
    }

    [Fact]
    public void What_is_meant_for_one_alone_is_not_compressed()
    {
        Assert.All(
            new[]
            {
                Frame.Answer(Frame.Encoder.Welcome(default, Ada, DateTimeOffset.UnixEpoch, 15, new string('t', 500))),
                Frame.Control(Opcode.Ping, new byte[125]),
                Frame.Close(CloseCode.GoingAway, new string('r', 123)),
                Told(Text(500)),
            },
            frame => Assert.True(frame.WebSocketFor(Agreed()).Equals(frame.WebSocket)));
    }

    [Fact]
    public void What_does_not_shrink_is_sent_as_it_is()
    {
        var random = new Random(1);
        var noise = new byte[10_000];
        random.NextBytes(noise);
        Assert.Null(MessageDeflater.Deflate(noise));
        Assert.Null(MessageDeflater.Deflate(new byte[MessageDeflater.MinBytes - 1]));
        Assert.NotNull(MessageDeflater.Deflate(new byte[MessageDeflater.MinBytes]));
    }

    [Fact]
    public void Lengths_in_the_head_of_a_compressed_frame_are_in_their_shortest_form()
    {
        var random = new Random(1);
        foreach (var length in new[] { 150, 300, 90_000, 300_000 })
        {
            var text = Encoding.ASCII.GetBytes(new string([.. Enumerable.Range(0, length).Select(_ => (char)random.Next('a', 'i'))]));
            var deflated = MessageDeflater.Deflate(text)!;
            Assert.Equal(text, Deflated.Unpack(PayloadOf(deflated)));
        }
    }

    private static PerMessageDeflate Agreed(string offer = PerMessageDeflate.Name)
    {
        Assert.True(PerMessageDeflate.TryNegotiate([offer], out var agreed, out _) && agreed.IsOn);
        return agreed;
    }

    private static Frame Told(string text) => Frame.Of(new RoomEvent(Room, new Position(Epoch, 1), Ada, DateTimeOffset.UnixEpoch, "key", new MessagePosted(text)));

    private static Frame InLane(Frame frame)
    {
        new Lane(new Position(Epoch, 0), 8, int.MaxValue).Append(frame);
        return frame;
    }

    private static string Text(int length) => string.Concat(Enumerable.Repeat("a word and another ", 1 + (length / 19)))[..length];

    private static ReadOnlySpan<byte> PayloadOf(ReadOnlySpan<byte> frame)
    {
        var length = (frame[1] & 0x7F) switch
        {
            126 => System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(frame[2..]),
            127 => System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(frame[2..]),
            var it => it,
        };
        Assert.Equal(frame.Length, ServerFrameHeader.Length((int)length) + length);
        return frame[ServerFrameHeader.Length((int)length)..];
    }
}
