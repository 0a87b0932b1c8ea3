using Hubbub.Core.Hub;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.TestKit.Simulation;
using Hubbub.Torture.History;

namespace Hubbub.UnitTests.Simulation;

/// <summary>What one seed showed.</summary>
/// <param name="Seed">Which.</param>
/// <param name="History">What everybody saw.</param>
/// <param name="Findings">The anomalies in it.</param>
/// <param name="IsPrompt">Whether, with everything healed, nobody waited for anything, and the last messages came at once, not by some later sweep.</param>
/// <param name="Seen">How often what was met.</param>
/// <param name="Steps">How long it was, in steps.</param>
/// <param name="VirtualTime">How long it was, by its own clock.</param>
internal sealed record RunResult(
    int Seed, RunHistory History, IReadOnlyList<Finding> Findings, bool IsPrompt, IReadOnlyDictionary<string, int> Seen, int Steps, TimeSpan VirtualTime)
{
    public bool IsGood => Findings.Count == 0 && IsPrompt;

    public override string ToString() =>
        IsPrompt ? string.Join(Environment.NewLine, Findings.Take(5)) : $"The last messages came late.{Environment.NewLine}{string.Join(Environment.NewLine, Findings.Take(5))}";
}

/// <summary>
/// One run from its seed: a cluster is set up, posts and faults go on together for some virtual seconds, everything is healed, one last message per room fences off what may
/// still be under way, and when nobody misses anything any more (or patience ends) the rooms are read once more and the history is judged.
/// </summary>
internal sealed class SimulatedRun
{
    private static readonly TimeSpan RemovalGrace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Half of the shortest time between two sweeps: what comes later than that was found, not delivered.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(500);

    private readonly Simulator _sim;
    private readonly Cluster _cluster;
    private readonly List<Listener> _listeners = [];
    private readonly List<Poster> _posters = [];
    private readonly HashSet<Listener> _everRemoved = [];
    private readonly Owner _owner;
    private readonly CheckOptions _options;
    private readonly Poster _fences;
    private readonly Dictionary<UserId, Caller> _callers = [];
    private bool _isPrompt;

    private SimulatedRun(Simulator sim, Mutation mutation)
    {
        _sim = sim;
        var drawn = Scenario.Draw(sim);
        var scenario = mutation.Change(drawn);
        _cluster = new Cluster(sim, scenario, mutation);
        _options = new CheckOptions { RemovalGrace = RemovalGrace, MaxReplay = drawn.Hub.MaxReplay, Relaxed = _cluster.Relaxed };
        _owner = new Owner(_cluster, CallerOf("owner"));
        _fences = new Poster(_cluster, CallerOf("owner"));
        for (var i = 1; i <= scenario.Posters; i++)
            _posters.Add(new Poster(_cluster, CallerOf($"poster{i}")));
        for (var i = 1; i <= scenario.Listeners; i++)
            _listeners.Add(new Listener(_cluster, CallerOf($"listener{i}"), _cluster.Rooms.Where(_ => sim.Chance(0.7))));
    }

    public static RunResult Play(int seed, Mutation? mutation = null)
    {
        var sim = new Simulator(seed);
        SimulatedRun? run = null;
        sim.Run(async () =>
        {
            run = new SimulatedRun(sim, mutation ?? new Mutation());
            await run.TellAsync();
        });
        return run!.Judge();
    }

    private async Task TellAsync()
    {
        await _owner.CreateRoomsAsync([.. _callers.Values]);
        foreach (var listener in _listeners)
            listener.Start(_sim.Chance(0.5) ? TimeSpan.Zero : _sim.Between(TimeSpan.Zero, _cluster.Scenario.Duration));
        foreach (var poster in _posters)
            poster.Start(_cluster.Scenario.PostsEach);

        var end = _sim.Time.GetUtcNow() + _cluster.Scenario.Duration;
        Repeat(_cluster.Scenario.Kills, _cluster.KillAsync);
        Repeat(_cluster.Scenario.Stops, _cluster.StopAsync);
        Repeat(_cluster.Scenario.Freezes, _cluster.FreezeAsync);
        Repeat(_cluster.Scenario.Removals, RemoveSomebodyAsync);
        Repeat(_cluster.Scenario.NewLives, _cluster.BeginNewLifeAsync);
        Repeat(10, ReadAPageAsync);
        while (_sim.Time.GetUtcNow() < end)
            await _sim.Delay(TimeSpan.FromMilliseconds(200));

        _cluster.Heal();
        while (!_cluster.IsUp || !_posters.TrueForAll(p => p.IsDone))
            await _sim.Delay(TimeSpan.FromMilliseconds(200));
        await EndAsync();
    }

