using System.Threading.Channels;
using Hubbub.Core.Broker;
using Hubbub.Protocol;

namespace Hubbub.Core.Log;

/// <summary>
/// What happens after the commit: delivers on this node and announces to the others, in commit order, off the appender's loop. If the process dies before, nothing is
/// lost: the log has the events, and readers ask it.
/// </summary>
public sealed class Delivery(Hub.Hub hub, IBroker broker)
{
    // 64 batches of at most 512 events: enough to ride over one large fan-out.
    private readonly Channel<IReadOnlyList<RoomEvent>> _committed = Channel.CreateBounded<IReadOnlyList<RoomEvent>>(
        new BoundedChannelOptions(64) { SingleReader = true, SingleWriter = true });

    /// <summary>Called with events as soon as they are committed here, before anyone is told; for caches that must not outlive a removal.</summary>
    public event Action<RoomEvent>? Committed;

    /// <summary>Hands over a committed batch; waits only when deliveries are 64 batches behind.</summary>
    internal ValueTask EnqueueAsync(IReadOnlyList<RoomEvent> batch)
    {
        if (Committed is { } committed)
        {
            foreach (var e in batch)
                committed(e);
        }

        return _committed.Writer.WriteAsync(batch);
    }

    internal void Complete() => _committed.Writer.TryComplete();

    /// <summary>Delivers until the appender has completed and everything is delivered.</summary>
    public async Task RunAsync()
    {
        while (await _committed.Reader.WaitToReadAsync())
        {
            while (_committed.Reader.TryRead(out var batch))
            {
                hub.Deliver(batch);
                foreach (var e in batch)
                    broker.Announce(new EventAnnounced(e));
            }
        }
    }
}
