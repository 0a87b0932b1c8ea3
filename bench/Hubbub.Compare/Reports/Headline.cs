using Hubbub.Compare.Peers;
using Hubbub.Compare.Scenarios;

namespace Hubbub.Compare.Reports;

/// <summary>One of the figures that a comparison is looked at for first; of all of them less is better.</summary>
/// <param name="Scenario">The letter of the scenario it is from.</param>
/// <param name="Figure">Which of its figures.</param>
/// <param name="Name">Its short name where figures are put beside each other without a unit.</param>
/// <param name="Unit">Its unit, with what else tells it from the scenario's other one.</param>
internal sealed record Headline(char Scenario, Figure Figure, string Name, string Unit)
{
    private static readonly Headline[] s_all =
    [
        new('A', Figure.CpuPerDelivery, "CPU", "µs"),
        new('B', Figure.CpuPerDelivery, "CPU", "µs"),
        new('C', Figure.CpuPerDelivery, "CPU", "µs"),
        new('C', Figure.P99, "p99", "p99 ms"),
        new('D', Figure.CpuPerDelivery, "CPU", "µs"),
        new('E', Figure.BytesPerConnection, "bytes", "bytes"),
        new('F', Figure.CpuPerDelivery, "CPU", "µs"),
        new('F', Figure.BytesPerConnection, "bytes", "bytes"),
        new('H', Figure.SmallBesideP99, "p99", "p99 ms"),
    ];

    /// <summary>Those that this comparison has measured.</summary>
    public static Headline[] Of(ComparisonReport report) =>
        [.. s_all.Where(headline => report.Options.Scenarios.Any(scenario => scenario.Letter == headline.Scenario))];

    /// <summary>What became of one server in its scenario.</summary>
    public Outcome Outcome(ComparisonReport report, IPeer peer) => report.Outcome(peer, report.Options.Scenarios.First(scenario => scenario.Letter == Scenario));
}
