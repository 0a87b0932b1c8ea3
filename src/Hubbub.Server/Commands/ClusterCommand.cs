using System.CommandLine;
using Hubbub.LocalCluster;
using Spectre.Console;

namespace Hubbub.Server.Commands;

/// <summary><c>hubbub cluster</c>: the real thing on one machine.</summary>
internal static class ClusterCommand
{
    private static readonly Option<int?> Nodes = new("--nodes") { Description = "How many nodes (default 3): the same as --min and --max with that number." };
    private static readonly Option<int?> Min = new("--min") { Description = "Fewest nodes, where their number follows the load." };
    private static readonly Option<int?> Max = new("--max") { Description = "Most nodes, up to 16." };
    private static readonly Option<int> Target = new("--target") { Description = "Connections of a node, above which another is started.", DefaultValueFactory = _ => 5_000 };
    private static readonly Option<string> Store = new("--store") { Description = "The PostgreSQL that the nodes share; it may also stand in Hubbub__Store.", HelpName = "postgres://…" };
    private static readonly Option<string> Broker = new("--broker") { Description = "What carries announcements (default: the store).", HelpName = "url" };
    private static readonly Option<bool> WithServices = new("--with-services") { Description = "Starts a private PostgreSQL and Redis from the installed packages; they are gone with the cluster." };
    private static readonly Option<string> Balancer = new("--balancer") { Description = "What stands in front: haproxy, nginx or none.", DefaultValueFactory = _ => "haproxy" };

    public static Command Make()
    {
        Balancer.AcceptOnlyFromAmong("haproxy", "nginx", "none");
        var command = new Command("cluster", "Runs several nodes on this machine with a balancer in front and shows how they are. With --min and --max their number follows the connections; who is taken away is drained.")
        {
            Nodes, Min, Max, Target, Store, Broker, WithServices, Balancer,
        };
        command.Validators.Add(result =>
        {
            var (min, max) = Range(result.GetValue(Nodes), result.GetValue(Min), result.GetValue(Max));
            if (min < 1 || max < min || max > 16)
                result.AddError("The number of nodes is from 1 to 16, and --max is not less than --min.");
            if (result.GetValue(Target) < 1)
                result.AddError("--target is a number of connections, at least 1.");
            if (!result.GetValue(WithServices) && StoreOf(result.GetValue(Store)) is null)
                result.AddError("Name the PostgreSQL that the nodes share, --store postgres://user:password@host:port/database, or let a private one be started: --with-services.");
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var console = AnsiConsole.Console;
        var (min, max) = Range(parsed.GetValue(Nodes), parsed.GetValue(Min), parsed.GetValue(Max));
        try
        {
            await using var cluster = await LiveCluster.StartAsync(
                new ClusterOptions
                {
                    Executable = Environment.ProcessPath is { } program && Path.GetFileNameWithoutExtension(program) != "dotnet" ? program : typeof(ClusterCommand).Assembly.Location,
                    Store = parsed.GetValue(WithServices) ? null : StoreOf(parsed.GetValue(Store)),
                    Broker = parsed.GetValue(Broker),
                    Balancer = parsed.GetValue(Balancer)!,
                    Min = min,
                    Max = max,
                    Target = parsed.GetValue(Target),
                },
                sentence => console.WriteLine($"{DateTime.Now:HH:mm:ss} {sentence}"));
            console.WriteLine($"The cluster is ready. Open {cluster.Url}");
            await Task.WhenAll(cluster.RunAsync(ct), ShowAsync(console, cluster, ct));
            return 0;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or System.ComponentModel.Win32Exception)
        {
            await Console.Error.WriteLineAsync($"hubbub: {e.Message}");
            return 1;
        }
    }

    /// <summary>A live table on a terminal; elsewhere a line whenever something has changed.</summary>
    private static async Task ShowAsync(IAnsiConsole console, LiveCluster cluster, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        if (console.Profile.Capabilities.Interactive)
        {
            await console.Live(Table(cluster.Figures)).StartAsync(async live =>
            {
                while (await timer.WaitForNextTickAsync(ct))
                    live.UpdateTarget(Table(cluster.Figures));
            });
            return;
        }

        var last = "";
        while (await timer.WaitForNextTickAsync(ct))
        {
            var line = string.Join(" | ", cluster.Figures.Select(f => FormattableString.Invariant($"{f.Url.Authority} {f.State} {f.Connections}")));
            if (line != last)
                console.WriteLine($"{DateTime.Now:HH:mm:ss} {line}");
            last = line;
        }
    }

    private static Table Table(IReadOnlyList<NodeFigures> figures)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("node", "state");
        foreach (var name in new[] { "connections", "rooms", "posts/s" })
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var node in figures)
        {
            table.AddRow(
                node.Url.Authority, node.State, FormattableString.Invariant($"{node.Connections:#,0}"), FormattableString.Invariant($"{node.Rooms:#,0}"),
                FormattableString.Invariant($"{node.PostsPerSecond:#,0}"));
        }

        return table;
    }

    private static (int Min, int Max) Range(int? nodes, int? min, int? max) => nodes is { } all ? (all, all) : (min ?? 3, max ?? Math.Max(3, min ?? 3));

    private static string? StoreOf(string? given) => given ?? Environment.GetEnvironmentVariable("Hubbub__Store");
}
