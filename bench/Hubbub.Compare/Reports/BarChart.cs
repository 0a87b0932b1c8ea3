using System.Globalization;
using System.Text;
using Hubbub.Compare.Peers;
using Hubbub.Compare.Scenarios;

namespace Hubbub.Compare.Reports;

/// <summary>
/// CPU µs per delivery as an SVG of a README's width: a block of bars for each fan-out scenario, the cheapest first. It follows the
/// reader's light or dark colours, and says in words what it shows.
/// </summary>
internal static class BarChart
{
    private const int Width = 830;
    private const int NameWidth = 190;
    private const int NumberWidth = 70;
    private const int BarHeight = 16;
    private const int RowHeight = 22;
    private const int HeadHeight = 44;

    public static string Write(ComparisonReport report)
    {
        var body = new StringBuilder();
        var y = 8;
        foreach (var scenario in report.Options.Scenarios.OfType<FanoutScenario>())
            y = Block(body, report, scenario, y);
        var svg = new StringBuilder();
        Add(svg, $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{y + 8}" viewBox="0 0 {Width} {y + 8}" role="img" aria-labelledby="title">
              <title id="title">Microseconds of server processor time per delivered message; shorter is better</title>
              <style>
                text {"{"} font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; {"}"}
                .head {"{"} font-weight: 600; {"}"}
                .unit {"{"} fill: #59636e; {"}"}
                .peer {"{"} fill: #afb8c1; {"}"}
                .own {"{"} fill: #1a7f5a; {"}"}
                .name {"{"} text-anchor: end; {"}"}
                @media (prefers-color-scheme: dark) {"{"}
                  text {"{"} fill: #e6edf3; {"}"}
                  .unit {"{"} fill: #9198a1; {"}"}
                  .peer {"{"} fill: #57606a; {"}"}
                  .own {"{"} fill: #3fb984; {"}"}
                {"}"}
              </style>

            """);
        svg.Append(body).Append("</svg>\n");
        return svg.ToString();
    }

    private static int Block(StringBuilder body, ComparisonReport report, FanoutScenario scenario, int y)
    {
        var bars = report.Options.Peers
            .Select(peer => (Peer: peer, Spread: report.Outcome(peer, scenario)[Figure.CpuPerDelivery]))
            .Where(bar => bar.Spread is not null)
            .Select(bar => (bar.Peer, bar.Spread!.Value.Median))
            .OrderBy(bar => bar.Median).ToArray();
        if (bars.Length == 0)
            return y;
        Add(body, $"""
              <text class="head" x="{NameWidth}" y="{y + 20}">{scenario.Letter}: {scenario.Title}<tspan class="unit" font-weight="400"> — CPU µs per delivery</tspan></text>

            """);
        y += HeadHeight - BarHeight;
        var longest = bars[^1].Median;
        foreach (var (peer, median) in bars)
        {
            var length = Math.Max(1, median / longest * (Width - NameWidth - NumberWidth));
            var own = peer.Name.StartsWith(Roster.Own, StringComparison.Ordinal);
            Add(body, $"""
                  <text class="name" x="{NameWidth - 8}" y="{y + 13}">{Escaped(peer.Title)}</text>
                  <rect class="{(own ? "own" : "peer")}" x="{NameWidth}" y="{y}" width="{length:0.#}" height="{BarHeight}" rx="2"/>
                  <text x="{NameWidth + length + 6:0.#}" y="{y + 13}">{median:0.00}</text>

                """);
            y += RowHeight;
        }
        return y + 8;
    }

    private static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    private static void Add(StringBuilder text, FormattableString lines) => text.Append(lines.ToString(CultureInfo.InvariantCulture));
}
