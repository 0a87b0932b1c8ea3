using Hubbub.Compare.Peers;
using Hubbub.Compare.Scenarios;

namespace Hubbub.Compare;

/// <summary>What to compare, already checked against what there is.</summary>
internal sealed record CompareOptions
{
    public required string Root { get; init; }

    public required string CommandLine { get; init; }

    public required IReadOnlyList<IPeer> Peers { get; init; }

    public required IReadOnlyList<Scenario> Scenarios { get; init; }

    public int Repeats { get; init; } = 5;

    public required string Out { get; init; }

    public bool Quick { get; init; }

    /// <summary>The README and its chart are to show this comparison.</summary>
    public bool Readme { get; init; }
}
