using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.TestKit.Simulation;
using Hubbub.UnitTests.Simulation;
using Xunit;

namespace Hubbub.UnitTests.Presence;

/// <summary>Whatever the broker does and whichever nodes die: after quiet, every node says that those are here who are subscribed anywhere.</summary>
public sealed class PresenceOfManyNodesTests
{
    private const int Nodes = 3;
    private const int Steps = 60;
    private static readonly RoomId[] Rooms = [RoomId.Parse("attic"), RoomId.Parse("lobby")];

    /// <summary>A dead node's lease, or the slowest repeat and its way.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(45);

    [Fact]
    public void After_quiet_presence_at_every_node_is_who_is_subscribed_anywhere()
    {
        for (var seed = 1; seed <= 150; seed++)
        {
            var world = new World(seed);
            world.Sim.Run(world.PlayAsync);
        }
    }

    private sealed class World
    {
        private readonly FaultyBroker.Exchange _exchange;
        private readonly BrokerFaults _faults = new() { Loses = 0.3, Repeats = 0.2, Late = 0.2 };
        private readonly InMemoryStore _store;
        private readonly SimulatedNode[] _nodes = new SimulatedNode[Nodes];
        private readonly List<(SimulatedNode Node, Feed Feed, User User, RoomId Room)> _readers = [];
        private int _processes;

        public World(int seed)
        {
            Sim = new Simulator(seed);
            _store = new InMemoryStore(Sim.Time);
            _exchange = new FaultyBroker.Exchange(Sim, _faults);
        }

        public Simulator Sim { get; }

        public async Task PlayAsync()
        {
            for (var i = 0; i < Nodes; i++)
                Start(i);
            foreach (var room in Rooms)
                await Ask(_nodes[0], n => n.Rooms.CreateAsync(OneNode.Caller("owner"), room, null, Visibility.Public, Consistency.Strong, default).AsTask());
            for (var step = 0; step < Steps; step++)
            {
                await Sim.Delay(Sim.Between(TimeSpan.Zero, TimeSpan.FromSeconds(2)));
                await StepAsync();
            }

            _faults.Heal();
            await Sim.Delay(Quiet);
            Assert.All(_nodes, node => Assert.Null(node.Bug));
            foreach (var room in Rooms)
            {
                var subscribed = _readers.Where(r => r.Room == room).Select(r => r.User.Name).Distinct().Order(StringComparer.Ordinal).ToArray();
                foreach (var node in _nodes)
                    Assert.Equal((Sim.Seed, room.Value, string.Join(' ', subscribed)), (Sim.Seed, room.Value, await LookAsync(node, room)));
            }
        }

        private async Task StepAsync()
        {
            switch (Sim.Random.Next(20))
            {
                case 0:
                    Kill(Sim.Random.Next(Nodes));
                    break;
                case 1:
                    var stopped = Sim.Random.Next(Nodes);
                    Forget(_nodes[stopped]);
                    await _nodes[stopped].StopAsync();
                    Start(stopped);
                    break;
                case 2:
                    // Somebody who asks at a node where perhaps nobody is.
                    await LookAsync(Sim.Pick(_nodes), Sim.Pick(Rooms));
                    break;
                case < 10 when _readers.Count > 0:
                    var reader = Sim.Pick(_readers);
                    _readers.Remove(reader);
                    await Ask(reader.Node, _ =>
                    {
                        reader.Feed.Dispose();
                        return Task.FromResult(true);
                    });
                    break;
                default:
                    await JoinAsync(Sim.Pick(_nodes), OneNode.User($"user{Sim.Random.Next(8)}"), Sim.Pick(Rooms));
                    break;
            }
        }

        private async Task JoinAsync(SimulatedNode node, User user, RoomId room)
        {
            var feed = node.Hub.OpenFeed();
            feed.Identify(user);
            Assert.Null(await Ask(node, n => n.Rooms.ListenAsync(feed, new Caller(user, DateTimeOffset.MaxValue), room, StartAt.Head, default, default).AsTask()));
            _readers.Add((node, feed, user, room));
        }

        private async Task<string> LookAsync(SimulatedNode node, RoomId id)
        {
            var room = (await _store.FindAsync(id, default))!;
            var presence = (await Ask(node, n => n.Hub.PresenceAsync(room, UserId.Parse("nobody"), default).AsTask()))!;
            Assert.Equal(presence.Count, presence.Users.Count);
            return string.Join(' ', presence.Users.Select(u => u.Name).Order(StringComparer.Ordinal));
        }

        private void Kill(int index)
        {
            Forget(_nodes[index]);
            _nodes[index].Kill();
            Start(index);
        }

        private void Forget(SimulatedNode node) => _readers.RemoveAll(r => r.Node == node);

        private void Start(int index)
        {
            _nodes[index] = new SimulatedNode(Sim, $"process {++_processes}", actor => new NodeParts(
                _store, _store, _exchange.Connect(actor), new HubOptions(), new AppenderOptions(), () => new Epoch(1), node => new SimulatedShard(Sim, node, _ => { })));
            _nodes[index].Start();
        }

        private static Task<T> Ask<T>(SimulatedNode node, Func<SimulatedNode, Task<T>> act) => node.Actor.Call(() => act(node));
    }
}
