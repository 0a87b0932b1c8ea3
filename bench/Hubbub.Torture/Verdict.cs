using System.Globalization;
using Hubbub.Torture.Clients;
using Hubbub.Torture.History;
using Spectre.Console;

namespace Hubbub.Torture;

/// <summary>What a run has shown.</summary>
internal sealed record Verdict
{
    public required TortureOptions Options { get; init; }

    public required double Seconds { get; init; }

    public required long Acknowledged { get; init; }

    public required long Delivered { get; init; }

    /// <summary>Attempts that were answered otherwise, and tried again.</summary>
    public required long Unanswered { get; init; }

    public required IReadOnlyDictionary<string, int> Answers { get; init; }

    public required TimeSpan LongestWait { get; init; }

    public required long SawReconnecting { get; init; }

    /// <summary>By which word a removed member heard of it.</summary>
    public required IReadOnlyDictionary<string, int> Removals { get; init; }

    /// <summary>Milliseconds from hand to screen.</summary>
    public required double Latency50 { get; init; }

    public required double Latency99 { get; init; }

    public required double LatencyMost { get; init; }

    public required IReadOnlyList<(string Fault, TimeSpan Time)> Recoveries { get; init; }

    /// <summary>How long clients took to read on after their node was lost; those of all nodes are among them.</summary>
    public required IReadOnlyList<TimeSpan> Resumed { get; init; }

    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>What clients saw for themselves; the first of them.</summary>
    public required IReadOnlyList<string> Wrong { get; init; }

    public required long Wrongs { get; init; }

    public required int Records { get; init; }

    public bool Passed => Findings.Count == 0 && Wrongs == 0 && Acknowledged > 0;

    public void Print(IAnsiConsole console)
    {
        var recoveries = Recoveries.Select(r => r.Time.TotalSeconds).ToArray();
        var resumed = Resumed.Select(r => r.TotalSeconds).ToArray();
        var table = new Table().Border(TableBorder.Simple).AddColumns("", "");
        Row("acknowledged", $"{Acknowledged:#,0} in {Seconds:0} s");
        Row("answered otherwise", $"{Unanswered:#,0} ({string.Join(", ", Answers.Where(a => a.Key != "ok").OrderByDescending(a => a.Value).Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Value:#,0} {a.Key}")))})");
        Row("delivered", $"{Delivered:#,0} to {Options.Listeners} listeners");
        Row("from hand to screen", $"p50 {Latency50:0} ms, p99 {Latency99:0} ms, most {LatencyMost:0} ms");
        Row("faults", $"{Recoveries.Count}: {string.Join(", ", Recoveries.GroupBy(r => r.Fault).Select(g => $"{g.Key} {g.Count()}"))}");
        Row("recovery after heal", $"p50 {Percentile.Of(recoveries, 50):0.0} s, p99 {Percentile.Of(recoveries, 99):0.0} s, most {Percentile.Of(recoveries, 100):0.0} s ({Recoveries.MaxBy(r => r.Time).Fault})");
        Row("most, by kind", $"{string.Join(", ", Recoveries.GroupBy(r => r.Fault).OrderByDescending(g => g.Max(r => r.Time)).Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Key} {g.Max(r => r.Time).TotalSeconds:0.0}")))}");
        Row("resumed after a node's loss", $"p50 {Percentile.Of(resumed, 50):0.0} s, p99 {Percentile.Of(resumed, 99):0.0} s, most {Percentile.Of(resumed, 100):0.0} s ({Resumed.Count} clients' times)");
        Row("longest wait for an answer", $"{LongestWait.TotalSeconds:0.0} s");
        Row("seen to reconnect", $"{SawReconnecting:#,0} times");
        Row("removed and returned", $"{Removals.Values.Sum()} times ({string.Join(", ", Removals.Select(r => $"{r.Key} {r.Value}"))})");
        Row("history", $"{Records:#,0} records");
        console.Write(table);
        var classes = new Table().Border(TableBorder.Simple).AddColumn("anomaly").AddColumn(new TableColumn("found").RightAligned());
        foreach (var kind in Enum.GetValues<Anomaly>())
            classes.AddRow(kind.ToString(), Findings.Count(f => f.Kind == kind).ToString(CultureInfo.InvariantCulture));
        classes.AddRow("seen by clients themselves", Wrongs.ToString(CultureInfo.InvariantCulture));
        console.Write(classes);
        foreach (var sentence in Findings.Take(20).Select(f => f.ToString()).Concat(Wrong.Take(20)))
            console.WriteLine(sentence);
        console.WriteLine(Passed ? "Verdict: every promise was kept." : "Verdict: FAILED.");

        void Row(string name, FormattableString figure) => table.AddRow(Markup.Escape(name), Markup.Escape(figure.ToString(CultureInfo.InvariantCulture)));
    }
}

/// <summary>Tortures a cluster.</summary>
public static class Torturer
{
    /// <returns>0 when every promise was kept, 1 when one was not, 2 when the run could not be done, 130 when it was stopped.</returns>
    public static async Task<int> RunAsync(TortureOptions options, IAnsiConsole console, CancellationToken ct)
    {
        try
        {
            var verdict = await TortureRun.RunAsync(options, stage => console.WriteLine($"{DateTime.Now:HH:mm:ss} {stage}"), ct);
            verdict.Print(console);
            return verdict.Passed ? 0 : 1;
        }
        catch (TortureException e)
        {
            await Console.Error.WriteLineAsync($"hubbub: {e.Message}");
            return 2;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped before the end; there is no verdict.");
            return 130;
        }
    }
}
