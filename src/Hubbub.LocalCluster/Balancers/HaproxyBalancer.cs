using System.Globalization;
using System.Text.RegularExpressions;
using Hubbub.LocalCluster.Services;

namespace Hubbub.LocalCluster.Balancers;

/// <summary>HAProxy with <c>deploy/haproxy</c>; nodes are added and drained over its runtime socket, without a restart.</summary>
public sealed partial class HaproxyBalancer : IBalancer
{
    /// <summary>Places for nodes that are kept; a running HAProxy fills and empties them.</summary>
    private const int Places = 16;

    private readonly Uri?[] _places = new Uri?[Places];
    private HaproxyServer _server = null!;

    private HaproxyBalancer()
    {
    }

    public Uri Url => _server.Url;

    /// <summary>The process itself, with its runtime socket.</summary>
    public HaproxyServer Process => _server;

    public static async Task<HaproxyBalancer> StartAsync(IReadOnlyList<Uri> nodes)
    {
        var balancer = new HaproxyBalancer();
        balancer._server = await HaproxyServer.StartAsync(Configuration);
        await balancer.UseAsync(nodes);
        return balancer;
    }

    public async Task UseAsync(IReadOnlyList<Uri> nodes)
    {
        for (var i = 0; i < Places; i++)
        {
            if (_places[i] is { } gone && !nodes.Contains(gone))
            {
                await SayAsync(i, "state drain");
                _places[i] = null;
            }
        }

        foreach (var added in nodes.Where(n => Array.IndexOf(_places, n) < 0))
        {
            var place = Array.IndexOf(_places, null);
            if (place < 0)
                throw new InvalidOperationException($"There is room for {Places} nodes.");
            _places[place] = added;
            await SayAsync(place, string.Create(CultureInfo.InvariantCulture, $"addr {added.Host} port {added.Port}"));
            await SayAsync(place, "state ready");
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private Task<string> SayAsync(int place, string what) => _server.AskAsync($"set server hubbub/node{place + 1} {what}");

    private static string Configuration(HaproxyServer server)
    {
        var places = string.Join('\n', Enumerable.Range(1, Places).Select(i => $"    server node{i} 127.0.0.1:1 disabled"));
        var text = ServerLine().Replace(Deployed.Read("haproxy.cfg"), "")
            .Replace("bind :80", $"bind 127.0.0.1:{server.Port}", StringComparison.Ordinal)
            .Replace("/run/haproxy/admin.sock mode", $"{server.Socket} mode", StringComparison.Ordinal)
            .Replace("maxconn 100000", "maxconn 8000", StringComparison.Ordinal);
        return text + places + "\n";
    }

    [GeneratedRegex(@"^ *server node\d+ 10\.0\.0\.\d+:5080\n?", RegexOptions.Multiline)]
    private static partial Regex ServerLine();
}
