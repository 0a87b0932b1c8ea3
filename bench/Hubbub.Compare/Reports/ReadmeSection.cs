using System.Globalization;
using System.Text;
using Hubbub.Compare.Scenarios;
using Hubbub.Load;

namespace Hubbub.Compare.Reports;

/// <summary>What the README shows of a comparison: the chart, and a table of medians. It stands between two marks, and everything between them is written anew.</summary>
internal static class ReadmeSection
{
    public const string Chart = "docs/benchmark.svg";
    public const string Begin = "<!-- bench/compare --readme writes from here -->";
    public const string End = "<!-- to here -->";

    /// <summary>The whole README with the section of this comparison in it.</summary>
    /// <exception cref="BenchmarkFailure">The README has no such place.</exception>
    public static string PutInto(string readme, ComparisonReport report)
    {
        var begin = readme.IndexOf(Begin, StringComparison.Ordinal);
        var end = begin < 0 ? -1 : readme.IndexOf(End, begin, StringComparison.Ordinal);
        return end < 0
            ? throw new BenchmarkFailure($"README.md has no place for the comparison; it stands between the lines \"{Begin}\" and \"{End}\".")
            : readme[..(begin + Begin.Length)] + "\n" + Text(report) + readme[end..];
    }

    private static string Text(ComparisonReport report)
    {
        var options = report.Options;
        var columns = Headline.Of(report);
        var text = new StringBuilder();
        Line(text, $"![Processor time and memory of Hubbub and of other servers; the table below has the figures]({Chart})");
        Line(text);
        Line(text, $"On {report.Machine}, {report.Began:yyyy-MM-dd}; server and load generator on a core each; "
            + $"{(options.Repeats == 1 ? "one run each" : $"medians of {options.Repeats} runs each, which took turns")}. Less is better.");
        Line(text);
        Line(text, $"| | {string.Join(" | ", columns.Select(column => $"{column.Scenario}, {column.Unit}"))} |");
        Line(text, $"|---|{string.Concat(columns.Select(_ => "---:|"))}");
        foreach (var peer in options.Peers)
            Line(text, $"| {peer.Title} | {string.Join(" | ", columns.Select(column => Cell(column.Outcome(report, peer), column.Figure)))} |");
        Line(text);
        foreach (var scenario in options.Scenarios.Where(scenario => columns.Any(column => column.Scenario == scenario.Letter)))
            Line(text, $"- {scenario.Letter}: {scenario.Title}");
        Line(text);
        Line(text, $"`{options.CommandLine}`");
        return text.ToString();
    }

    private static string Cell(Outcome outcome, Figure figure) =>
        outcome[figure] is { } spread ? Spread.Number(spread.Median, figure.Format) : outcome.Failed > 0 ? "✗" : "–";

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static void Line(StringBuilder text, string line = "") => text.Append(line).Append('\n');
}
