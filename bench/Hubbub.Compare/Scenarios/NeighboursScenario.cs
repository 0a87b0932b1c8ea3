using Hubbub.Compare.Listening;
using Hubbub.Compare.Peers;
using Hubbub.Load;

namespace Hubbub.Compare.Scenarios;

/// <summary>
/// A small room beside a large one: how long its messages take while the large one is silent, and while it is posted to. Both are posted to at a fixed pace, on connections of their own, whatever the
/// server does meanwhile; so a post that queues behind a fan-out shows, as does a listener that waits for the large room's rest.
/// </summary>
internal sealed record NeighboursScenario(int Small, int Large, TimeSpan WarmUp, TimeSpan Measured)
    : Scenario('H', FormattableString.Invariant($"one room × {Small:#,0} beside one × {Large:#,0}"))
{
    private const int SmallRoom = 0;
    private const int LargeRoom = 1;

    /// <summary>Ten seconds of the small room's pace: so many of its posts may be on their way, and no more before the run has failed.</summary>
    private const int Window = 2 * 1024;

    private static readonly TimeSpan s_smallPace = TimeSpan.FromMilliseconds(10);

    /// <summary>20 000 deliveries a second, to 10 000: some half of what the slowest server does.</summary>
    private static readonly TimeSpan s_largePace = TimeSpan.FromMilliseconds(500);

    public override IReadOnlyList<Figure> Columns { get; } =
    [
        Figure.SmallAloneP50, Figure.SmallAloneP99, Figure.SmallBesideP50, Figure.SmallBesideP99, Figure.SmallBesideMax, Figure.LargePosts, Figure.ServerCore, Figure.GeneratorCore,
    ];

    public override int Connections => Small + Large + 4;

    public override async Task<SortedDictionary<string, double>> RunAsync(
        IPeer peer, string root, Action<string> stage, CancellationToken cancel)
    {
        stage("opening");
        await using var session = await Session.BeginAsync(peer, root, OverTls, 2, Window, cancel);
        var small = await session.OpenPaceAsync(SmallRoom, s_smallPace, cancel);
        var large = await session.OpenPaceAsync(LargeRoom, s_largePace, cancel);
        var (smallRoom, largeRoom) = (session.Audience.Rooms[SmallRoom], session.Audience.Rooms[LargeRoom]);
        await session.OpenListenersAsync(Small, _ => smallRoom, areAwaited: true, cancel);
        var crowd = await session.OpenListenersAsync(Large, _ => largeRoom, areAwaited: false, cancel);
        stage("warming up");
        await session.PaceAsync([small, large], WarmUp, cancel);
        stage("measuring the small room alone");
        var alone = await session.PaceAsync([small], Measured, cancel);
        stage("measuring both");
        var posted = largeRoom.Posted;
        var both = await session.PaceAsync([small, large], Measured, cancel);
        stage("checking");
        await session.AwaitAsync(() => crowd.TrueForAll(listener => listener.Ended is not null || listener.Heard == largeRoom.Posted), cancel);
        if (crowd.Exists(listener => listener.Ended is not null || listener.Missed > 0))
            throw new BenchmarkFailure("Not every listener of the large room heard everything.");
        if (alone.Deliveries == 0 || both.Deliveries == 0)
            throw new BenchmarkFailure("Nothing was delivered in the measured time.");
        return new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            [Figure.SmallAloneP50.Name] = alone.Latency.Percentile(50) / 1e6,
            [Figure.SmallAloneP99.Name] = alone.Latency.Percentile(99) / 1e6,
            [Figure.SmallBesideP50.Name] = both.Latency.Percentile(50) / 1e6,
            [Figure.SmallBesideP99.Name] = both.Latency.Percentile(99) / 1e6,
            [Figure.SmallBesideMax.Name] = both.Latency.Percentile(100) / 1e6,
            [Figure.LargePosts.Name] = largeRoom.Posted - posted,
            [Figure.ServerCore.Name] = 100 * both.Cpu.ServerCore / both.Cpu.Wall,
            [Figure.GeneratorCore.Name] = 100 * both.Cpu.GeneratorCore / both.Cpu.Wall,
        };
    }
}
