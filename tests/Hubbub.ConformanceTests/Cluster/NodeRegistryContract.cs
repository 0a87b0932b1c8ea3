using Hubbub.Core.Cluster;
using Xunit;

namespace Hubbub.ConformanceTests.Cluster;

/// <summary>What every <see cref="INodeRegistry"/> does.</summary>
public abstract class NodeRegistryContract : IAsyncLifetime
{
    protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static readonly CancellationToken None = CancellationToken.None;

    protected INodeRegistry Registry { get; private set; } = null!;

    public async Task InitializeAsync() => Registry = await OpenAsync();

    public abstract Task DisposeAsync();

    /// <summary>A new, empty registry with a lease of <see cref="Lease"/>.</summary>
    protected abstract Task<INodeRegistry> OpenAsync();

    /// <summary>Lets time pass by the clock that leases run by.</summary>
    protected abstract Task PassAsync(TimeSpan time);

    [Fact]
    public async Task A_node_that_has_said_so_is_listed_as_it_is_and_in_order()
    {
        await Registry.RenewAsync(Node("b", connections: 7), None);
        await Registry.RenewAsync(Node("a"), None);
        await Registry.RenewAsync(Node("B"), None);

        Assert.Equal([Node("B"), Node("a"), Node("b", connections: 7)], await Registry.LiveAsync(None));
    }

    [Fact]
    public async Task Nobody_is_listed_at_first()
    {
        Assert.Empty(await Registry.LiveAsync(None));
    }

    [Fact]
    public async Task A_renewal_replaces_what_the_node_said_before()
    {
        await Registry.RenewAsync(Node("a"), None);

        var changed = Node("a", connections: 3) with { State = NodeState.Draining, Capacity = 5, Rooms = 9, Posted = 1, IsReachable = false, Address = new Uri("http://10.0.0.9:1/") };
        await Registry.RenewAsync(changed, None);

        Assert.Equal(changed, Assert.Single(await Registry.LiveAsync(None)));
    }

    [Fact]
    public async Task A_node_that_does_not_renew_its_lease_is_no_longer_listed()
    {
        await Registry.RenewAsync(Node("a"), None);
        await PassAsync(Lease / 2);
        await Registry.RenewAsync(Node("b"), None);
        Assert.Equal(2, (await Registry.LiveAsync(None)).Count);

        await PassAsync(Lease / 2);

        Assert.Equal(Node("b"), Assert.Single(await Registry.LiveAsync(None)));
    }

    [Fact]
    public async Task A_node_that_renews_in_time_stays()
    {
        for (var i = 0; i < 5; i++)
        {
            await Registry.RenewAsync(Node("a", connections: i), None);
            await PassAsync(Lease * 0.9);
            Assert.Equal(Node("a", connections: i), Assert.Single(await Registry.LiveAsync(None)));
        }
    }

    [Fact]
    public async Task A_node_whose_lease_had_run_out_is_back_when_it_renews()
    {
        await Registry.RenewAsync(Node("a"), None);
        await PassAsync(Lease * 3);
        await Registry.RenewAsync(Node("b"), None);
        Assert.Equal(Node("b"), Assert.Single(await Registry.LiveAsync(None)));

        await Registry.RenewAsync(Node("a"), None);

        Assert.Equal(2, (await Registry.LiveAsync(None)).Count);
    }

    [Fact]
    public async Task A_node_that_is_removed_is_gone_at_once_and_may_be_removed_twice()
    {
        await Registry.RenewAsync(Node("a"), None);
        await Registry.RenewAsync(Node("b"), None);

        await Registry.RemoveAsync("a", None);
        await Registry.RemoveAsync("a", None);

        Assert.Equal(Node("b"), Assert.Single(await Registry.LiveAsync(None)));
    }

    [Fact]
    public async Task A_node_that_is_asked_to_drain_hears_of_it_with_each_renewal()
    {
        Assert.False(await Registry.RenewAsync(Node("a"), None));
        Assert.False(await Registry.RenewAsync(Node("b"), None));

        Assert.True(await Registry.AskToDrainAsync("a", None));

        Assert.True(await Registry.RenewAsync(Node("a"), None));
        Assert.True(await Registry.RenewAsync(Node("a") with { State = NodeState.Draining }, None));
        Assert.False(await Registry.RenewAsync(Node("b"), None));
    }

    [Fact]
    public async Task A_node_that_is_not_alive_cannot_be_asked_to_drain()
    {
        await Registry.RenewAsync(Node("a"), None);
        await PassAsync(Lease);

        Assert.False(await Registry.AskToDrainAsync("a", None));
        Assert.False(await Registry.AskToDrainAsync("b", None));
    }

    [Fact]
    public async Task Many_nodes_renew_at_once_while_others_expire()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => Registry.RenewAsync(Node($"old{n}"), None).AsTask()));
        await PassAsync(Lease * 2);

        await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Task.Run(async () => await Registry.RenewAsync(Node($"new{n % 20}", n / 20), None))));

        Assert.Equal(20, (await Registry.LiveAsync(None)).Count);
    }

    private static NodeStatus Node(string id, int connections = 0) =>
        new(id, new Uri("http://10.0.0.1:5080/"), IsReachable: true, NodeState.Up, connections, Capacity: 18_000, Rooms: 3, Posted: 5_000_000_000);
}
