using System.Text.Json;
using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.TestKit.Simulation;
using Hubbub.UnitTests.Simulation;

namespace Hubbub.UnitTests;

/// <summary>
/// One node of the production core over a store in memory, for tests of its parts: on the simulator's thread and clock, so that nothing is ever waited for in real time and
/// "a moment later" is exact.
/// </summary>
internal sealed class OneNode
{
    public static readonly RoomId Room = RoomId.Parse("room");

    private OneNode(Simulator sim, InMemoryStore store, SimulatedNode node, LateBroker broker, IBroker elsewhere)
    {
        Sim = sim;
        Store = store;
        Node = node;
        Broker = broker;
        Elsewhere = elsewhere;
    }

    public Simulator Sim { get; }

    public InMemoryStore Store { get; }

    public SimulatedNode Node { get; }

    /// <summary>The node's end of the broker.</summary>
    public LateBroker Broker { get; }

    /// <summary>Another node's end.</summary>
    public IBroker Elsewhere { get; }

    public Hub Hub => Node.Hub;

    /// <summary>Runs a story on the node's own actor, with its loops running.</summary>
    public static void Run(Func<OneNode, Task> story, Setup? setup = null)
    {
        var sim = new Simulator(seed: 1);
        var given = setup ?? new Setup();
        sim.Run(async () =>
        {
            var store = new InMemoryStore(sim.Time);
            var exchange = new InMemoryBroker.Exchange();
            var broker = new LateBroker(exchange.Connect());
            var epochs = 0u;
            var node = new SimulatedNode(sim, "the node", _ => new NodeParts(
                given.Log(store), given.Directory(store), broker, given.Hub, given.Appender, () => new Epoch(++epochs),
                made => new SimulatedShard(sim, made, _ => { })));
            if (given.IsRunning)
                node.Start();
            await node.Actor.Call(async () =>
            {
                await story(new OneNode(sim, store, node, broker, exchange.Connect()));
                return true;
            });
            if (node.Bug is { } bug)
                throw new InvalidOperationException("A loop of the node ended.", bug);
        });
    }

    public static Caller Caller(string name, RoomGrants? grants = null) => new(User(name), DateTimeOffset.MaxValue, grants);

    public static User User(string name) => new(UserId.Parse(name), name);

    /// <summary>Long enough for everything that is under way to arrive, sweeps and patience included.</summary>
    public Task QuietAsync() => Sim.Delay(TimeSpan.FromSeconds(30));

    public async Task CreateAsync(RoomId room, Visibility visibility = Visibility.Public, Consistency consistency = Consistency.Strong) =>
        Expect(await Node.Rooms.CreateAsync(Caller("owner"), room, null, visibility, consistency, default));

    public async Task<Position> PostAsync(string text, string user = "owner", string? key = null) =>
        Expect(await Node.Conversation.PostAsync(Caller(user), Room, new NewMessage(text, key), default)).Event.Position;

    /// <summary>Writes past the node: what another node would have committed.</summary>
    public async Task<RoomEvent> CommitElsewhereAsync(EventContent content, string user = "owner") =>
        (await Store.AppendAsync([new Draft(Room, User(user), Sim.Time.GetUtcNow(), null, content)], default))[0].Event!;

    public Feed OpenFeed(string user = "reader")
    {
        var feed = Hub.OpenFeed();
        feed.Identify(User(user));
        return feed;
    }

    public async Task<Feed> ListenAsync(StartAt start, string user = "reader")
    {
        var feed = OpenFeed(user);
        if (await Node.Rooms.ListenAsync(feed, Caller(user), Room, start, default, default) is { } refusal)
            throw new InvalidOperationException(refusal.Message);
        return feed;
    }

    public static T Expect<T>(Outcome<T> outcome)
        where T : class => outcome.Is(out var value, out var refusal) ? value : throw new InvalidOperationException(refusal.Message);

    public static Refusal ExpectRefusal<T>(Outcome<T> outcome)
        where T : class => outcome.Is(out _, out var refusal) ? throw new InvalidOperationException("That should have been refused.") : refusal;

    /// <summary>What the node is made of, where a test wants it otherwise.</summary>
    public sealed record Setup
    {
        public HubOptions Hub { get; init; } = new();

        public AppenderOptions Appender { get; init; } = new();

        public Func<InMemoryStore, IRoomLog> Log { get; init; } = store => store;

        public Func<InMemoryStore, IRoomDirectory> Directory { get; init; } = store => store;

        /// <summary>False for tests that turn the loops by hand.</summary>
        public bool IsRunning { get; init; } = true;
    }
}

/// <summary>A broker whose subscriptions take effect when the test says so.</summary>
internal sealed class LateBroker(IBroker inner) : BrokerAround(inner)
{
    private Action<IReadOnlyList<RoomId>>? _subscribed;

    public override event Action<IReadOnlyList<RoomId>>? Subscribed
    {
        add => _subscribed += value;
        remove => _subscribed -= value;
    }

    public void TellSubscribed(IReadOnlyList<RoomId> rooms) => _subscribed?.Invoke(rooms);
}

/// <summary>A sink that keeps what it is given, up to a number of frames.</summary>
internal sealed class ListSink(int capacity = int.MaxValue) : IFrameSink
{
    public List<Frame> Frames { get; } = [];

    public bool IsFull => Frames.Count >= capacity;

    public void Write(Frame frame, Subscription? subscription) => Frames.Add(frame);

    /// <summary>
    /// Each frame in a word: <c>joined</c>, <c>gap</c>, <c>left</c>, <c>typing</c>, <c>skipped</c> with its count, or the event's sequence. Presence comes by the clock, between all others, and is left
    /// out: it has its own tests.
    /// </summary>
    public string[] Words => [.. Frames.Select(WordOf).Where(w => w != "presence")];

    public static string WordOf(Frame frame)
    {
        if (frame.Event is { } e)
            return $"{e.Sequence}";
        using var json = JsonDocument.Parse(frame.Json);
        if (frame.IsSkip)
            return $"skipped {json.RootElement.GetProperty("payload").GetProperty("count").GetInt64()}";
        return json.RootElement.GetProperty("type").GetString()!;
    }

    /// <summary>Everything there is, taken in one round.</summary>
    public static async Task<string[]> AllOfAsync(Feed feed)
    {
        var sink = new ListSink();
        await feed.FillAsync(sink, default);
        return sink.Words;
    }
}
