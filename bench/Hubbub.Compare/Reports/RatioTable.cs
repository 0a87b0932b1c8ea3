using System.Globalization;
using System.Text;
using Hubbub.Compare.Peers;
using Hubbub.Compare.Scenarios;

namespace Hubbub.Compare.Reports;

/// <summary>What every other server takes for what Hubbub takes 1 for, as ratios of the medians of this run: all of them are things of which less is better.</summary>
internal static class RatioTable
{
    /// <summary>Empty if Hubbub or everybody else took no part.</summary>
    public static string Write(ComparisonReport report)
    {
        var own = report.Options.Peers.FirstOrDefault(peer => peer.Name == Roster.Own);
        var columns = Headline.Of(report);
        if (own is null || report.Options.Peers.Count < 2 || columns.Length == 0)
            return "";
        var text = new StringBuilder();
        text.Append("\n## Beside Hubbub\n\nHow many times as much as Hubbub, with its log in memory: ratios of medians.\n\n");
        text.Append("| server | ").AppendJoin(" | ", columns.Select(column => $"{column.Scenario} {column.Name}")).Append(" |\n|---|");
        text.Append(string.Concat(columns.Select(_ => "---:|"))).Append('\n');
        foreach (var peer in report.Options.Peers.Where(peer => peer != own))
        {
            text.Append("| ").Append(peer.Title).Append(" | ").AppendJoin(" | ", columns.Select(Cell)).Append(" |\n");

            string Cell(Headline column) =>
                Median(peer, column) / Median(own, column) is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) : "–";
        }
        return text.ToString();

        double? Median(IPeer peer, Headline column) => column.Outcome(report, peer)[column.Figure]?.Median;
    }
}
