using Hubbub.Core.Cluster;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Cluster;

public class DirectionsTests
{
    private static readonly NodeStatus[] Four = [Node("a"), Node("b"), Node("c"), Node("d")];

    [Fact]
    public void The_least_loaded_is_the_one_with_the_most_free_places_in_proportion()
    {
        var best = Directions.LeastLoaded([Node("a", 900, 1_000), Node("b", 1_500, 10_000), Node("c", 200, 1_000), Node("d", 0) with { IsReachable = false }, Node("e", 0) with { State = NodeState.Draining }]);
        Assert.Equal("b", best!.Id);
        Assert.Null(Directions.LeastLoaded([Node("a", 5, 5)]));
    }

    [Fact]
    public void Rooms_are_spread_evenly_and_one_more_node_moves_only_the_rooms_that_it_takes()
    {
        var rooms = Enumerable.Range(0, 4_000).Select(i => RoomId.Parse($"room{i}")).ToList();
        var before = rooms.ToDictionary(r => r, r => Directions.HomeOf(r, Four)!.Id);
        Assert.All(before.Values.CountBy(id => id), node => Assert.InRange(node.Value, 850, 1_150));

        NodeStatus[] five = [.. Four, Node("e")];
        foreach (var room in rooms)
        {
            var now = Directions.HomeOf(room, five)!.Id;
            Assert.True(now == before[room] || now == "e");
        }
    }

    [Fact]
    public void A_crowded_home_sends_its_room_to_the_next()
    {
        var room = RoomId.Parse("room1");
        var home = Directions.HomeOf(room, Four)!.Id;
        var crowded = Array.ConvertAll(Four, n => n.Id == home ? n with { Connections = 950 } : n);
        Assert.NotEqual(home, Directions.HomeOf(room, crowded)!.Id);

        // When all are crowded, the least of them.
        var all = Array.ConvertAll(Four, n => n with { Connections = n.Id == "c" ? 940 : 990 });
        Assert.Equal("c", Directions.HomeOf(room, all)!.Id);
    }

    private static NodeStatus Node(string id, int connections = 0, int capacity = 1_000) =>
        new(id, new Uri($"http://{id}.example.org/"), IsReachable: true, NodeState.Up, connections, capacity, Rooms: 0, Posted: 0);
}
