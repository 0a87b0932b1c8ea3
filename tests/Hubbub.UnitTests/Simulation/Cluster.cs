using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.TestKit.Simulation;
using Hubbub.Torture.History;

namespace Hubbub.UnitTests.Simulation;

/// <summary>The simulated world's furniture: the nodes, the one store they share, what lies between, and the history that everybody writes.</summary>
internal sealed class Cluster
{
    private readonly StoreRoad _road;
    private readonly FaultyLog _log;
    private readonly FaultyDirectory _directory;
    private readonly FaultyBroker.Exchange _exchange;
    private readonly SimulatedNode[] _nodes;
    private readonly List<Exception> _bugs = [];
    private readonly HashSet<(UserId, RoomId)> _removed = [];
    private readonly Dictionary<string, int> _seen = [];
    private InMemoryStore _store;
    private int _processes;

    public Cluster(Simulator sim, Scenario scenario, Mutation mutation)
    {
        Sim = sim;
        Scenario = scenario;
        Mutation = mutation;
        History = new HistoryRecorder(sim.Time);
        Rooms = [.. Enumerable.Range(1, scenario.Rooms).Select(i => RoomId.Parse($"room{i}"))];
        Relaxed = Rooms.Take(scenario.Relaxed).ToHashSet();
        _store = new InMemoryStore(sim.Time);
        _road = new StoreRoad(sim, scenario.Store);
        _log = new FaultyLog(_road, _store);
        _directory = new FaultyDirectory(_road, _store);
        _exchange = new FaultyBroker.Exchange(sim, scenario.Broker);
        _nodes = new SimulatedNode[scenario.Nodes];
        for (var i = 0; i < _nodes.Length; i++)
            StartNode(i);
    }

    public Simulator Sim { get; }

    public Scenario Scenario { get; }

    public Mutation Mutation { get; }

    public HistoryRecorder History { get; }

    /// <summary>The names of what happened.</summary>
    public Entries Entries { get; } = new();

    public IReadOnlyList<RoomId> Rooms { get; }

    /// <summary>The rooms that were created relaxed. One that was wiped is strong when somebody uses it again.</summary>
    public IReadOnlySet<RoomId> Relaxed { get; }

    /// <summary>How often what was seen; shows that a run was worth checking.</summary>
    public Dictionary<string, int> Seen
    {
        get
        {
            _seen["a store that failed after it had stored"] = _road.UnknownOutcomes;
            _seen["a lost announcement"] = _exchange.Lost;
            return _seen;
        }
    }

    public bool IsHealed { get; private set; }

    /// <summary>How probable it is that an act is done and its answer lost.</summary>
    public double LosesAnswers => IsHealed ? 0 : Scenario.Disconnects;

    /// <summary>Loops that ended, requests that threw: whatever should never happen.</summary>
    public IEnumerable<Exception> Bugs => _bugs.Concat(_nodes.Select(n => n.Bug).OfType<Exception>());

    public void Saw(string what) => _seen[what] = _seen.GetValueOrDefault(what) + 1;

    /// <summary>A node that takes requests, as a balancer would find one; null if all are down.</summary>
    public SimulatedNode? FindNode()
    {
        var up = Array.FindAll(_nodes, n => n.TakesRequests);
        return up.Length == 0 ? null : Sim.Pick(up);
    }

    /// <summary>A process dies and another takes its place a while later.</summary>
    public async Task KillAsync()
    {
        var index = Sim.Random.Next(_nodes.Length);
        if (!_nodes[index].TakesRequests)
            return;
        Saw("a killed process");
        Note(at => new FaultNoted(at, $"{_nodes[index].Actor.Name} is killed"));
        Collect(index);
        _nodes[index].Kill();
        await Sim.Delay(Sim.Between(TimeSpan.Zero, TimeSpan.FromSeconds(3)));
        StartNode(index);
    }

    public async Task StopAsync()
    {
        var index = Sim.Random.Next(_nodes.Length);
        if (!_nodes[index].TakesRequests)
            return;
        Saw("a process stopped in order");
        Note(at => new FaultNoted(at, $"{_nodes[index].Actor.Name} is stopped"));
        await _nodes[index].StopAsync();
        Collect(index);
        StartNode(index);
    }

    public Task FreezeAsync()
    {
        var node = Sim.Pick(_nodes);
        Saw("a frozen process");
        Note(at => new FaultNoted(at, $"{node.Actor.Name} is frozen"));
        node.Actor.Freeze(Sim.Between(TimeSpan.Zero, TimeSpan.FromSeconds(5)));
        return Task.CompletedTask;
    }

