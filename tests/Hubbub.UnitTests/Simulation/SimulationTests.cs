using System.Diagnostics;
using System.Globalization;
using System.Text;
using Hubbub.Torture.History;
using Xunit;
using Xunit.Abstractions;

namespace Hubbub.UnitTests.Simulation;

/// <summary>
/// A thousand clusters, each with its own faults, none of which may lose, double, swap or hide anything. To see one of them again, with its whole history:
/// <c>HUBBUB_SEED=n dotnet test tests/Hubbub.UnitTests --filter SimulationTests</c>; <c>HUBBUB_SEEDS=from-to</c> plays others than 1–1000.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const string Replay = "dotnet test tests/Hubbub.UnitTests --filter SimulationTests";

    /// <summary>What a thousand seeds must have met, or the simulation has gone blind: each at least this often.</summary>
    private static readonly Dictionary<string, int> Expected = new()
    {
        ["a killed process"] = 500,
        ["a process stopped in order"] = 200,
        ["a frozen process"] = 200,
        ["a removal"] = 200,
        ["a return"] = 100,
        ["a store renewed"] = 50,
        ["a store restored"] = 50,
        ["a store wiped"] = 50,
        ["a gap: lost_past"] = 500,
        ["a gap: too_far_behind"] = 100,
        ["left: gone"] = 50,
        ["left: removed"] = 100,
        ["a skip"] = 500,
        ["a repeated key"] = 500,
        ["a reading that could not be judged"] = 500,
        ["a refused join: forbidden"] = 100,
        ["a refused post: overloaded"] = 500,
        ["a refused post: store_unavailable"] = 500,
        ["a typing signal"] = 1000,
        ["a store that failed after it had stored"] = 500,
        ["a lost announcement"] = 1000,
        ["a cut write"] = 5000,
        ["a compressed frame"] = 1000,
        ["an audience that took several turns"] = 500,
    };

    [Fact]
    public void A_thousand_seeds_keep_every_promise()
    {
        if (Environment.GetEnvironmentVariable("HUBBUB_SEED") is { Length: > 0 } one)
        {
            PlayOne(int.Parse(one, CultureInfo.InvariantCulture));
            return;
        }

        var (first, last) = Range(Environment.GetEnvironmentVariable("HUBBUB_SEEDS"));
        var (failures, seen, steps) = (new SortedDictionary<int, string>(), new SortedDictionary<string, int>(StringComparer.Ordinal), 0L);
        var watch = Stopwatch.StartNew();
        var all = new Lock();

        // A simulation is one thread, so several may run side by side.
        Parallel.For(first, last + 1, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
        {
            var (failure, result) = Play(seed);
            lock (all)
            {
                if (failure is not null)
                    failures.Add(seed, failure);
                steps += result?.Steps ?? 0;
                foreach (var (what, times) in result?.Seen ?? new Dictionary<string, int>())
                    seen[what] = seen.GetValueOrDefault(what) + times;
            }
        });

        output.WriteLine($"{last - first + 1} seeds, {steps} steps, {watch.Elapsed.TotalSeconds:0.0} s; met: {string.Join(", ", seen.Select(s => $"{s.Value} × {s.Key}"))}");
        Assert.True(failures.Count == 0, Describe(failures));
        var unseen = Expected.Where(e => seen.GetValueOrDefault(e.Key) < e.Value * (last - first + 1L) / 1000).Select(e => e.Key);
        Assert.Empty(unseen);
    }

    private static (string? Failure, RunResult? Result) Play(int seed)
    {
        try
        {
            var result = SimulatedRun.Play(seed);
            return (result.IsGood ? null : result.ToString(), result);
        }
        catch (Exception e)
        {
            return (e.ToString(), null);
        }
    }

    private void PlayOne(int seed)
    {
        var result = SimulatedRun.Play(seed);
        foreach (var record in result.History.Records)
            output.WriteLine(record is FinalLog final ? $"{final.Room} in the end, from the {final.Source}: {string.Join(", ", final.Entries)}" : record.ToString());
        output.WriteLine($"{result.Steps} steps, {result.VirtualTime} of virtual time");
        Assert.True(result.IsGood, result.ToString());
    }

    private static (int First, int Last) Range(string? asked)
    {
        if (string.IsNullOrEmpty(asked))
            return (1, 1000);
        var ends = asked.Split('-');
        return (int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[^1], CultureInfo.InvariantCulture));
    }

    private static string Describe(SortedDictionary<int, string> failures)
    {
        var text = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"{failures.Count} seeds fail: {string.Join(", ", failures.Keys.Take(20))}");
        foreach (var (seed, failure) in failures.Take(3))
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"HUBBUB_SEED={seed} {Replay}").AppendLine(failure);
        return text.ToString();
    }
}
