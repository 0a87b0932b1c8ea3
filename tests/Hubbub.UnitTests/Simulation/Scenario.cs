using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.TestKit.Simulation;

namespace Hubbub.UnitTests.Simulation;

/// <summary>What one seed plays: how many take part, how small every limit is, and what goes wrong. All of it is drawn from the seed.</summary>
internal sealed record Scenario
{
    public required int Nodes { get; init; }

    public required int Rooms { get; init; }

    /// <summary>How many of the rooms are relaxed, the first ones.</summary>
    public required int Relaxed { get; init; }

    public required int Posters { get; init; }

    public required int Listeners { get; init; }

    /// <summary>Whether the rooms are private, so that everyone must be invited first.</summary>
    public required bool Private { get; init; }

    /// <summary>Posts by each poster, one after the other or (a burst) many at a time.</summary>
    public required int PostsEach { get; init; }

    /// <summary>How long posting and faults go on.</summary>
    public required TimeSpan Duration { get; init; }

    public required int Kills { get; init; }

    public required int Stops { get; init; }

    /// <summary>How often a process stands still for some seconds and then goes on as if nothing had been.</summary>
    public required int Freezes { get; init; }

    public required int Removals { get; init; }

    public required int NewLives { get; init; }

    /// <summary>How often (per frame) a listener loses its connection, or makes a pause.</summary>
    public required double Disconnects { get; init; }

    public required double Pauses { get; init; }

    /// <summary>Frames a connection takes before it is full.</summary>
    public required int Window { get; init; }

    public required HubOptions Hub { get; init; }

    public required AppenderOptions Appender { get; init; }

    public required StoreFaults Store { get; init; }

    public required BrokerFaults Broker { get; init; }

    public static Scenario Draw(Simulator sim)
    {
        var calm = sim.Chance(0.1);
        var losesPast = sim.Chance(0.25);
        var rooms = sim.Random.Next(1, 4);
        return new Scenario
        {
            Nodes = sim.Pick([1, 2, 2, 3, 3]),
            Rooms = rooms,
            Relaxed = sim.Chance(0.3) ? sim.Random.Next(1, rooms + 1) : 0,
            Posters = sim.Random.Next(1, 5),
            Listeners = sim.Random.Next(2, 7),
            Private = !losesPast && sim.Chance(0.3),
            PostsEach = sim.Pick([4, 8, 15, 15, 40, 40, 150]),
            Duration = TimeSpan.FromSeconds(sim.Random.Next(3, 12)),
            Kills = calm ? 0 : sim.Random.Next(4),
            Stops = calm ? 0 : sim.Random.Next(2),
            Freezes = calm ? 0 : sim.Pick([0, 0, 1, 2]),
            Removals = !losesPast && sim.Chance(0.5) ? sim.Random.Next(1, 3) : 0,
            NewLives = losesPast ? sim.Random.Next(1, 3) : 0,
            Disconnects = calm ? 0 : sim.Pick([0, 0.01, 0.05]),
            Pauses = sim.Pick([0, 0.02, 0.1]),
            Window = sim.Pick([1, 2, 8, 100]),
            Hub = DrawHub(sim),
            Appender = new AppenderOptions { QueueLength = sim.Pick([2, 10, 1000]), MaxBatch = sim.Pick([1, 4, 512]) },
            Store = DrawStore(sim, calm),
            Broker = DrawBroker(sim, calm),
        };
    }

    private static HubOptions DrawHub(Simulator sim) => new()
    {
        LaneFrames = sim.Pick([8, 8, 16, 64]),
        LaneBytes = sim.Pick([500, 5_000, 1_000_000]),
        MaxReplay = sim.Pick<long>([20, 100_000, 100_000]),
        SweepInterval = TimeSpan.FromSeconds(sim.Random.Next(1, 4)),
        IdleRoomLifetime = TimeSpan.FromSeconds(sim.Pick([1, 60])),
        MaxEarlyEvents = sim.Pick([2, 256]),
        RelaxedWindow = TimeSpan.FromMilliseconds(sim.Pick([20, 200])),
        RelaxedRate = sim.Pick([2, 5, 20]),
        RelaxedReplay = sim.Pick([0, 5, 100]),
    };

    private static StoreFaults DrawStore(Simulator sim, bool calm) => new()
    {
        FailsBefore = calm ? 0 : sim.Pick([0, 0, 0.02, 0.1]),
        FailsAfter = calm ? 0 : sim.Pick([0, 0, 0.02, 0.1]),
        Instant = sim.Pick([0, 0.2, 0.9]),
        Slow = calm ? 0 : sim.Pick([0, 0.01, 0.05]),
        Delay = TimeSpan.FromMilliseconds(sim.Pick([1, 5, 40])),
    };

    private static BrokerFaults DrawBroker(Simulator sim, bool calm) => new()
    {
        Loses = calm ? 0 : sim.Pick([0, 0.05, 0.5, 1]),
        Repeats = calm ? 0 : sim.Pick([0, 0.2]),
        Late = calm ? 0 : sim.Pick([0, 0.1]),
        Bare = sim.Pick([0, 0, 0.3, 1]),
        Delay = TimeSpan.FromMilliseconds(sim.Pick([1, 10, 50])),
    };
}
