using System.Text;
using Hubbub.Brokers.Announcements;
using Hubbub.Brokers.Postgres;
using Hubbub.Core.Broker;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Brokers;

/// <summary>What travels between nodes: as bytes, and packed into PostgreSQL's small notifications.</summary>
public sealed class EnvelopeTests
{
    private static readonly RoomId Lobby = RoomId.Parse("lobby");
    private static readonly User Ann = new(UserId.Parse("ann"), "Ann \"🦉\"\n");

    [Fact]
    public void An_event_of_a_newer_version_is_read_as_its_position()
    {
        var payload = """
            {"node":"n","type":"poll_opened","room":"lobby","position":"0000002a:7","sender":{"id":"ann","name":"Ann"},"sentAt":1,"content":{"question":"?"},"more":[1]}
            """;
        Assert.True(EnvelopeJson.TryRead(Encoding.UTF8.GetBytes(payload), out var envelope));
        Assert.Equal(new Envelope("n", new HeadAnnounced(Lobby, new Position(new Epoch(42), 7))), envelope);
    }

    [Fact]
    public void The_largest_message_travels()
    {
        var e = Posted(1, new string('\u0001', Texts.MaxMessageBytes));
        Assert.True(EnvelopeJson.TryRead(EnvelopeJson.Write(e), out var read));
        Assert.Equal(e, read);
    }

    [Fact]
    public void A_ping_goes_to_its_own_node_and_everything_else_to_its_room()
    {
        Assert.Equal("node.n1", Envelope.Ping("n1").Topic);
        Assert.Equal("room.lobby", Posted(1).Topic);
        Assert.True(EnvelopeJson.TryRead(EnvelopeJson.Write(Envelope.Ping("n1")), out var read));
        Assert.Equal(Envelope.Ping("n1"), read);
    }

    [Fact]
    public void A_batch_becomes_the_newest_position_of_each_room()
    {
        var attic = new Envelope("n", new HeadAnnounced(RoomId.Parse("attic"), new Position(new Epoch(1), 5)));
        var typing = new Envelope("n", new TypingAnnounced(Lobby, Ann));
        var payload = Assert.Single(NotificationLines.Pack([Envelope.Ping("n"), Posted(1), attic, typing, Posted(2), typing, Posted(3)]));
        Assert.Equal([Envelope.Ping("n"), attic, typing, typing, Posted(3).WithoutEvent()], Lines(payload));
    }

    [Fact]
    public void Many_rooms_take_as_many_notifications_as_they_need_and_none_is_too_long()
    {
        var rooms = Enumerable.Range(0, 500).Select(n => new Envelope("0123456789abcdef", new HeadAnnounced(
            RoomId.Parse($"{n:000}{new string('r', RoomId.MaxLength - 3)}"), new Position(new Epoch(uint.MaxValue), long.MaxValue)))).ToArray();
        var payloads = NotificationLines.Pack(rooms);
        Assert.All(payloads, payload => Assert.InRange(Encoding.UTF8.GetByteCount(payload), 1, 7_999));
        Assert.InRange(payloads.Length, 8, 14);
        Assert.Equal(rooms, payloads.SelectMany(Lines));
    }

    [Fact]
    public void Typing_of_the_longest_names_fits_into_a_notification()
    {
        var typing = new Envelope("0123456789abcdef", new TypingAnnounced(
            RoomId.Parse(new string('r', RoomId.MaxLength)), new User(UserId.Parse(new string('u', UserId.MaxLength)), new string('\u0001', 256))));
        Assert.Equal([typing], NotificationLines.Pack([typing]).SelectMany(Lines));
    }

    private static Envelope Posted(long sequence, string text = "text") => new("n", new EventAnnounced(new RoomEvent(
        Lobby, new Position(new Epoch(1), sequence), Ann, DateTimeOffset.UnixEpoch.AddMilliseconds(1), "key", new MessagePosted(text))));

    private static IEnumerable<Envelope> Lines(string payload) => payload.Split('\n').Select(line =>
    {
        Assert.True(EnvelopeJson.TryRead(Encoding.UTF8.GetBytes(line), out var envelope));
        return envelope;
    });
}
