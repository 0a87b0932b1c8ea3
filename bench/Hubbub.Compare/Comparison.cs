using System.Globalization;
using Hubbub.Compare.Peers;
using Hubbub.Compare.Reports;
using Hubbub.Compare.Scenarios;
using Hubbub.Compare.Servers;
using Hubbub.Load;
using Hubbub.Load.Figures;
using Hubbub.Load.Scenarios;

namespace Hubbub.Compare;

/// <summary>
/// Puts every question to every server, round by round: what the machine does by the way then meets all of them. A server that fails
/// is reported as such and stops nobody.
/// </summary>
internal sealed class Comparison
{
    /// <summary>Far more than any run takes; a server that hangs costs this much and not the night.</summary>
    private static readonly TimeSpan s_maxRun = TimeSpan.FromMinutes(5);

    private readonly CompareOptions _options;
    private readonly Progress _progress;
    private readonly List<Run> _runs = [];

    private Comparison(CompareOptions options)
    {
        _options = options;
        _progress = new Progress(options.Repeats * options.Scenarios.Sum(scenario => options.Peers.Count(peer => TakesPart(peer, scenario))));
    }

    /// <returns>0 when every run succeeded, 1 when one did not, 130 when it was stopped.</returns>
    public static async Task<int> RunAsync(CompareOptions options, CancellationToken cancel)
    {
        if (!OperatingSystem.IsLinux() || Environment.ProcessorCount > 1 && !IsPinned())
            throw new BenchmarkFailure("This needs Linux, and to be started by bench/compare, which gives it its core.");
        Arrangement.CheckConnections(options.Scenarios.Max(scenario => scenario.Connections));
        return await new Comparison(options).RunAsync(cancel);
    }

    private static bool TakesPart(IPeer peer, Scenario scenario) => peer.Scenarios.Contains(scenario.Letter, StringComparison.Ordinal);

    private static bool IsPinned() =>
        File.ReadLines("/proc/self/status").First(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal))
            .EndsWith(Cores.Generator.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private async Task<int> RunAsync(CancellationToken cancel)
    {
        var versions = _options.Peers.ToDictionary(peer => peer.Name, peer => peer.Version(_options.Root));
        var began = DateTimeOffset.UtcNow;
        var stopped = false;
        try
        {
            for (var round = 1; round <= _options.Repeats; round++)
            {
                foreach (var scenario in _options.Scenarios)
                {
                    foreach (var peer in _options.Peers.Where(peer => TakesPart(peer, scenario)))
                        await RunOnceAsync(peer, scenario, round, cancel);
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            stopped = true;
        }
        _progress.Finish();
        if (stopped)
            await Console.Error.WriteLineAsync("compare: stopped before the end; the report has what was measured until then.");
        if (_runs.Count > 0)
        {
            var report = new ComparisonReport(
                _options, began, Machine.Here() with { Cores = CoresOfMachine() }, new SoftInterrupts(Cores.Server).IsVisible, versions, _runs);
            await report.WriteAsync(showInReadme: _options.Readme && !stopped);
        }
        return stopped ? 130 : _runs.TrueForAll(run => run.Failure is null) ? 0 : 1;
    }

    private async Task RunOnceAsync(IPeer peer, Scenario scenario, int round, CancellationToken cancel)
    {
        var name = $"{scenario.Letter} {peer.Name} {round}/{_options.Repeats}";
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(s_maxRun);
        Run run;
        try
        {
            var figures = await scenario.RunAsync(peer, _options.Root, stage => _progress.Show(name, stage), deadline.Token);
            run = new Run(peer.Name, scenario.Letter, round, figures, null);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            run = new Run(peer.Name, scenario.Letter, round, null, $"It took longer than {s_maxRun.TotalMinutes:0} minutes.");
        }
        catch (Exception failed) when (failed is BenchmarkFailure or Stall or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            run = new Run(peer.Name, scenario.Letter, round, null, failed.Message);
        }
        _runs.Add(run);
        _progress.Done(name, run.Failure ?? Gist(scenario, run.Figures!));
    }

    /// <summary>The first columns of the scenario's table, for the eye.</summary>
    private static string Gist(Scenario scenario, SortedDictionary<string, double> figures) => string.Join(", ", scenario.Columns.Take(4)
        .Where(column => figures.ContainsKey(column.Name))
        .Select(column => $"{figures[column.Name].ToString(column.Format, CultureInfo.InvariantCulture)} {column.Head}"));

    private static int CoresOfMachine() => File.ReadLines("/proc/cpuinfo").Count(line => line.StartsWith("processor", StringComparison.Ordinal));
}
