using Hubbub.LocalCluster;
using Xunit;

namespace Hubbub.UnitTests.Cluster;

public class AutoscalerTests
{
    [Fact]
    public void The_number_of_nodes_follows_a_load_that_rises_and_falls_and_stays_within_its_bounds()
    {
        var autoscaler = new Autoscaler(1, 4, 500);
        var nodes = 1;
        var most = 0;
        foreach (var connections in Enumerable.Range(0, 100).Select(i => i * 30).Concat(Enumerable.Range(0, 100).Select(i => 3_000 - (i * 30))))
        {
            nodes += autoscaler.Next(nodes, connections, isChanging: false);
            most = Math.Max(most, nodes);
            Assert.InRange(nodes, 1, 4);
        }

        Assert.Equal((4, 1), (most, nodes));
    }

    [Theory]
    [InlineData(900)]
    [InlineData(1_000)]
    public void A_load_at_the_edge_starts_and_stops_nobody_by_turns(int connections)
    {
        var autoscaler = new Autoscaler(1, 4, 500);
        var nodes = 2;
        for (var look = 0; look < 100; look++)
            nodes += autoscaler.Next(nodes, connections + (look % 2 == 0 ? 50 : -50), isChanging: false);
        Assert.Equal(2, nodes);
    }

    [Fact]
    public void While_a_node_comes_or_goes_nothing_is_decided()
    {
        var autoscaler = new Autoscaler(1, 4, 500);
        for (var look = 0; look < 20; look++)
            Assert.Equal(0, autoscaler.Next(1, 5_000, isChanging: true));
        Assert.Equal(0, autoscaler.Next(1, 5_000, isChanging: false));
        Assert.Equal(1, autoscaler.Next(1, 5_000, isChanging: false));
    }
}
