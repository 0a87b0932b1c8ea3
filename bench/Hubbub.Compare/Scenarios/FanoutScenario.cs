using Hubbub.Compare.Peers;
using Hubbub.Load;

namespace Hubbub.Compare.Scenarios;

/// <summary>
/// A closed loop over rooms and their listeners. With a window of one post, the next goes out when everybody has the last; with a
/// larger one the server always has work, and may put what is due to a listener into one write.
/// </summary>
internal sealed record FanoutScenario(
    char Letter, int Listeners, int Rooms, int Window, string How, TimeSpan WarmUp, TimeSpan Measured)
    : Scenario(Letter, FormattableString.Invariant(
        $"{(Rooms == 1 ? "one room" : $"{Rooms:#,0} rooms")} × {Listeners:#,0}, {How}{(Window == 1 ? "" : $", {Window} posts on their way")}"))
{
    public override IReadOnlyList<Figure> Columns { get; } =
    [
        Figure.CpuPerDelivery, Figure.SoftInterruptsPerDelivery, Figure.DeliveriesPerCoreSecond, Figure.DeliveriesPerSecond,
        Figure.P50, Figure.P99, Figure.WireBytes, Figure.ServerCore, Figure.GeneratorPerDelivery, Figure.GeneratorCore,
    ];

    /// <summary>A hundred events to everybody in A, and 10 000 posts in D.</summary>
    private long WarmDeliveries => Rooms * Listeners < 1_000 ? 0 : 100_000;

    public override int Connections => Rooms * Listeners + Math.Max(Window, Rooms);

    public override async Task<SortedDictionary<string, double>> RunAsync(
        IPeer peer, string root, Action<string> stage, CancellationToken cancel)
    {
        stage("starting");
        await using var session = await Session.BeginAsync(peer, root, OverTls, Rooms, Window, cancel);
        await session.OpenSenderAsync(cancel);
        stage("opening");
        await session.OpenListenersAsync(Rooms * Listeners, cancel);
        stage("warming up");
        await session.WarmUpAsync(WarmUp, WarmDeliveries, cancel);
        stage("measuring");
        return Figures(await session.PostAsync(Measured, cancel));
    }

    private static SortedDictionary<string, double> Figures(Span span)
    {
        if (span.Deliveries == 0)
            throw new BenchmarkFailure("Nothing was delivered in the measured time.");
        return new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            [Figure.CpuPerDelivery.Name] = span.CpuPerDelivery,
            [Figure.ProcessPerDelivery.Name] = span.PerDelivery(span.Cpu.Server),
            [Figure.SoftInterruptsPerDelivery.Name] = span.PerDelivery(span.Cpu.SoftInterrupts),
            [Figure.GeneratorPerDelivery.Name] = span.PerDelivery(span.Cpu.Generator),
            [Figure.DeliveriesPerCoreSecond.Name] = span.Deliveries / (span.Cpu.Server + span.Cpu.SoftInterrupts),
            [Figure.DeliveriesPerSecond.Name] = span.Rate,
            [Figure.Posts.Name] = span.Posts,
            [Figure.P50.Name] = span.Latency.Percentile(50) / 1e6,
            [Figure.P99.Name] = span.Latency.Percentile(99) / 1e6,
            [Figure.WireBytes.Name] = (double)span.WireBytes / span.Deliveries,
            [Figure.Generator.Name] = 100 * span.Cpu.Generator / span.Cpu.Wall,
            [Figure.GeneratorCore.Name] = 100 * span.Cpu.GeneratorCore / span.Cpu.Wall,
            [Figure.ServerCore.Name] = 100 * span.Cpu.ServerCore / span.Cpu.Wall,
        };
    }
}
