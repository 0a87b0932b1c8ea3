using System.Globalization;
using System.Text;
using Hubbub.Compare.Peers;
using Hubbub.Compare.Scenarios;

namespace Hubbub.Compare.Reports;

/// <summary>
/// The comparison as an SVG of a README's width: a block of bars for each scenario, the best first, under a title that says what is better, and over the machine, the date and the versions. It follows the
/// reader's light or dark colours.
/// </summary>
internal static class BarChart
{
    private const int Width = 830;
    private const int NameWidth = 190;
    private const int NumberWidth = 90;
    private const int BarHeight = 16;
    private const int RowHeight = 22;
    private const int HeadHeight = 28;
    private const int TitleHeight = 66;
    private const int FootHeight = 17;
    private const int Margin = 14;

    /// <summary>As many characters of the small print as fit into the width.</summary>
    private const int FootCharacters = 128;

    public static string Write(ComparisonReport report)
    {
        var body = new StringBuilder();
        var y = TitleHeight;
        foreach (var scenario in report.Options.Scenarios)
        {
            if (Charted(scenario) is { } charted)
                y = Block(body, report, scenario, charted.Figure, charted.Unit, y);
        }
        y = Foot(body, report, y + FootHeight);
        var svg = new StringBuilder();
        Add(svg, $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{y}" viewBox="0 0 {Width} {y}" role="img" aria-labelledby="title subtitle">
              <style>
                text {"{"} font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; {"}"}
                .paper {"{"} fill: #ffffff; {"}"}
                .title {"{"} font-size: 18px; font-weight: 600; {"}"}
                .head {"{"} font-weight: 600; {"}"}
                .unit {"{"} fill: #59636e; font-weight: 400; {"}"}
                .small {"{"} fill: #59636e; font-size: 11.5px; {"}"}
                .peer {"{"} fill: #afb8c1; {"}"}
                .own {"{"} fill: #1a7f5a; {"}"}
                .name {"{"} text-anchor: end; {"}"}
                @media (prefers-color-scheme: dark) {"{"}
                  text {"{"} fill: #e6edf3; {"}"}
                  .paper {"{"} fill: #0d1117; {"}"}
                  .unit, .small {"{"} fill: #9198a1; {"}"}
                  .peer {"{"} fill: #57606a; {"}"}
                  .own {"{"} fill: #3fb984; {"}"}
                {"}"}
              </style>
              <rect class="paper" width="{Width}" height="{y}" rx="6"/>
              <text id="title" class="title" x="{Margin}" y="30">Hubbub and others: processor time, memory and latency</text>
              <text id="subtitle" class="unit" x="{Margin}" y="52">shorter is better; every message checked at every listener{(report.Options.Quick ? "; a quick run, whose figures mean nothing" : "")}</text>

            """);
        svg.Append(body).Append("</svg>\n");
        return svg.ToString();
    }

    /// <summary>The one figure by which servers are told apart in a scenario; null for one that is told in words.</summary>
    private static (Figure Figure, string Unit)? Charted(Scenario scenario) => scenario switch
    {
        FanoutScenario or TlsScenario => (Figure.CpuPerDelivery, "µs of server CPU per delivery"),
        NeighboursScenario => (Figure.SmallBesideP99, "p99 ms of the small room's messages"),
        IdleScenario => (Figure.BytesPerConnection, "bytes of server memory per connection"),
        _ => null,
    };

    private static int Block(StringBuilder body, ComparisonReport report, Scenario scenario, Figure figure, string unit, int y)
    {
        var bars = report.Options.Peers
            .Select(peer => (Peer: peer, Spread: report.Outcome(peer, scenario)[figure]))
            .Where(bar => bar.Spread is not null)
            .Select(bar => (bar.Peer, bar.Spread!.Value.Median))
            .OrderBy(bar => bar.Median).ToArray();
        if (bars.Length == 0)
            return y;
        Add(body, $"""
              <text class="head" x="{Margin}" y="{y + 18}">{scenario.Letter}: {scenario.Title}<tspan class="unit"> — {unit}</tspan></text>

            """);
        y += HeadHeight;

        // A process that shrinks by itself while connections idle may show less than nothing.
        var longest = Math.Max(bars[^1].Median, double.Epsilon);
        foreach (var (peer, median) in bars)
        {
            var length = Math.Max(1, median / longest * (Width - NameWidth - NumberWidth));
            var own = peer.Name.StartsWith(Roster.Own, StringComparison.Ordinal);
            Add(body, $"""
                  <text class="name" x="{NameWidth - 8}" y="{y + 13}">{Escaped(peer.Title)}</text>
                  <rect class="{(own ? "own" : "peer")}" x="{NameWidth}" y="{y}" width="{length:0.#}" height="{BarHeight}" rx="2"/>
                  <text x="{NameWidth + length + 6:0.#}" y="{y + 13}">{Spread.Number(median, figure.Format)}</text>

                """);
            y += RowHeight;
        }
        return y + 10;
    }

    private static int Foot(StringBuilder body, ComparisonReport report, int y)
    {
        var options = report.Options;
        string[] sentences =
        [
            string.Create(CultureInfo.InvariantCulture, $"{report.Began:yyyy-MM-dd}; {report.Machine}; server and load generator on a core each; "
                + $"{(options.Repeats == 1 ? "one run each" : $"medians of {options.Repeats} runs")}; {options.CommandLine}"),
            string.Join("; ", options.Peers.Select(peer => $"{peer.Title}: {report.Versions[peer.Name]}").Distinct()),
        ];
        foreach (var line in sentences.SelectMany(Lines))
        {
            Add(body, $"""
                  <text class="small" x="{Margin}" y="{y}">{Escaped(line)}</text>

                """);
            y += FootHeight;
        }
        return y;
    }

    private static IEnumerable<string> Lines(string text)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > FootCharacters)
            {
                yield return line.ToString();
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        yield return line.ToString();
    }

    private static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    private static void Add(StringBuilder text, FormattableString lines) => text.Append(lines.ToString(CultureInfo.InvariantCulture));
}
