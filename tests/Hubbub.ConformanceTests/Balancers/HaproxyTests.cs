using Hubbub.LocalCluster.Balancers;
using Hubbub.Server.Operations;
using Hubbub.TestKit.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Balancers;

/// <summary><c>deploy/haproxy/haproxy.cfg</c> in the real HAProxy, in front of real nodes.</summary>
public sealed class HaproxyTests : IAsyncLifetime
{
    private BalancedNodes _nodes = null!;

    public async Task InitializeAsync() => _nodes = await BalancedNodes.StartAsync(2);

    public async Task DisposeAsync() => await _nodes.DisposeAsync();

    [Fact]
    public async Task Sockets_are_spread_evenly_and_talk_to_each_other_over_all_nodes()
    {
        await using var haproxy = await HaproxyBalancer.StartAsync(_nodes.Urls);
        var sockets = await _nodes.ConnectAsync(haproxy.Url, 8);

        Assert.Equal([4, 4], _nodes.Counts);
        await sockets[0].SendAsync("message", new { message = "to all" });
        foreach (var socket in sockets)
            await socket.ExpectAsync("message");
        using var ada = await HttpApi.GuestAsync(haproxy.Url, "Ada");
        await using var stream = await ada.StreamAsync("/api/rooms/room1/events", "text/event-stream");
        await stream.NextAsync();
        await ada.SayAsync("room1", "on a stream");
        Assert.Equal("message", (await stream.NextAsync())!.Value.GetProperty("type").GetString());
        await EndAsync(sockets);
    }

    [Fact]
    public async Task A_node_that_drains_gets_nobody_new_and_keeps_those_it_has_until_they_move()
    {
        await using var haproxy = await HaproxyBalancer.StartAsync(_nodes.Urls);
        var sockets = await _nodes.ConnectAsync(haproxy.Url, 4);
        var draining = _nodes.Nodes[0].Services.GetRequiredService<Drain>().RunAsync();

        var more = await _nodes.ConnectAsync(haproxy.Url, 4);
        await Eventually.UntilAsync("HAProxy knows that it is not ready", async () =>
            (await haproxy.Process.AskAsync("show servers state hubbub")).Split('\n').Any(line => line.Contains(" node1 ", StringComparison.Ordinal) && line.Split(' ')[5] == "0"));

        Assert.Equal([2, 6], _nodes.Counts);
        using var ada = await HttpApi.GuestAsync(haproxy.Url, "Ada");
        await ada.SayAsync("room1", "all are still here");
        foreach (var socket in sockets.Concat(more))
            await socket.ExpectAsync("message");
        await EndAsync(sockets.Concat(more));
        await Eventually.WithinAsync("it has drained", draining);
    }

    [Fact]
    public async Task Nodes_are_added_and_drained_over_the_runtime_socket()
    {
        await using var haproxy = await HaproxyBalancer.StartAsync([_nodes.Nodes[0].Url]);
        var first = await _nodes.ConnectAsync(haproxy.Url, 2);

        await haproxy.UseAsync(_nodes.Urls);
        var second = new List<PlainWebSocket>();
        await Eventually.UntilAsync("the added one is used", async () =>
        {
            second.AddRange(await _nodes.ConnectAsync(haproxy.Url, 1));
            return _nodes.Counts[1] > 0;
        });

        await haproxy.UseAsync([_nodes.Nodes[1].Url]);
        var before = _nodes.Counts[0];
        var third = await _nodes.ConnectAsync(haproxy.Url, 3);
        Assert.Equal(before, _nodes.Counts[0]);
        await third[0].SendAsync("message", new { message = "to all" });
        foreach (var socket in first.Concat(second).Concat(third))
            await socket.ExpectAsync("message");
        await EndAsync(first.Concat(second).Concat(third));
    }

    private static async Task EndAsync(IEnumerable<PlainWebSocket> sockets)
    {
        foreach (var socket in sockets)
            await socket.DisposeAsync();
    }
}
