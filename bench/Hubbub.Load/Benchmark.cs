using Hubbub.Load.Reports;
using Hubbub.Load.Scenarios;
using Spectre.Console;

namespace Hubbub.Load;

/// <summary>
/// The scenarios of <c>hubbub bench</c>. Each drives a server that is a process of its own, speaks nothing but the
/// documented protocol, checks the server's promises on the way, and reports to the console. It needs Linux: its sockets
/// are driven by epoll, and its figures come from <c>/proc</c>.
/// </summary>
/// <remarks>
/// The exit codes: 0 when every check held, 1 when one did not, 2 when the run could not be done (with a sentence on
/// standard error), 130 when it was stopped.
/// </remarks>
public static class Benchmark
{
    public static Task<int> PostAsync(PostOptions options, IAnsiConsole console, CancellationToken cancel) =>
        RunAsync(stage => PostScenario.RunAsync(options, stage, cancel), options.Json, options.JsonFile, console, cancel);

    public static Task<int> FanoutAsync(FanoutOptions options, IAnsiConsole console, CancellationToken cancel) =>
        RunAsync(stage => FanoutScenario.RunAsync(options, stage, cancel), options.Json, options.JsonFile, console, cancel);

    public static Task<int> IdleAsync(IdleOptions options, IAnsiConsole console, CancellationToken cancel) =>
        RunAsync(stage => IdleScenario.RunAsync(options, stage, cancel), options.Json, options.JsonFile, console, cancel);

    private static async Task<int> RunAsync(
        Func<Stage, Task<Report>> scenario, bool json, string? file, IAnsiConsole console, CancellationToken cancel)
    {
        try
        {
            if (!OperatingSystem.IsLinux())
                throw new BenchmarkFailure("The load generator needs Linux.");
            var stage = new Stage();
            var report = await ProgressDisplay.RunAsync(console, json, stage, () => scenario(stage));
            await ReportPrinter.PrintAsync(report, console, json, file, cancel);
            return report.Passed ? 0 : 1;
        }
        catch (BenchmarkFailure failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 2;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped before the end; there are no figures.");
            return 130;
        }
    }
}
