using Hubbub.LocalCluster;
using Hubbub.LocalCluster.Balancers;
using Hubbub.LocalCluster.Services;

namespace Hubbub.Torture;

/// <summary>The real thing on one machine: PostgreSQL, the brokers, the nodes, HAProxy in front. Not thread-safe but for what only looks.</summary>
internal sealed class TortureCluster : IAsyncDisposable
{
    private readonly TortureOptions _options;
    private readonly string _storeUrl;
    private readonly Dictionary<string, string> _brokerUrls = [];
    private readonly List<IAsyncDisposable> _all = [];
    private readonly DirectoryInfo _clocks = Directory.CreateTempSubdirectory("hubbub-clocks-");

    private TortureCluster(TortureOptions options, PostgresServer store, string connection)
    {
        _options = options;
        Store = store;
        Connection = connection;
        _storeUrl = PostgresServer.Url(connection);
        _all.Add(store);
    }

    public PostgresServer Store { get; }

    /// <summary>How to reach the store's database.</summary>
    public string Connection { get; }

    /// <summary>The broker in use, to be killed and paused; null if it is the store's own database.</summary>
    public ServiceProcess? Broker { get; private set; }

    public string BrokerName { get; private set; } = "";

    public IReadOnlyList<NodeProcess> Nodes { get; private set; } = [];

    public HaproxyBalancer Balancer { get; private set; } = null!;

    private readonly Dictionary<string, ServiceProcess> _brokers = [];

    public static async Task<TortureCluster> StartAsync(TortureOptions options, Action<string> stage)
    {
        stage("starting PostgreSQL");
        var store = await PostgresServer.StartAsync(syncs: true);
        var cluster = new TortureCluster(options, store, await store.CreateDatabaseAsync());
        try
        {
            await cluster.StartBrokersAsync(stage);
            await cluster.ChooseBrokerAsync(options.Brokers[0], restart: false);
            stage($"starting {options.Nodes} nodes");
            var nodes = new List<NodeProcess>();
            for (var i = 0; i < options.Nodes; i++)
            {
                await File.WriteAllTextAsync(cluster.ClockOf(i), "+0");
                nodes.Add(await NodeProcess.StartAsync(options.Executable, cluster.Settings(i)));
                cluster._all.Add(nodes[^1]);
            }

            cluster.Nodes = nodes;
            cluster.Balancer = await HaproxyBalancer.StartAsync([.. nodes.Select(n => n.Url)]);
            cluster._all.Add(cluster.Balancer);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes another broker; the nodes follow one by one, draining.</summary>
    public async Task ChooseBrokerAsync(string name, bool restart)
    {
        BrokerName = name;
        Broker = _brokers.GetValueOrDefault(name);
        if (!restart)
            return;
        foreach (var (i, node) in Nodes.Index())
        {
            node.Settings = Settings(i);
            await node.StopAsync();
            await node.RestartAsync();
        }
    }

    /// <summary>The file that says how far a node's clock is off, as libfaketime reads it: <c>+3600</c>.</summary>
    public string ClockOf(int node) => Path.Combine(_clocks.FullName, $"clock-{node}");

    public async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_all))
            await one.DisposeAsync();
        _clocks.Delete(recursive: true);
    }

    private async Task StartBrokersAsync(Action<string> stage)
    {
        foreach (var name in _options.Brokers)
        {
            stage($"starting {name}");
            switch (name)
            {
                case "redis":
                    var redis = await RedisServer.StartAsync();
                    Add(name, redis, redis.Url);
                    break;
                case "rabbitmq":
                    var rabbit = await RabbitMqServer.StartAsync();
                    Add(name, rabbit, rabbit.Url);
                    break;
                case "postgres":
                    _brokerUrls[name] = "auto";
                    break;
                default:
                    throw new TortureException($"There is no broker '{name}'; there are redis, postgres and rabbitmq.");
            }
        }
    }

    private void Add(string name, ServiceProcess service, string url)
    {
        _all.Add(service);
        _brokers[name] = service;
        _brokerUrls[name] = url;
    }

    private NodeSettings Settings(int node) => NodeSettings.Of(_storeUrl, _brokerUrls[BrokerName])
            .With("Hubbub__PingAfter", "00:00:02").With("Hubbub__DrainDeadline", "00:00:08").With("Hubbub__MaxConnectionsPerUser", "0")
            .With("Logging__LogLevel__Default", "Warning")
        .With("LD_PRELOAD", FakeTime ?? "").With("FAKETIME_TIMESTAMP_FILE", ClockOf(node)).With("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .With("FAKETIME_FORCE_MONOTONIC_FIX", "0").With("FAKETIME_CACHE_DURATION", "1");

    /// <summary>The library that makes a process's clock jump; null if it is not installed.</summary>
    public static string? FakeTime { get; } =
        new[] { "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1" }.FirstOrDefault(File.Exists);
}
