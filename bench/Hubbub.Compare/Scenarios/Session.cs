using Hubbub.Compare.Listening;
using Hubbub.Compare.Peers;
using Hubbub.Compare.Servers;
using Hubbub.Load;
using Hubbub.Load.Loop;

namespace Hubbub.Compare.Scenarios;

/// <summary>A fresh server, the generator's loop and the rooms on it, for one run of one scenario.</summary>
internal sealed class Session : IAsyncDisposable
{
    /// <summary>
    /// The generator reads what came in so long together. It costs every server the same delay, and saves both sides a wake-up for
    /// each delivery, which clients on other machines would not cost the server either.
    /// </summary>
    private static readonly TimeSpan s_rest = TimeSpan.FromMicroseconds(100);

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_moreWarmUp = TimeSpan.FromSeconds(0.5);
    private static readonly long s_maxWarmUp = Clock.Milliseconds(15_000);
    private static readonly long s_patience = Clock.Milliseconds(10_000);
    private static readonly SoftInterrupts s_softInterrupts = new(Cores.Server);

    private readonly IPeer _peer;
    private readonly int _window;

    private Session(IPeer peer, RunningServer server, int rooms, int window)
    {
        _peer = peer;
        _window = window;
        Server = server;
        Loop = new EventLoop("generator", s_rest);
        Audience = new Audience(Loop, rooms, window);
    }

    public RunningServer Server { get; }

    public EventLoop Loop { get; }

    public Audience Audience { get; }

    public static async Task<Session> BeginAsync(IPeer peer, string root, bool overTls, int rooms, int window, CancellationToken cancel)
    {
        var session = new Session(peer, await RunningServer.StartAsync(peer, root, overTls, cancel), rooms, window);
        session.Loop.Start();
        return session;
    }

    public async Task OpenSenderAsync(CancellationToken cancel)
    {
        var server = Server.Target;
        ISender sender = _peer.PostsOverHttp
            ? await HttpSender.OpenAsync(Loop, server, _window, Audience, cancel)
            : await SocketSender.OpenAsync(Loop, server, _peer.Dialect, Audience, cancel);
        await Loop.AskAsync(() => Audience.Sender = sender);
    }

    /// <summary>A poster of one room, with connections of its own.</summary>
    public async Task<Pace> OpenPaceAsync(int room, TimeSpan interval, CancellationToken cancel)
    {
        var sender = await SocketSender.OpenAsync(Loop, Server.Target, _peer.Dialect, Audience, cancel);
        return await Loop.AskAsync(() => new Pace(Loop, Audience, sender, room, interval));
    }

    /// <summary>Opens so many listeners and spreads them evenly over the rooms.</summary>
    public Task<List<Listener>> OpenListenersAsync(int count, CancellationToken cancel) =>
        OpenListenersAsync(count, index => Audience.Rooms[index % Audience.Rooms.Count], areAwaited: true, cancel);

    /// <summary>Opens so many listeners, each where it is placed.</summary>
    public async Task<List<Listener>> OpenListenersAsync(int count, Func<int, Room> place, bool areAwaited, CancellationToken cancel)
    {
        var listeners = new List<Listener>(count);
        await Ramp.OpenAsync(Loop, Server.Target, count, index =>
        {
            var room = place(index);
            if (areAwaited)
                room.Awaited++;
            var listener = new Listener(Loop, Server.Target, _peer.Dialect, Audience, room) { IsAwaited = areAwaited };
            listeners.Add(listener);
            return listener;
        }, () => { }, cancel);
        return listeners;
    }

    /// <summary>
    /// Lets the closed loop turn for so long, or until <paramref name="enough"/>, and then until everything is delivered. Fails with
    /// a <see cref="Stall"/> when nothing is delivered for 10 s, and when anything was delivered wrongly.
    /// </summary>
    public Task<Span> PostAsync(TimeSpan time, CancellationToken cancel, Func<bool>? enough = null) =>
        MeasureAsync(Audience.BeginPosting, Audience.EndPosting, time, enough, cancel);

    /// <summary>Posts at fixed paces for so long, and waits until everything awaited is delivered; fails as <see cref="PostAsync"/> does.</summary>
    public Task<Span> PaceAsync(IReadOnlyList<Pace> paces, TimeSpan time, CancellationToken cancel) => MeasureAsync(
        () =>
        {
            foreach (var pace in paces)
                pace.Begin();
        },
        () =>
        {
            foreach (var pace in paces)
                pace.End();
        },
        time, enough: null, cancel);

    /// <summary>Waits until something holds on the loop; fails with a <see cref="Stall"/> after 10 s.</summary>
    public async Task AwaitAsync(Func<bool> condition, CancellationToken cancel)
    {
        var began = Clock.Now;
        while (!await Loop.AskAsync(condition))
            await LookAsync(began, cancel);
    }

    private async Task<Span> MeasureAsync(Action begin, Action end, TimeSpan time, Func<bool>? enough, CancellationToken cancel)
    {
        await Loop.AskAsync(Audience.TakeLatency);
        var deliveries = Audience.Deliveries;
        var posts = Audience.Completed;
        var bytes = Audience.WireBytes;
        var account = CpuAccount.Begin(Server.Tree, s_softInterrupts);
        var began = Clock.Now;
        var until = began + Clock.Of(time);
        Loop.Post(begin);
        while (Clock.Now < until && !(enough?.Invoke() ?? false) && Audience.Posted < Audience.MaxPosts)
            await LookAsync(began, cancel);
        Loop.Post(end);
        while (!await Loop.AskAsync(() => Audience.IsQuiet))
            await LookAsync(began, cancel);
        var cpu = account.Finish();
        if (!Audience.Findings.None)
            throw new BenchmarkFailure(Audience.Findings.Summary);
        // The last look may be 20 ms after the last delivery, in which nothing happened: the wall ends with the delivery.
        return new Span(
            Clock.Seconds(Audience.LastDelivery - began), cpu, Audience.Deliveries - deliveries, Audience.Completed - posts,
            Audience.WireBytes - bytes, await Loop.AskAsync(Audience.TakeLatency));
    }

    /// <summary>
    /// Posts for so long, and on until so much was delivered that what is compiled on the way is compiled; no more than 15 s.
    /// </summary>
    public async Task WarmUpAsync(TimeSpan time, long deliveries, CancellationToken cancel)
    {
        var latest = Clock.Now + s_maxWarmUp;
        await PostAsync(time, cancel);
        while (Audience.Deliveries < deliveries && Clock.Now < latest)
            await PostAsync(s_moreWarmUp, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await Loop.DisposeAsync();
        await Server.DisposeAsync();
    }

    private async Task LookAsync(long began, CancellationToken cancel)
    {
        await Loop.WaitAsync(Task.Delay(s_look, cancel));
        if (Server.HasExited)
            throw new BenchmarkFailure($"The server ended by itself: {Server.LastWords}");
        if (Clock.Now - Math.Max(began, Audience.LastDelivery) > s_patience)
        {
            throw new Stall(
                $"Nothing was delivered for 10 s; {Audience.Posted - Audience.Completed} of {Audience.Posted} posts had not reached everybody"
                + (Audience.Findings.None ? "." : $": {Audience.Findings.Summary}"));
        }
    }
}
