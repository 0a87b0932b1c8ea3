using System.Globalization;
using System.Text;
using Hubbub.Compare.Peers;
using Hubbub.Compare.Scenarios;

namespace Hubbub.Compare.Reports;

/// <summary>What every other server takes for what Hubbub takes 1 for, as ratios of the medians of this run: all of them are things of which less is better.</summary>
internal static class RatioTable
{
    private static readonly (char Scenario, Figure Figure, string Head)[] s_columns =
    [
        ('A', Figure.CpuPerDelivery, "A CPU"),
        ('B', Figure.CpuPerDelivery, "B CPU"),
        ('C', Figure.CpuPerDelivery, "C CPU"),
        ('C', Figure.P99, "C p99"),
        ('D', Figure.CpuPerDelivery, "D CPU"),
        ('E', Figure.BytesPerConnection, "E bytes"),
        ('F', Figure.CpuPerDelivery, "F CPU"),
        ('F', Figure.BytesPerConnection, "F bytes"),
        ('H', Figure.SmallBesideP99, "H p99"),
    ];

    /// <summary>Empty if Hubbub or everybody else took no part.</summary>
    public static string Write(ComparisonReport report)
    {
        var own = report.Options.Peers.FirstOrDefault(peer => peer.Name == Roster.Own);
        var columns = s_columns.Where(column => report.Options.Scenarios.Any(scenario => scenario.Letter == column.Scenario)).ToArray();
        if (own is null || report.Options.Peers.Count < 2 || columns.Length == 0)
            return "";
        var text = new StringBuilder();
        text.Append("\n## Beside Hubbub\n\nHow many times as much as Hubbub, with its log in memory: ratios of medians.\n\n");
        text.Append("| server | ").AppendJoin(" | ", columns.Select(column => column.Head)).Append(" |\n|---|");
        text.Append(string.Concat(columns.Select(_ => "---:|"))).Append('\n');
        foreach (var peer in report.Options.Peers.Where(peer => peer != own))
        {
            text.Append("| ").Append(peer.Title).Append(" | ").AppendJoin(" | ", columns.Select(Cell)).Append(" |\n");

            string Cell((char Scenario, Figure Figure, string Head) column) =>
                Median(peer, column.Scenario, column.Figure) / Median(own, column.Scenario, column.Figure) is { } ratio
                    ? ratio.ToString("0.00", CultureInfo.InvariantCulture)
                    : "–";
        }
        return text.ToString();

        double? Median(IPeer peer, char letter, Figure figure) =>
            report.Outcome(peer, report.Options.Scenarios.First(scenario => scenario.Letter == letter))[figure]?.Median;
    }
}
