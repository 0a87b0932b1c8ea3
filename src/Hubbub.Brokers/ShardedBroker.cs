using Hubbub.Core.Broker;
using Hubbub.Core.Cluster;
using Hubbub.Protocol;

namespace Hubbub.Brokers;

/// <summary>
/// Several brokers of one kind side by side, each with rooms of its own, so that what one carries is not bounded by one server, and one that dies takes only its rooms' quickness
/// with it. A room's broker is where it belongs by <see cref="Rendezvous"/>: the same at every node. Thread-safe; nothing changes after the constructor.
/// </summary>
internal sealed class ShardedBroker : IBroker
{
    private readonly (ulong Hash, IBroker Broker)[] _shards;

    public ShardedBroker(IReadOnlyList<(string Name, IBroker Broker)> shards) => _shards = [.. shards.Select(s => (Rendezvous.HashOf(s.Name), s.Broker))];

    public event Action<IReadOnlyList<RoomId>>? Subscribed
    {
        add => Array.ForEach(_shards, s => s.Broker.Subscribed += value);
        remove => Array.ForEach(_shards, s => s.Broker.Subscribed -= value);
    }

    /// <summary>The worst of them, and the sum of what they carried.</summary>
    public BrokerStatus Status
    {
        get
        {
            var all = Array.ConvertAll(_shards, s => s.Broker.Status);
            var worst = all.MaxBy(s => s.State);
            return new BrokerStatus(worst.State, worst.Trouble, all.Sum(s => s.Sent), all.Sum(s => s.Dropped), all.Sum(s => s.Received), all.Sum(s => s.Reconnects));
        }
    }

    public IDisposable Listen(Action<Announcement> receive) => new Listening(Array.ConvertAll(_shards, s => s.Broker.Listen(receive)));

    public void Subscribe(RoomId room) => Of(room).Subscribe(room);

    public void Unsubscribe(RoomId room) => Of(room).Unsubscribe(room);

    public void Announce(Announcement announcement)
    {
        ArgumentNullException.ThrowIfNull(announcement);
        Of(announcement.Room).Announce(announcement);
    }

    public Task RunAsync(CancellationToken ct) => Task.WhenAll(Array.ConvertAll(_shards, s => s.Broker.RunAsync(ct)));

    internal IBroker Of(RoomId room)
    {
        var hash = Rendezvous.HashOf(room.Value);
        var (best, highest) = (_shards[0].Broker, 0UL);
        foreach (var shard in _shards)
        {
            var weight = Rendezvous.Weight(shard.Hash, hash);
            if (weight >= highest)
                (best, highest) = (shard.Broker, weight);
        }

        return best;
    }

    private sealed class Listening(IDisposable[] all) : IDisposable
    {
        public void Dispose() => Array.ForEach(all, listening => listening.Dispose());
    }
}
