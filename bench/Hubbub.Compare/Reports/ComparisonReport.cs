using System.Text.Encodings.Web;
using System.Text.Json;
using Hubbub.Load.Figures;

namespace Hubbub.Compare.Reports;

/// <summary>What a comparison leaves behind: three files, and the README if that is wanted.</summary>
internal sealed record ComparisonReport(
    CompareOptions Options, DateTimeOffset Began, Machine Machine, bool SoftInterruptsAreVisible,
    IReadOnlyDictionary<string, string> Versions, IReadOnlyList<Run> Runs)
{
    private static readonly JsonSerializerOptions s_readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    /// <param name="showInReadme">Not for a comparison that was stopped: what was measured so far would stand there as the whole.</param>
    public async Task WriteAsync(bool showInReadme)
    {
        Directory.CreateDirectory(Options.Out);
        var markdown = MarkdownReport.Write(this);
        await File.WriteAllTextAsync(Path.Combine(Options.Out, "compare.md"), markdown);
        await File.WriteAllTextAsync(Path.Combine(Options.Out, "compare.json"), Json());
        await File.WriteAllTextAsync(Path.Combine(Options.Out, "compare.svg"), BarChart.Write(this));
        if (showInReadme)
            await WriteReadmeAsync();
        Console.WriteLine();
        Console.WriteLine(markdown);
        Console.WriteLine($"Written: compare.md, compare.json and compare.svg in {Options.Out}");
    }

    public Outcome Outcome(Peers.IPeer peer, Scenarios.Scenario scenario) => new(peer, scenario, Runs);

    private async Task WriteReadmeAsync()
    {
        var readme = Path.Combine(Options.Root, "README.md");
        await File.WriteAllTextAsync(readme, ReadmeSection.PutInto(await File.ReadAllTextAsync(readme), this));
        await File.WriteAllTextAsync(Path.Combine(Options.Root, ReadmeSection.Chart), BarChart.Write(this));
    }

    private string Json() => JsonSerializer.Serialize(new
    {
        Began,
        Options.CommandLine,
        Options.Repeats,
        Options.Quick,
        Machine,
        KsoftirqdCounted = SoftInterruptsAreVisible,
        Versions,
        Scenarios = Options.Scenarios.ToDictionary(scenario => scenario.Letter.ToString(), scenario => scenario.Title),
        Runs = Runs.Select(run => new { run.Server, Scenario = run.Scenario.ToString(), run.Round, run.Failure, run.Figures }),
    }, s_readable);
}
