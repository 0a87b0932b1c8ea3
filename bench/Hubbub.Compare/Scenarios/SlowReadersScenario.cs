using Hubbub.Compare.Peers;
using Hubbub.Load;

namespace Hubbub.Compare.Scenarios;

/// <summary>
/// Listeners that stop reading, in the room of others that do not: what they cost the others and the server, and whether they get
/// everything once they read on.
/// </summary>
internal sealed record SlowReadersScenario(int Fast, int Slow, TimeSpan WarmUp, TimeSpan Measured, TimeSpan Asleep)
    : Scenario('G', FormattableString.Invariant($"{Slow:#,0} slow readers among {Fast:#,0} fast ones"))
{
    private const int Window = 64;

    /// <summary>Some 100 KB and more for each: about what the kernel takes for one that does not read.</summary>
    private const int PostsToFill = 600;

    /// <summary>
    /// Posts when the slow take nothing more: enough for over a second of the quickest, in which a pause of either side counts for what it is. Waking up,
    /// the slow are told a hundred million messages then.
    /// </summary>
    private const int Posts = 10_000;

    /// <summary>The window is closed later than that of A: what the first seconds compile must not count as the fast ones' own rate.</summary>
    private const long WarmDeliveries = 5_000_000;

    /// <summary>A server that keeps everything for everybody would need far more; this much makes the point.</summary>
    private const long MaxGrowth = 4L * 1024 * 1024 * 1024;

    private static readonly TimeSpan s_maxTime = TimeSpan.FromSeconds(30);

    public override IReadOnlyList<Figure> Columns { get; } =
    [
        Figure.FastAlone, Figure.FastWithSlow, Figure.CpuPerFastAlone, Figure.CpuPerFastWithSlow, Figure.MemoryGrowth, Figure.PostsToSlow,
        Figure.SlowReaders, Figure.SlowCutOff, Figure.SlowComplete, Figure.SlowMissed,
    ];

    public override int Connections => Fast + Slow + 1;

    public override async Task<SortedDictionary<string, double>> RunAsync(
        IPeer peer, string root, Action<string> stage, CancellationToken cancel)
    {
        stage("warming up");
        await using var session = await Session.BeginAsync(peer, root, OverTls, 1, Window, cancel);
        await session.OpenSenderAsync(cancel);
        await session.OpenListenersAsync(Fast, cancel);
        await session.WarmUpAsync(WarmUp, WarmDeliveries, cancel);
        stage("measuring the fast alone");
        var alone = await session.PostAsync(Measured, cancel);

        stage("opening the slow");
        var sleepers = await Sleepers.OpenAsync(session, peer.Dialect, Slow, cancel);
        await sleepers.FallAsleepAsync();
        var before = session.Server.Tree.ResidentBytes();
        var asleepUntil = Environment.TickCount64 + (long)Asleep.TotalMilliseconds;
        var posted = session.Audience.Posted;
        var growth = 0L;
        var together = await PostToBothAsync(session, stage, HasGrownTooMuch, cancel);
        _ = HasGrownTooMuch();
        stage("letting the slow sleep");
        await session.Loop.WaitAsync(Task.Delay(TimeSpan.FromMilliseconds(Math.Max(0, asleepUntil - Environment.TickCount64)), cancel));
        stage("waking the slow");
        await sleepers.WakeAsync(cancel);
        if (!session.Audience.Findings.None)
            throw new BenchmarkFailure(session.Audience.Findings.Summary);
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            [Figure.FastAlone.Name] = alone.Rate,
            [Figure.FastWithSlow.Name] = together?.Rate ?? 0,
            [Figure.CpuPerFastAlone.Name] = alone.CpuPerDelivery,
            [Figure.MemoryGrowth.Name] = growth / 1e6,
            [Figure.PostsToSlow.Name] = session.Audience.Posted - posted,
            [Figure.SlowReaders.Name] = Slow,
            [Figure.SlowComplete.Name] = sleepers.Complete,
            [Figure.SlowCutOff.Name] = sleepers.CutOff,
            [Figure.SlowMissed.Name] = sleepers.Missed,
        };
        if (together is not null)
            figures.Add(Figure.CpuPerFastWithSlow.Name, together.CpuPerDelivery);
        return figures;

        bool HasGrownTooMuch()
        {
            growth = Math.Max(growth, session.Server.Tree.ResidentBytes() - before);
            return growth > MaxGrowth;
        }
    }

    /// <summary>Null if those who do not read stop the others: that is a result, and 0 is its rate.</summary>
    private static async Task<Span?> PostToBothAsync(Session session, Action<string> stage, Func<bool> enough, CancellationToken cancel)
    {
        try
        {
            stage("filling what the kernel holds for the slow");
            session.Audience.MaxPosts = session.Audience.Posted + PostsToFill;
            await session.PostAsync(s_maxTime, cancel, enough);
            stage("measuring both");
            session.Audience.MaxPosts = session.Audience.Posted + Posts;
            return await session.PostAsync(s_maxTime, cancel, enough);
        }
        catch (Stall)
        {
            session.Loop.Post(session.Audience.EndPosting);
            return null;
        }
    }
}