    /// <summary>Ends all faults, and brings up whoever is down.</summary>
    public void Heal()
    {
        Note(at => new FaultNoted(at, "everything is healed"));
        IsHealed = true;
        Scenario.Store.Heal();
        Scenario.Broker.Heal();
    }

    public bool IsUp => Array.TrueForAll(_nodes, n => n.TakesRequests);

    public bool IsRemoved(UserId user, RoomId room) => _removed.Contains((user, room));

    public void Removed(UserId user, RoomId room)
    {
        Saw("a removal");
        _removed.Add((user, room));
        Note(at => new MemberRemoved(at, user.Value, room));
    }

    public void Returned(UserId user, RoomId room)
    {
        if (_removed.Remove((user, room)))
            Note(at => new MemberReturned(at, user.Value, room));
    }

    /// <summary>Straight from the store, past all faults.</summary>
    public async Task<Position?> HeadAsync(RoomId room) => (await _store.HeadsAsync([room], default))[0];

    public async Task<Dictionary<RoomId, Position>> HeadsAsync()
    {
        var heads = new Dictionary<RoomId, Position>();
        foreach (var room in Rooms)
        {
            if (await HeadAsync(room) is { } head)
                heads.Add(room, head);
        }

        return heads;
    }

    /// <summary>Somebody is about to ask for the deletion of what stands there.</summary>
    public async Task NoteDeletionAsync(RoomId room, Position message)
    {
        if (await _store.ReadAsync(room, message.Sequence - 1, 1, default) is { Events: [var e] })
            Entries.NoteDeletion(e);
    }

    public Task<List<RoomEvent>> ReadAllAsync(RoomId room) => ReadAllAsync(_store, room);

    /// <summary>All that a client reads, page by page, through a node.</summary>
    public static async Task<List<RoomEvent>> ReadAllAsync(IRoomLog log, RoomId room)
    {
        var events = new List<RoomEvent>();
        while (await log.ReadAsync(room, events.Count, 100, default) is { Events.Count: > 0 } page)
            events.AddRange(page.Events);
        return events;
    }

    /// <summary>The log begins a new life: the same events under new positions, or a backup that lacks the newest ones, or nothing at all.</summary>
    public async Task BeginNewLifeAsync()
    {
        var kind = Sim.Pick(["renewed", "restored", "wiped"]);
        Saw($"a store {kind}");
        Note(at => new FaultNoted(at, $"the store is {kind}"));
        var restored = new InMemoryStore(Sim.Time);
        foreach (var room in Rooms)
        {
            var events = await ReadAllAsync(room);
            if (events.Count == 0)
                continue;
            var kept = kind switch { "renewed" => events.Count, "wiped" => 0, _ => Sim.Random.Next(1, events.Count + 1) };
            var epoch = DrawEpoch();
            await restored.AppendAsync([.. events.Take(kept).Select(e => new Draft(e.Room, e.Sender, e.SentAt, e.Key, e.Content, epoch))], default);
            foreach (var invitation in await _store.InvitationsAsync(room, DateTimeOffset.MinValue, default))
            {
                if (kept > 0)
                    await restored.AddInvitationAsync(invitation, default);
            }

            Note(at => new LifeEnded(at, room, events[0].Position.Epoch, kept > 0 ? epoch : default, kept));
        }

        // A removal may be among what was lost.
        foreach (var (user, room) in _removed.ToArray())
            Returned(user, room);
        _log.Inner = restored;
        _directory.Inner = restored;
        _store = restored;
    }

    private Epoch DrawEpoch() => new((uint)Sim.Random.Next(1, int.MaxValue));

    private void StartNode(int index)
    {
        _nodes[index] = new SimulatedNode(Sim, $"process {++_processes} on node {index + 1}", actor => new NodeParts(
            Mutation.Wrap(_log, Sim), Mutation.Wrap(_directory), Mutation.Wrap(_exchange.Connect(actor)), Scenario.Hub, Scenario.Appender, DrawEpoch,
            node => Mutation.Wrap(new SimulatedShard(Sim, node, Saw))));
        _nodes[index].Start();
    }

    private void Collect(int index)
    {
        if (_nodes[index].Bug is { } bug)
            _bugs.Add(bug);
    }

    private void Note(Func<long, Record> make) => History.Note(make);
}
