using System.Collections.Concurrent;
using System.Collections.Immutable;
using Hubbub.Protocol;

namespace Hubbub.Core.Broker;

/// <summary>
/// One node's end of an <see cref="Exchange"/>: the reference broker, for several nodes in one process (and for one node, which has nobody to talk to).
/// Delivers on the announcing thread, at once and in order: better than the contract promises, so nobody may rely on it. Thread-safe.
/// </summary>
public sealed class InMemoryBroker : IBroker
{
    private readonly Exchange _exchange;
    private readonly ConcurrentDictionary<RoomId, byte> _rooms = new();
    private long _sent;
    private long _received;

    private InMemoryBroker(Exchange exchange) => _exchange = exchange;

    /// <summary>Never raised: subscriptions take effect before <see cref="Subscribe"/> returns.</summary>
    public event Action<IReadOnlyList<RoomId>>? Subscribed
    {
        add { }
        remove { }
    }

    public BrokerStatus Status => new(BrokerState.Up, null, Interlocked.Read(ref _sent), 0, Interlocked.Read(ref _received), 0);

    public IDisposable Listen(Action<Announcement> receive)
    {
        ArgumentNullException.ThrowIfNull(receive);
        var listener = new Listener(this, receive);
        ImmutableInterlocked.Update(ref _exchange.Listeners, (all, added) => all.Add(added), listener);
        return listener;
    }

    public void Subscribe(RoomId room) => _rooms[room] = 0;

    public void Unsubscribe(RoomId room) => _rooms.TryRemove(room, out _);

    public void Announce(Announcement announcement)
    {
        ArgumentNullException.ThrowIfNull(announcement);
        Interlocked.Increment(ref _sent);
        foreach (var listener in _exchange.Listeners)
        {
            if (listener.Node == this || !listener.Node._rooms.ContainsKey(announcement.Room))
                continue;
            Interlocked.Increment(ref listener.Node._received);
            listener.Receive(announcement);
        }
    }

    /// <summary>Does nothing until stopped: there is no connection to keep.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var stopped = new TaskCompletionSource();
        await using var registration = ct.Register(stopped.SetResult);
        await stopped.Task;
    }

    /// <summary>What the nodes of one process share; it holds those that listen, and nothing else.</summary>
    public sealed class Exchange
    {
        internal ImmutableArray<Listener> Listeners = [];

        /// <summary>A new node's own broker.</summary>
        public InMemoryBroker Connect() => new(this);
    }

    internal sealed class Listener(InMemoryBroker node, Action<Announcement> receive) : IDisposable
    {
        public InMemoryBroker Node => node;

        public Action<Announcement> Receive => receive;

        public void Dispose() => ImmutableInterlocked.Update(ref node._exchange.Listeners, (all, gone) => all.Remove(gone), this);
    }
}
