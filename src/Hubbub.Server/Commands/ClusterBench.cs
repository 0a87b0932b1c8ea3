using System.CommandLine;
using System.Text.Json;
using Hubbub.Load;
using Hubbub.LocalCluster;
using Hubbub.LocalCluster.Services;
using Spectre.Console;

namespace Hubbub.Server.Commands;

/// <summary><c>hubbub bench cluster</c>: the same room on 1, 2 and 4 nodes over one Redis, and what each more node that listens costs a post.</summary>
internal static class ClusterBench
{
    private static readonly Option<int[]> Nodes = new("--nodes") { Description = "Numbers of nodes (default 1 2 4).", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<int> Listeners = new("--listeners") { Description = "Listeners of the room, spread over the nodes.", DefaultValueFactory = _ => 400 };
    private static readonly Option<double> Rate = new("--rate") { Description = "Posts a second, at the first node.", DefaultValueFactory = _ => 50 };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "How long to measure each.", DefaultValueFactory = _ => 10 };

    public static Command Make()
    {
        var command = new Command("cluster", "One room on 1, 2 and 4 nodes over one Redis and PostgreSQL (started for it): deliveries, added latency, and what each node that listens costs a post.")
        {
            Nodes, Listeners, Rate, Seconds,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var executable = Environment.ProcessPath is { } program && Path.GetFileNameWithoutExtension(program) != "dotnet" ? program : typeof(ClusterBench).Assembly.Location;
        await using var postgres = await PostgresServer.StartAsync(syncs: true);
        await using var redis = await RedisServer.StartAsync();
        var figures = new List<Figures>();
        foreach (var count in parsed.GetValue(Nodes) is { Length: > 0 } given ? given : [1, 2, 4])
        {
            var settings = NodeSettings.Of(PostgresServer.Url(await postgres.CreateDatabaseAsync()), redis.Url).With("Hubbub__MaxConnectionsPerUser", "0");
            var nodes = new List<NodeProcess>();
            var file = Path.GetTempFileName();
            try
            {
                for (var i = 0; i < count; i++)
                    nodes.Add(await NodeProcess.StartAsync(executable, settings));
                var exit = await Benchmark.FanoutAsync(
                    new FanoutOptions
                    {
                        Target = nodes[0].Url,
                        Others = [.. nodes.Skip(1).Select(n => n.Url)],
                        Listeners = parsed.GetValue(Listeners),
                        Idle = 0,
                        RatePerSecond = parsed.GetValue(Rate),
                        Duration = TimeSpan.FromSeconds(parsed.GetValue(Seconds)),
                        WarmUp = TimeSpan.FromSeconds(3),
                        JsonFile = file,
                    },
                    AnsiConsole.Console,
                    ct);
                if (exit != 0)
                    return exit;
                figures.Add(await ReadAsync(count, file, ct));
            }
            finally
            {
                File.Delete(file);
                foreach (var node in nodes)
                    await node.DisposeAsync();
            }
        }

        Print(figures);
        return 0;
    }

    private static async Task<Figures> ReadAsync(int nodes, string file, CancellationToken ct)
    {
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(file, ct));
        var root = report.RootElement;
        var posts = root.GetProperty("seconds").GetDouble() * root.GetProperty("ratePerSecond").GetDouble();
        return new Figures(
            nodes, root.GetProperty("deliveriesPerSecond").GetDouble(), root.GetProperty("latency").GetProperty("p50").GetDouble(), root.GetProperty("latency").GetProperty("p99").GetDouble(),
            root.GetProperty("cpu").GetProperty("serverSeconds").GetDouble() * 1e6 / posts);
    }

    private static void Print(List<Figures> figures)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var name in new[] { "nodes", "deliveries/s", "p50 ms", "p99 ms", "added p50 ms", "CPU of all nodes, µs a post", "µs a post and node more" })
            table.AddColumn(new TableColumn(name).RightAligned());
        var first = figures[0];
        foreach (var one in figures)
        {
            table.AddRow(
                FormattableString.Invariant($"{one.Nodes}"), FormattableString.Invariant($"{one.DeliveriesPerSecond:#,0}"), FormattableString.Invariant($"{one.P50:0.0}"), FormattableString.Invariant($"{one.P99:0.0}"),
                FormattableString.Invariant($"{one.P50 - first.P50:0.0}"), FormattableString.Invariant($"{one.CpuPerPost:#,0}"),
                one.Nodes == first.Nodes ? "" : FormattableString.Invariant($"{(one.CpuPerPost - first.CpuPerPost) / (one.Nodes - first.Nodes):#,0}"));
        }

        AnsiConsole.Write(table);
    }

    private sealed record Figures(int Nodes, double DeliveriesPerSecond, double P50, double P99, double CpuPerPost);
}
