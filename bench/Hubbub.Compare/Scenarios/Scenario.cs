using Hubbub.Compare.Peers;

namespace Hubbub.Compare.Scenarios;

/// <summary>One question, put to every server in the same way.</summary>
internal abstract record Scenario(char Letter, string Title)
{
    /// <summary>What its table shows, in this order.</summary>
    public abstract IReadOnlyList<Figure> Columns { get; }

    /// <summary>Server and clients speak TLS 1.3.</summary>
    public bool OverTls { get; init; }

    /// <summary>Connections open at a time.</summary>
    public abstract int Connections { get; }

    /// <summary>Puts the question to a fresh server. Throws if it cannot be answered, with the reason as a sentence.</summary>
    public abstract Task<SortedDictionary<string, double>> RunAsync(IPeer peer, string root, Action<string> stage, CancellationToken cancel);

    /// <param name="quick">Tiny: shows that everything works, and measures nothing.</param>
    /// <param name="warmUp">Null for the default.</param>
    /// <param name="measured">Null for the default.</param>
    public static IReadOnlyList<Scenario> All(bool quick, TimeSpan? warmUp, TimeSpan? measured)
    {
        var warm = warmUp ?? TimeSpan.FromSeconds(quick ? 0.5 : 3);
        var span = measured ?? TimeSpan.FromSeconds(quick ? 1 : 5);
        return
        [
            Fanout('A', quick ? 50 : 1_000, 1, 1, "one event at a time"),
            Fanout('B', quick ? 50 : 1_000, 1, 64, "saturated"),
            Fanout('C', quick ? 200 : 10_000, 1, 1, "one event at a time"),
            Fanout('D', quick ? 5 : 10, quick ? 20 : 1_000, quick ? 16 : 64, "round robin"),
            Idle(18_000, 180),
            new TlsScenario(Fanout('A', quick ? 50 : 1_000, 1, 1, "one event at a time"), Idle(5_000, 50)),
            new SlowReadersScenario(quick ? 50 : 1_000, quick ? 100 : 10_000, warm, span, TimeSpan.FromSeconds(quick ? 1 : 12)),
            new NeighboursScenario(10, quick ? 200 : 10_000, warm, span),
        ];

        IdleScenario Idle(int idle, int rooms) =>
            new(quick ? 300 : idle, quick ? 3 : rooms, quick ? 50 : 500, TimeSpan.FromSeconds(quick ? 1 : 5));

        FanoutScenario Fanout(char letter, int listeners, int rooms, int window, string how) => new(letter, listeners, rooms, window, how, warm, span);
    }
}
