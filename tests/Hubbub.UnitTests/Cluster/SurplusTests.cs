using Hubbub.Core.Cluster;
using Hubbub.UnitTests.Auth;
using Xunit;

namespace Hubbub.UnitTests.Cluster;

/// <summary>Nodes of a cluster, beat by beat, with clients that go where they are sent.</summary>
public class SurplusTests
{
    private readonly FixedClock _clock = new();

    [Fact]
    public void After_a_node_has_come_the_others_give_it_its_share_little_by_little_and_then_leave_it_at_that()
    {
        var surplus = new Surplus(_clock);
        var (mine, others) = (3_000, 0);
        var most = 0;
        for (var beat = 0; beat < 200; beat++)
        {
            var now = Beat(surplus, Node("a", mine), Node("b", others));
            most = Math.Max(most, now);
            (mine, others) = (mine - now, others + now);
        }

        Assert.InRange(mine, 1_400, 1_600);
        Assert.InRange(most, 1, 150);
        Assert.Equal(0, Beat(surplus, Node("a", mine), Node("b", others)));
    }

    [Fact]
    public void What_a_balancer_leaves_uneven_is_left_alone()
    {
        var surplus = new Surplus(_clock);
        Assert.Equal(0, Most(surplus, Node("a", 1_200), Node("b", 1_000)));
        Assert.Equal(0, Most(surplus, Node("a", 40), Node("b", 0)));
    }

    [Fact]
    public void A_share_is_that_of_the_capacity()
    {
        var surplus = new Surplus(_clock);
        Assert.Equal(0, Most(surplus, Node("a", 2_000, capacity: 20_000), Node("b", 1_000, capacity: 10_000)));
    }

    [Fact]
    public void While_nodes_come_and_go_nobody_is_sent_away()
    {
        var surplus = new Surplus(_clock);
        for (var beat = 0; beat < 40; beat++)
        {
            Assert.Equal(0, beat % 2 == 0
                ? Beat(surplus, Node("a", 3_000), Node("b", 0))
                : Beat(surplus, Node("a", 3_000), Node("b", 0), Node("c", 0)));
        }

        Assert.NotEqual(0, Most(surplus, Node("a", 3_000), Node("b", 0)));
    }

    [Fact]
    public void Nobody_is_sent_to_nodes_that_drain_or_serve_the_api()
    {
        var surplus = new Surplus(_clock);
        Assert.Equal(0, Most(surplus, Node("a", 3_000), Node("b", 0) with { State = NodeState.Draining }, Node("c", 0, capacity: 0)));
        Assert.Equal(0, Most(new Surplus(_clock), Node("a", 3_000) with { State = NodeState.Draining }, Node("b", 0)));
    }

    [Fact]
    public void When_those_sent_away_come_back_it_gives_up_for_a_while()
    {
        var surplus = new Surplus(_clock);
        var sent = 0;
        for (var beat = 0; beat < 100; beat++)
            sent += Beat(surplus, Node("a", 3_000), Node("b", 0));

        Assert.InRange(sent, 750, 1_100);
        Assert.Equal(0, Beat(surplus, Node("a", 3_000), Node("b", 0)));
        _clock.Advance(Surplus.Resignation);
        Assert.NotEqual(0, Most(surplus, Node("a", 3_000), Node("b", 0)));
    }

    private int Most(Surplus surplus, params NodeStatus[] nodes) => Enumerable.Range(0, 20).Max(_ => Beat(surplus, nodes));

    private int Beat(Surplus surplus, params NodeStatus[] nodes)
    {
        _clock.Advance(Heartbeat.Interval);
        return surplus.Next("a", nodes);
    }

    private static NodeStatus Node(string id, int connections, int capacity = 18_000) =>
        new(id, new Uri($"http://{id}.example.org/"), IsReachable: true, NodeState.Up, connections, capacity, Rooms: 0, Posted: 0);
}
