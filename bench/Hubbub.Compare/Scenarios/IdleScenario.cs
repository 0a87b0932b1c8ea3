using Hubbub.Compare.Peers;
using Hubbub.Load;

namespace Hubbub.Compare.Scenarios;

/// <summary>
/// What a joined connection that hears nothing costs in memory. The server is warmed by connections that come, hear messages and go
/// again, so that what it needs once is not charged to the idle. Afterwards one message in each room proves that all were there.
/// </summary>
internal sealed record IdleScenario(int Idle, int Rooms, int WarmedBy, TimeSpan Settle)
    : Scenario('E', FormattableString.Invariant($"{Idle:#,0} idle connections in {Rooms:#,0} rooms"))
{
    private static readonly TimeSpan s_afterwards = TimeSpan.FromSeconds(30);

    public override IReadOnlyList<Figure> Columns { get; } = [Figure.BytesPerConnection, Figure.WarmMemory, Figure.Connections];

    public override int Connections => Idle + Rooms;

    public override async Task<SortedDictionary<string, double>> RunAsync(
        IPeer peer, string root, Action<string> stage, CancellationToken cancel)
    {
        stage("warming up");
        await using var session = await Session.BeginAsync(peer, root, OverTls, Rooms, Rooms, cancel);
        await session.OpenSenderAsync(cancel);
        await WarmAsync(session, cancel);
        var before = session.Server.Tree.MemoryBytes();
        stage("opening");
        await session.OpenListenersAsync(Idle, cancel);
        stage("idle");
        await session.Loop.WaitAsync(Task.Delay(Settle, cancel));
        var after = session.Server.Tree.MemoryBytes();
        stage("checking");
        await CheckAsync(session, cancel);
        return new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            [Figure.BytesPerConnection.Name] = (double)(after - before) / Idle,
            [Figure.WarmMemory.Name] = before / 1e6,
            [Figure.Connections.Name] = Idle,
        };
    }

    private async Task WarmAsync(Session session, CancellationToken cancel)
    {
        var listeners = await session.OpenListenersAsync(WarmedBy, cancel);
        await session.PostAsync(TimeSpan.FromSeconds(1), cancel);
        await session.Loop.AskAsync(() =>
        {
            foreach (var listener in listeners)
            {
                listener.Shut();
                listener.Room.Awaited--;
            }
            return true;
        });
        await session.Loop.WaitAsync(Task.Delay(Settle, cancel));
    }

    private async Task CheckAsync(Session session, CancellationToken cancel)
    {
        var known = session.Audience.Completed;
        session.Audience.MaxPosts = session.Audience.Posted + Rooms;
        var check = await session.PostAsync(s_afterwards, cancel);
        if (check.Deliveries != Idle || session.Audience.Completed - known != Rooms)
            throw new BenchmarkFailure($"Only {check.Deliveries} of {Idle} connections were still there at the end.");
    }
}
