namespace Hubbub.Torture;

/// <summary>How a cluster is tortured.</summary>
public sealed record TortureOptions
{
    /// <summary>The program of the nodes: <c>hubbub</c> or its <c>hubbub.dll</c>.</summary>
    public required string Executable { get; init; }

    /// <summary>How many nodes, 2–8.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>How long faults are injected; what follows is quiet, and then everything is read once more.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>What carries announcements, one after the other, each for its part of the time: <c>redis</c>, <c>postgres</c>, <c>rabbitmq</c>.</summary>
    public IReadOnlyList<string> Brokers { get; init; } = ["redis", "postgres", "rabbitmq"];

    /// <summary>Which faults, by name; empty: all.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    public int Rooms { get; init; } = 4;

    public int Publishers { get; init; } = 6;

    /// <summary>Clients that listen, spread over rooms and transports. The first <see cref="Witnesses"/> keep all that they see; the others count.</summary>
    public int Listeners { get; init; } = 12;

    /// <summary>How many listeners keep everything they see for the checkers.</summary>
    public int Witnesses { get; init; } = 24;

    /// <summary>Posts a second, over all publishers and rooms.</summary>
    public double Rate { get; init; } = 250;

    /// <summary>Decides which fault comes when.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Where the history of a failed run is kept.</summary>
    public string Out { get; init; } = "artifacts/torture";
}

/// <summary>The run could not be done; the message says why.</summary>
public sealed class TortureException(string message) : Exception(message);
