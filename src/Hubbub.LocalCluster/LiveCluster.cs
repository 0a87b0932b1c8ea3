using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Hubbub.LocalCluster.Balancers;
using Hubbub.LocalCluster.Services;

namespace Hubbub.LocalCluster;

/// <summary>What a cluster on one machine is made of.</summary>
public sealed record ClusterOptions
{
    /// <summary>The program of the nodes: <c>hubbub</c> or its <c>hubbub.dll</c>.</summary>
    public required string Executable { get; init; }

    /// <summary>The shared PostgreSQL; null to start a private one.</summary>
    public string? Store { get; init; }

    /// <summary>The broker; null to start a private Redis, or, with a store that is given, to use that.</summary>
    public string? Broker { get; init; }

    /// <summary><c>haproxy</c>, <c>nginx</c> or <c>none</c>.</summary>
    public string Balancer { get; init; } = "haproxy";

    public int Min { get; init; } = 3;

    public int Max { get; init; } = 3;

    /// <summary>Connections of a node, above which there is to be another.</summary>
    public int Target { get; init; } = 5_000;
}

/// <summary>A node as the table shows it.</summary>
/// <param name="Url">Its own address.</param>
/// <param name="State"><c>up</c>, <c>draining</c>, <c>starting</c> or <c>away</c>.</param>
/// <param name="Connections">Live.</param>
/// <param name="Rooms">With listeners.</param>
/// <param name="PostsPerSecond">Stored by it in the last second.</param>
public sealed record NodeFigures(Uri Url, string State, int Connections, int Rooms, double PostsPerSecond);

/// <summary>
/// A cluster of real processes on one machine, with a balancer in front, that starts nodes as connections pass the target and drains the emptiest when they fall. One <see cref="RunAsync"/> does
/// the work; <see cref="Figures"/> may be read at any time.
/// </summary>
public sealed class LiveCluster : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly ClusterOptions _options;
    private readonly Action<string> _say;
    private readonly string _operatorToken = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly List<IAsyncDisposable> _services = [];
    private readonly Dictionary<NodeProcess, (long Posted, DateTime At)> _posted = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly Autoscaler _autoscaler;
    private NodeSettings _settings = null!;

    // Changed by one at a time (the start, then whoever is changing), and read by the looks: a list is never altered, but replaced.
    private volatile ImmutableList<NodeProcess> _nodes = [];
    private IBalancer? _balancer;
    private NodeProcess? _leaving;
    private Task _changing = Task.CompletedTask;
    private volatile IReadOnlyList<NodeFigures> _figures = [];

    private LiveCluster(ClusterOptions options, Action<string> say)
    {
        _options = options;
        _say = say;
        _autoscaler = new Autoscaler(options.Min, options.Max, options.Target);
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _operatorToken);
    }

    /// <summary>Where clients come in: the balancer, or without one the first node.</summary>
    public Uri Url => _balancer?.Url ?? _nodes[0].Url;

    public IReadOnlyList<NodeFigures> Figures => _figures;

    /// <param name="options">What it is made of.</param>
    /// <param name="say">Hears what happens, a sentence at a time.</param>
    public static async Task<LiveCluster> StartAsync(ClusterOptions options, Action<string> say)
    {
        var cluster = new LiveCluster(options, say);
        try
        {
            await cluster.StartAllAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Looks at the nodes every second, and starts and drains them as the load asks, until stopped.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Look);
        do
        {
            _figures = await LookAsync();
            var up = _figures.Where(f => f.State == "up").ToList();
            if (_changing.IsCompleted)
                await _changing;
            switch (_autoscaler.Next(up.Count, up.Sum(f => f.Connections), !_changing.IsCompleted))
            {
                case 1:
                    _say($"{up.Sum(f => f.Connections)} connections on {up.Count} nodes: another is started");
                    _changing = AddAsync();
                    break;
                case -1:
                    var emptiest = _nodes.First(n => n.Url == up.MinBy(f => f.Connections)!.Url);
                    _say($"{up.Sum(f => f.Connections)} connections on {up.Count} nodes: {emptiest.Url.Authority} is drained");
                    _changing = RemoveAsync(emptiest);
                    break;
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    public async ValueTask DisposeAsync()
    {
        await _changing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_balancer is not null)
            await _balancer.DisposeAsync();
        await Task.WhenAll(_nodes.Select(async n => await n.DisposeAsync()));
        foreach (var service in Enumerable.Reverse(_services))
            await service.DisposeAsync();
        _http.Dispose();
    }

    private async Task StartAllAsync()
    {
        var store = _options.Store;
        var broker = _options.Broker ?? (store is null ? null : "auto");
        if (store is null)
        {
            _say("starting PostgreSQL");
            var postgres = await PostgresServer.StartAsync(syncs: true);
            _services.Add(postgres);
            store = PostgresServer.Url(await postgres.CreateDatabaseAsync());
        }

        if (broker is null)
        {
            _say("starting Redis");
            var redis = await RedisServer.StartAsync();
            _services.Add(redis);
            broker = redis.Url;
        }

        _settings = NodeSettings.Of(store, broker).With("Hubbub__OperatorToken", _operatorToken).With("Logging__LogLevel__Default", "Warning");
        _say($"starting {_options.Min} nodes");
        for (var i = 0; i < _options.Min; i++)
            _nodes = _nodes.Add(await NodeProcess.StartAsync(_options.Executable, _settings));
        _balancer = _options.Balancer switch
        {
            "haproxy" => await HaproxyBalancer.StartAsync(Open()),
            "nginx" => await NginxBalancer.StartAsync(Open()),
            _ => null,
        };
    }

    private IReadOnlyList<Uri> Open() => [.. _nodes.Where(n => n != _leaving).Select(n => n.Url)];

    private async Task AddAsync()
    {
        var node = await NodeProcess.StartAsync(_options.Executable, _settings);
        _nodes = _nodes.Add(node);
        await (_balancer?.UseAsync(Open()) ?? Task.CompletedTask);
        _say($"{node.Url.Authority} is up");
    }

    private async Task RemoveAsync(NodeProcess node)
    {
        _leaving = node;
        await (_balancer?.UseAsync(Open()) ?? Task.CompletedTask);
        await node.StopAsync();
        _nodes = _nodes.Remove(node);
        _leaving = null;
        await node.DisposeAsync();
        _say($"{node.Url.Authority} has gone");
    }

    private async Task<IReadOnlyList<NodeFigures>> LookAsync() => [.. await Task.WhenAll(_nodes.Select(LookAsync))];

    private async Task<NodeFigures> LookAsync(NodeProcess node)
    {
        try
        {
            var answer = await _http.GetFromJsonAsync<NodesAnswer>(new Uri(node.Url, "/api/nodes"));
            var mine = answer!.Nodes.Single(n => n.Self);
            var now = DateTime.UtcNow;
            double rate = 0;
            lock (_posted)
            {
                if (_posted.TryGetValue(node, out var before) && now > before.At)
                    rate = (mine.Posted - before.Posted) / (now - before.At).TotalSeconds;
                _posted[node] = (mine.Posted, now);
            }

            return new NodeFigures(node.Url, mine.State, mine.Connections, mine.Rooms, Math.Max(0, rate));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return new NodeFigures(node.Url, node == _leaving ? "draining" : "away", 0, 0, 0);
        }
    }

    private sealed record NodesAnswer(IReadOnlyList<NodeAnswer> Nodes);

    private sealed record NodeAnswer(string State, int Connections, int Rooms, long Posted, bool Self);
}
