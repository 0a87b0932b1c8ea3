using Hubbub.Compare.Peers;
using Hubbub.Compare.Scenarios;

namespace Hubbub.Compare.Reports;

/// <summary>All runs of one server in one scenario.</summary>
internal sealed class Outcome(IPeer peer, Scenario scenario, IEnumerable<Run> runs)
{
    /// <summary>Above this share of its core the generator may have been what was measured.</summary>
    private const double SaturatedPercent = 95;

    private readonly Run[] _runs = [.. runs.Where(run => run.Server == peer.Name && run.Scenario == scenario.Letter)];

    public IPeer Peer => peer;

    public bool WasTried => _runs.Length > 0;

    /// <summary>The sentences of the runs that failed, each once.</summary>
    public IReadOnlyList<string> Failures => [.. _runs.Select(run => run.Failure).OfType<string>().Distinct()];

    public int Failed => _runs.Count(run => run.Failure is not null);

    public int Tried => _runs.Length;

    public bool GeneratorWasSaturated => this[Figure.GeneratorCore]?.Median > SaturatedPercent;

    public Spread? this[Figure figure] => Spread.Of([.. _runs
        .Where(run => run.Figures?.ContainsKey(figure.Name) ?? false).Select(run => run.Figures![figure.Name])]);
}
