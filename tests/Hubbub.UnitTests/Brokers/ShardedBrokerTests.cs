using Hubbub.Brokers;
using Hubbub.Core.Broker;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Brokers;

/// <summary>Which of several brokers has a room: the same at every node, evenly, and with as few moves as there can be.</summary>
public sealed class ShardedBrokerTests
{
    private static readonly RoomId[] Rooms = [.. Enumerable.Range(0, 3000).Select(n => RoomId.Parse($"room{n}"))];

    [Fact]
    public void Every_node_has_a_room_on_the_same_server_in_whatever_order_they_are_named()
    {
        var (forwards, backwards) = (Place("a:1", "b:2", "c:3"), Place("c:3", "b:2", "a:1"));
        Assert.Equal(forwards, backwards);

        // Written down, because a node of another version must agree as well.
        Assert.Equal(["b:2", "b:2", "b:2", "b:2", "c:3", "a:1"], Place("a:1", "b:2", "c:3").Take(6));
    }

    [Fact]
    public void Rooms_are_spread_evenly() =>
        Assert.All(Place("a:1", "b:2", "c:3").CountBy(server => server), server => Assert.InRange(server.Value, 900, 1100));

    [Fact]
    public void One_more_server_takes_its_share_and_moves_nothing_else()
    {
        var (before, after) = (Place("a:1", "b:2", "c:3"), Place("a:1", "b:2", "c:3", "d:4"));
        var moved = before.Zip(after).Where(pair => pair.First != pair.Second).ToArray();
        Assert.All(moved, pair => Assert.Equal("d:4", pair.Second));
        Assert.InRange(moved.Length, 650, 850);
    }

    [Fact]
    public void Everything_about_a_room_goes_to_its_server_and_what_the_servers_carry_is_summed()
    {
        var (first, second) = (new InMemoryBroker.Exchange(), new InMemoryBroker.Exchange());
        var (here, there) = (Make(first, second), Make(first, second));
        var heard = new List<Announcement>();
        var listening = here.Listen(heard.Add);
        var announced = Rooms.Take(20).Select(room => new HeadAnnounced(room, new Position(new Epoch(1), 1))).ToArray();
        Array.ForEach(announced, a => here.Subscribe(a.Room));
        Array.ForEach(announced, there.Announce);
        Assert.Equal(announced, heard);
        Assert.Equal(20, here.Status.Received);
        Assert.Equal((BrokerState.Up, 20), (there.Status.State, there.Status.Sent));

        here.Unsubscribe(announced[0].Room);
        Array.ForEach(announced, there.Announce);
        Assert.Equal(39, heard.Count);
        listening.Dispose();
        Array.ForEach(announced, there.Announce);
        Assert.Equal(39, heard.Count);
    }

    private static ShardedBroker Make(params InMemoryBroker.Exchange[] servers) => new([.. servers.Select((server, i) => ($"s:{i}", (IBroker)server.Connect()))]);

    private static string[] Place(params string[] servers)
    {
        var brokers = servers.ToDictionary(name => (IBroker)new InMemoryBroker.Exchange().Connect(), name => name);
        var sharded = new ShardedBroker([.. brokers.Select(b => (b.Value, b.Key))]);
        return [.. Rooms.Select(room => brokers[sharded.Of(room)])];
    }
}
