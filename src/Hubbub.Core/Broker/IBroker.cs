using Hubbub.Protocol;

namespace Hubbub.Core.Broker;

/// <summary>
/// The doorbell between nodes: it carries announcements and promises nothing for correctness. It may lose, repeat, delay and reorder; what
/// a node missed it reads from the log. Defined by <c>BrokerContract</c>.
/// </summary>
/// <remarks>Thread-safe. No method waits for other nodes, and none throws for a broker that is away: it tries again by itself.</remarks>
public interface IBroker
{
    /// <summary>Calls <paramref name="receive"/> for announcements of other nodes about subscribed rooms, on any thread, until disposed. It must return at once.</summary>
    IDisposable Listen(Action<Announcement> receive);

    void Subscribe(RoomId room);

    void Unsubscribe(RoomId room);

    /// <summary>Tells the other nodes. The node that announces does not hear it itself.</summary>
    void Announce(Announcement announcement);
}

/// <summary>What one node tells the others about a room.</summary>
public abstract record Announcement(RoomId Room);

/// <summary>An event was committed. It carries the event, so that a node without a gap need not read the log.</summary>
public sealed record EventAnnounced(RoomEvent Event) : Announcement(Event.Room);

/// <summary>Somebody is typing. Never stored; nobody misses it.</summary>
public sealed record TypingAnnounced(RoomId Room, User User) : Announcement(Room);
