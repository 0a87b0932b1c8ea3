using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Wire;
using Hubbub.LocalCluster.Balancers;
using Hubbub.Server.Transports;
using Hubbub.TestKit.Clients;
using Microsoft.Extensions.DependencyInjection;

namespace Hubbub.ConformanceTests.Balancers;

/// <summary>Nodes of one cluster, to stand behind a balancer.</summary>
internal sealed class BalancedNodes : IAsyncDisposable
{
    private readonly SharedStore _store = SharedStore.InMemory();
    private readonly List<InProcessServer> _nodes = [];

    public IReadOnlyList<InProcessServer> Nodes => _nodes;

    public IReadOnlyList<Uri> Urls => [.. _nodes.Select(n => n.Url)];

    /// <summary>How many connections each has.</summary>
    public int[] Counts => [.. _nodes.Select(n => n.Services.GetRequiredService<Connections>().Count)];

    public static async Task<BalancedNodes> StartAsync(int count)
    {
        var nodes = new BalancedNodes();
        for (var i = 0; i < count; i++)
            await nodes.AddAsync();
        return nodes;
    }

    public async Task<InProcessServer> AddAsync()
    {
        var node = await InProcessServer.StartAsync(s =>
        {
            // The balancer ends TLS, and is believed.
            s.Certificate = null;
            s.Store = _store;
            s.Configuration["ForwardedHeaders_Enabled"] = "true";
            s.Options = o => o.DrainDeadline = TimeSpan.FromSeconds(30);
        });
        _nodes.Add(node);
        return node;
    }

    /// <summary>Connects so many sockets through the balancer, each in the room; returns when the nodes have them.</summary>
    public async Task<List<PlainWebSocket>> ConnectAsync(Uri balancer, int count, string path = "/ws")
    {
        var before = Counts.Sum();
        var sockets = new List<PlainWebSocket>();
        for (var i = 0; i < count; i++)
        {
            sockets.Add(await PlainWebSocket.ConnectAsync(balancer, path: path));
            await sockets[^1].JoinAsync("room1");
        }

        await Eventually.UntilAsync("the nodes have them", () => Counts.Sum() == before + count);
        return sockets;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        await _store.DisposeAsync();
    }
}
