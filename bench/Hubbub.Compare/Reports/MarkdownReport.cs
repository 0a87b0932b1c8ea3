using System.Globalization;
using System.Text;
using Hubbub.Compare.Scenarios;

namespace Hubbub.Compare.Reports;

/// <summary>A table for each scenario: medians, and from the lowest to the highest where the runs differ.</summary>
internal static class MarkdownReport
{
    public static string Write(ComparisonReport report)
    {
        var text = new StringBuilder();
        var options = report.Options;
        Line(text, "# Compared");
        Line(text);
        Line(text, $"`{options.CommandLine}`, {report.Began:yyyy-MM-dd HH:mm} UTC, on {report.Machine}; server and load generator on a core each. "
            + $"{(options.Repeats == 1 ? "One run each" : $"Medians of {options.Repeats} runs each, which took turns (lowest–highest)")}. "
            + "Every listener was checked to get every message once and in order. "
            + (report.SoftInterruptsAreVisible
                ? "The server's processor time is that of its processes and of the kernel's `ksoftirqd` on its core."
                : "The server's processor time is that of its processes; the kernel's `ksoftirqd` could not be seen."));
        if (options.Quick)
        {
            Line(text);
            Line(text, "**This was a quick run: it shows that everything works, and its figures mean nothing.**");
        }
        text.Append(RatioTable.Write(report));
        foreach (var scenario in options.Scenarios)
            Table(text, report, scenario);
        Servers(text, report);
        return text.ToString();
    }

    private static void Table(StringBuilder text, ComparisonReport report, Scenario scenario)
    {
        var outcomes = report.Options.Peers.Select(peer => report.Outcome(peer, scenario)).Where(outcome => outcome.WasTried).ToArray();
        if (outcomes.Length == 0)
            return;
        Line(text);
        Line(text, $"## {scenario.Letter}: {scenario.Title}");
        Line(text);
        Line(text, $"| server | {string.Join(" | ", scenario.Columns.Select(column => column.Head))} |");
        Line(text, $"|---|{string.Concat(scenario.Columns.Select(_ => "---:|"))}");
        foreach (var outcome in outcomes)
        {
            var mark = (outcome.GeneratorWasSaturated ? " ⚠" : "") + (outcome.Failed > 0 ? " ✗" : "");
            var cells = scenario.Columns.Select(column => outcome[column]?.Text(column.Format) ?? "–");
            Line(text, $"| {outcome.Peer.Title}{mark} | {string.Join(" | ", cells)} |");
        }
        foreach (var outcome in outcomes.Where(outcome => outcome.Failed > 0))
        {
            Line(text);
            Line(text, $"✗ {outcome.Peer.Title}: {outcome.Failed} of {outcome.Tried} runs failed. {string.Join(" ", outcome.Failures)}");
        }
        if (outcomes.Any(outcome => outcome.GeneratorWasSaturated))
        {
            Line(text);
            Line(text, "⚠ The generator's core was more than 95 % busy: this server might do more per second than it could show "
                + "(where deliveries/s times generator µs is far less, others ran on its core).");
        }
    }

    private static void Servers(StringBuilder text, ComparisonReport report)
    {
        Line(text);
        Line(text, "## Servers");
        Line(text);
        Line(text, "| server | version | what is measured |");
        Line(text, "|---|---|---|");
        foreach (var peer in report.Options.Peers)
            Line(text, $"| {peer.Title} (`{peer.Name}`) | {report.Versions[peer.Name]} | {peer.Description} |");
    }

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static void Line(StringBuilder text, string line = "") => text.Append(line).Append('\n');
}
