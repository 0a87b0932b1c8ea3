using Hubbub.Core.Broker;
using Hubbub.Protocol;

namespace Hubbub.TestKit.Simulation;

/// <summary>How badly a broker behaves, per announcement and listener; mutable, so that a run can end with <see cref="Heal"/>.</summary>
public sealed class BrokerFaults
{
    public double Loses { get; set; }

    public double Repeats { get; set; }

    /// <summary>An event that travels as the head alone.</summary>
    public double Bare { get; set; }

    /// <summary>An announcement that takes up to <see cref="LateDelay"/>: others overtake it.</summary>
    public double Late { get; set; }

    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(3);

    public TimeSpan LateDelay { get; set; } = TimeSpan.FromSeconds(3);

    public void Heal()
    {
        Loses = Repeats = Late = 0;
        Delay = TimeSpan.FromMilliseconds(1);
    }
}

/// <summary>
/// A broker that does everything the contract allows: it loses, repeats, delays and reorders, and takes its time to subscribe. Each node has an end of its own; what arrives at
/// a node runs as that node.
/// </summary>
public sealed class FaultyBroker : IBroker
{
    private readonly Exchange _exchange;
    private readonly Actor _node;
    private readonly HashSet<RoomId> _wanted = [];
    private readonly HashSet<RoomId> _rooms = [];
    private Action<Announcement>? _receive;

    private FaultyBroker(Exchange exchange, Actor node)
    {
        _exchange = exchange;
        _node = node;
    }

    public event Action<IReadOnlyList<RoomId>>? Subscribed;

    public BrokerStatus Status => default;

    public IDisposable Listen(Action<Announcement> receive)
    {
        _receive = receive;
        return new Listening(this);
    }

    public void Subscribe(RoomId room)
    {
        _wanted.Add(room);
        _exchange.TakeEffect(_node, () =>
        {
            if (_wanted.Contains(room) && _rooms.Add(room))
                Subscribed?.Invoke([room]);
        });
    }

    public void Unsubscribe(RoomId room)
    {
        _wanted.Remove(room);
        _rooms.Remove(room);
    }

    public void Announce(Announcement announcement) => _exchange.Carry(this, announcement);

    /// <summary>Nothing is to be kept: the simulator carries everything.</summary>
    public Task RunAsync(CancellationToken ct) => Task.CompletedTask;

    private void Hear(Announcement announcement)
    {
        if (_rooms.Contains(announcement.Room))
            _receive?.Invoke(announcement);
    }

    /// <summary>What carries announcements between the nodes.</summary>
    public sealed class Exchange(Simulator simulator, BrokerFaults faults)
    {
        private readonly List<FaultyBroker> _ends = [];

        public int Lost { get; private set; }

        public int Carried { get; private set; }

        /// <summary>A node's own end. What is on its way to a node when it dies is lost with it.</summary>
        public FaultyBroker Connect(Actor node)
        {
            _ends.RemoveAll(e => e._node.IsDead);
            var end = new FaultyBroker(this, node);
            _ends.Add(end);
            return end;
        }

        internal void TakeEffect(Actor node, Action subscribe) => node.After(simulator.Between(TimeSpan.Zero, faults.Delay), subscribe);

        internal void Carry(FaultyBroker from, Announcement announcement)
        {
            simulator.EnsureOnThread("The broker");
            foreach (var end in _ends)
            {
                if (end == from || end._node.IsDead)
                    continue;
                var carried = announcement is EventAnnounced { Event: var e } && simulator.Chance(faults.Bare) ? new HeadAnnounced(e.Room, e.Position) : announcement;
                if (simulator.Chance(faults.Loses))
                    Lost++;
                else
                    Send(end, carried);
                if (simulator.Chance(faults.Repeats))
                    Send(end, carried);
            }
        }

        private void Send(FaultyBroker end, Announcement announcement)
        {
            Carried++;
            var delay = simulator.Between(TimeSpan.Zero, simulator.Chance(faults.Late) ? faults.LateDelay : faults.Delay);
            end._node.After(delay, () => end.Hear(announcement));
        }
    }

    private sealed class Listening(FaultyBroker end) : IDisposable
    {
        public void Dispose() => end._receive = null;
    }
}