    private async Task EndAsync()
    {
        await _sim.Delay(RemovalGrace + TimeSpan.FromSeconds(2));

        // Before any further event rings a bell, nobody may wait for anything.
        var quiet = await _cluster.HeadsAsync();
        var hadAll = _listeners.TrueForAll(l => l.HasAll(quiet));
        foreach (var room in _cluster.Rooms)
            await _fences.PostSurelyAsync(room);

        var began = _sim.Time.GetUtcNow();
        var heads = await _cluster.HeadsAsync();
        while (!_listeners.TrueForAll(l => l.HasAll(heads)) && _sim.Time.GetUtcNow() - began < Patience)
            await _sim.Delay(TimeSpan.FromMilliseconds(100));
        _isPrompt = hadAll && _sim.Time.GetUtcNow() - began <= AtOnce;

        // Whoever should not hear the fence has had time to hear it.
        await _sim.Delay(TimeSpan.FromSeconds(1));
        foreach (var room in heads.Keys)
        {
            Note(FinalSource.Store, room, await _cluster.ReadAllAsync(room));
            var node = _cluster.FindNode()!;
            Note(FinalSource.Client, room, await node.AskAsync(n => Cluster.ReadAllAsync(n.Log, room), 0));
        }
    }

    private RunResult Judge()
    {
        var history = _cluster.History.Finish();
        var findings = new List<Finding>(HistoryChecker.Check(history, _options));
        if (_cluster.Bugs.FirstOrDefault() is { } bug)
            throw new InvalidOperationException($"Seed {_sim.Seed}: a loop of a node ended: {bug}", bug);
        return new RunResult(_sim.Seed, history, findings, _isPrompt, _cluster.Seen, _sim.Steps, TimeSpan.FromTicks(_sim.Time.GetTimestamp()));
    }

    private void Note(FinalSource source, RoomId room, List<RoomEvent> events) =>
        _cluster.History.Note(at => new FinalLog(at, room, source, [.. events.Select(_cluster.Entries.Of)]));

    private async Task RemoveSomebodyAsync()
    {
        var listener = _sim.Pick(_listeners);
        if (!_everRemoved.Add(listener))
            return;
        var room = listener.Rooms.FirstOrDefault();
        if (room == default || !await _owner.RemoveAsync(listener.User, room))
            return;
        if (_sim.Chance(0.5))
            return;
        await _sim.Delay(_sim.Between(TimeSpan.Zero, TimeSpan.FromSeconds(3)));
        if (_cluster.IsRemoved(listener.User, room) && await _owner.TakeBackAsync(_callers[listener.User], room))
        {
            _cluster.Saw("a return");
            listener.ComeBack(room);
        }
    }

    private async Task ReadAPageAsync()
    {
        var (room, limit) = (_sim.Pick(_cluster.Rooms), _sim.Random.Next(1, 30));
        if (_cluster.FindNode() is not { } node || await _cluster.HeadAsync(room) is not { } head)
            return;
        var after = _sim.Random.NextInt64(head.Sequence + 1);
        var invoked = _cluster.History.Now;
        try
        {
            var page = await node.AskAsync(n => n.Log.ReadAsync(room, after, limit, default).AsTask(), _cluster.LosesAnswers);
            if (page is null)
                return;
            var upTo = page.Events.Count < limit ? long.MaxValue : page.Events[^1].Sequence;
            _cluster.History.Note(at => new PageRead(at, invoked, $"reader on {room}", room, page.Head.Epoch, after, upTo, [.. page.Events.Select(_cluster.Entries.Of)]));
        }
        catch (Exception e) when (e is ConnectionLostException or Core.Log.StoreException)
        {
            // Not read, then.
        }
    }

    /// <summary>Does something so many times, each at some moment of the run.</summary>
    private void Repeat(int times, Func<Task> act)
    {
        for (var i = 0; i < times; i++)
            _sim.NewActor("chance").After(_sim.Between(TimeSpan.Zero, _cluster.Scenario.Duration), async () => await act());
    }

    private Caller CallerOf(string name)
    {
        var user = new User(UserId.Parse(name), name);
        if (!_callers.TryGetValue(user.Id, out var caller))
            _callers.Add(user.Id, caller = new Caller(user, DateTimeOffset.MaxValue));
        return caller;
    }
}
