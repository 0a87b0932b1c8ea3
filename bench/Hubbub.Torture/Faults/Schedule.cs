using Hubbub.LocalCluster;
using Hubbub.LocalCluster.Services;

namespace Hubbub.Torture.Faults;

/// <summary>Which fault comes next: each kind once in an order that the seed decides, then each once more in another. What it hits is drawn likewise.</summary>
internal sealed class Schedule(TortureOptions options, TortureCluster cluster)
{
    /// <summary>Every kind there is.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        "node-kill", "node-drain", "node-pause", "node-one-way", "node-loss", "clock-jump", "rolling-restart",
        "broker-kill", "broker-pause", "broker-black-hole", "store-kill", "store-pause", "store-black-hole", "store-loss",
    ];

    private readonly Random _random = new(options.Seed);
    private readonly Queue<string> _next = new();

    public Fault Next()
    {
        if (_next.Count == 0)
        {
            var kinds = Names.Where(n => options.Faults.Count == 0 || options.Faults.Contains(n)).ToArray();
            _random.Shuffle(kinds);
            foreach (var kind in kinds)
                _next.Enqueue(kind);
        }

        var name = _next.Dequeue();
        var which = _random.Next(cluster.Nodes.Count);
        var node = cluster.Nodes[which];

        // The store is the broker too, in its turn.
        var broker = cluster.Broker ?? cluster.Store;
        return name switch
        {
            "node-kill" => new Fault(name, Seconds(1, 3), node.KillAsync, node.RestartAsync, TakesNode: true),
            "node-drain" => new Fault(name, Seconds(1, 2), node.StopAsync, node.RestartAsync),
            "node-pause" => new Fault(name, TimeSpan.FromSeconds(12), Now(node.Pause), Now(node.Resume), TakesNode: true),
            "node-one-way" => Lossy(name, node.Port, 1, oneWay: true, 3, 5),
            "node-loss" => Lossy(name, node.Port, 0.3, oneWay: false, 3, 5),
            "clock-jump" => new Fault(name, Seconds(2, 4), () => File.WriteAllTextAsync(cluster.ClockOf(which), "+3600"), () => File.WriteAllTextAsync(cluster.ClockOf(which), "+0")),
            "rolling-restart" => new Fault(name, TimeSpan.Zero, RollAsync, () => Task.CompletedTask),
            "broker-kill" => new Fault(name, Seconds(1, 3), broker.KillAsync, broker.RestartAsync),
            "broker-pause" => new Fault(name, Seconds(3, 6), Now(broker.Pause), Now(broker.Resume)),
            "broker-black-hole" => Lossy(name, broker.Port, 1, oneWay: false, 3, 5),
            "store-kill" => new Fault(name, Seconds(1, 2), cluster.Store.KillAsync, cluster.Store.RestartAsync),
            "store-pause" => new Fault(name, Seconds(2, 4), Now(cluster.Store.Pause), Now(cluster.Store.Resume)),
            "store-black-hole" => Lossy(name, cluster.Store.Port, 1, oneWay: false, 2, 4),
            _ => Lossy("store-loss", cluster.Store.Port, 0.3, oneWay: false, 2, 4),
        };
    }

    private async Task RollAsync()
    {
        foreach (var node in cluster.Nodes)
        {
            await node.StopAsync();
            await node.RestartAsync();
        }
    }

    private Fault Lossy(string name, int port, double part, bool oneWay, int least, int most) =>
        new(name, Seconds(least, most), () => Packets.LoseAsync(port, part, oneWay), Packets.HealAsync);

    private TimeSpan Seconds(int least, int most) => TimeSpan.FromMilliseconds(_random.Next(least * 1000, (most * 1000) + 1));

    private static Func<Task> Now(Action act) => () =>
    {
        act();
        return Task.CompletedTask;
    };
}
