using Hubbub.Core.Broker;
using Hubbub.Protocol;

namespace Hubbub.Core.Log;

/// <summary>
/// What happens after the commit: delivers on this node and announces to the others, in commit order. On the appender's way, since both only leave word: lanes and rings never wait, and a fan-out
/// is done by those who are rung. If the process dies before, nothing is lost: the log has the events, and readers ask it.
/// </summary>
public sealed class Delivery(Hub.Hub hub, IBroker broker)
{
    /// <summary>Called with events as soon as they are committed here, before anyone is told; for caches that must not outlive a removal.</summary>
    public event Action<RoomEvent>? Committed;

    internal void Note(IReadOnlyList<RoomEvent> committed)
    {
        if (Committed is not { } note)
            return;
        foreach (var e in committed)
            note(e);
    }

    internal void Deliver(IReadOnlyList<RoomEvent> committed)
    {
        hub.Deliver(committed);
        foreach (var e in committed)
            broker.Announce(new EventAnnounced(e));
    }
}
