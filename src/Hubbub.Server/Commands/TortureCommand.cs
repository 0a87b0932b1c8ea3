using System.CommandLine;
using System.Diagnostics;
using Hubbub.Torture;
using Spectre.Console;

namespace Hubbub.Server.Commands;

/// <summary><c>hubbub torture</c>: a cluster of its own, faults, and the question whether every promise was kept.</summary>
internal static class TortureCommand
{
    private const string InNamespace = "HUBBUB_TORTURE_IN_NAMESPACE";

    private static readonly Option<int> Nodes = new("--nodes") { Description = "Nodes of the cluster.", DefaultValueFactory = _ => 3 };
    private static readonly Option<double> Minutes = new("--minutes") { Description = "How long faults are injected.", DefaultValueFactory = _ => 2 };
    private static readonly Option<int> Seed = new("--seed") { Description = "Which fault comes when.", DefaultValueFactory = _ => 1 };
    private static readonly Option<string> Brokers = new("--brokers") { Description = "What carries announcements, one after the other: redis, postgres, rabbitmq.", DefaultValueFactory = _ => "redis,postgres,rabbitmq" };
    private static readonly Option<string> Faults = new("--faults") { Description = "Only these kinds, separated by commas (default: all).", DefaultValueFactory = _ => "" };
    private static readonly Option<int> Listeners = new("--listeners") { Description = "Clients that listen.", DefaultValueFactory = _ => 12 };
    private static readonly Option<int> Rooms = new("--rooms") { Description = "Rooms.", DefaultValueFactory = _ => 4 };
    private static readonly Option<double> Rate = new("--rate") { Description = "Posts a second, of all publishers.", DefaultValueFactory = _ => 250 };
    private static readonly Option<string> Out = new("--out") { Description = "Where the history of a failed run is kept.", DefaultValueFactory = _ => "artifacts/torture", HelpName = "folder" };

    public static Command Make()
    {
        var command = new Command(
            "torture",
            "Starts PostgreSQL, the brokers, nodes and HAProxy in a network namespace of their own, lets clients of all transports use them, kills, pauses, cuts and restarts everything by turns, and checks that nothing was lost, repeated or disordered. Needs root, iproute2, iptables, libfaketime and the services' packages.")
        {
            Nodes, Minutes, Seed, Brokers, Faults, Listeners, Rooms, Rate, Out,
        };
        command.SetAction((parsed, ct) => Environment.GetEnvironmentVariable(InNamespace) is null ? EnterNamespaceAsync(ct) : Torturer.RunAsync(
            new TortureOptions
            {
                Executable = Environment.ProcessPath is { } program && Path.GetFileNameWithoutExtension(program) != "dotnet" ? program : typeof(TortureCommand).Assembly.Location,
                Nodes = parsed.GetValue(Nodes),
                Duration = TimeSpan.FromMinutes(parsed.GetValue(Minutes)),
                Seed = parsed.GetValue(Seed),
                Brokers = parsed.GetValue(Brokers)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
                Faults = parsed.GetValue(Faults)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
                Listeners = parsed.GetValue(Listeners),
                Rooms = parsed.GetValue(Rooms),
                Rate = parsed.GetValue(Rate),
                Out = parsed.GetValue(Out)!,
            },
            AnsiConsole.Console,
            ct));
        return command;
    }

    /// <summary>The same command once more, with a network that is its own: what it loses there is nobody else's, and is gone with it.</summary>
    private static async Task<int> EnterNamespaceAsync(CancellationToken ct)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            await Console.Error.WriteLineAsync("hubbub: Torturing needs Linux and root, since it makes a network namespace and loses packets in it.");
            return 2;
        }

        var arguments = Environment.GetCommandLineArgs();
        string[] again = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.ProcessPath!, .. arguments] : [Environment.ProcessPath!, .. arguments[1..]];
        var start = new ProcessStartInfo("unshare", ["--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", .. again]);
        start.Environment[InNamespace] = "1";
        using var process = Process.Start(start)!;

        // The terminal's Ctrl-C reaches both; whoever stops this one alone stops that one too.
        await using var stopping = ct.Register(() => LocalCluster.Services.ProcessTree.Signal(process.Id, LocalCluster.Services.ProcessTree.Terminate));
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }
}
