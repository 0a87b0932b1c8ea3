using Hubbub.Protocol;

namespace Hubbub.Core.Broker;

/// <summary>
/// The doorbell between nodes: it carries announcements and promises nothing for correctness. It may lose, repeat, delay and reorder; what
/// a node missed it reads from the log. Defined by <c>BrokerContract</c>.
/// </summary>
/// <remarks>Thread-safe. No method waits for other nodes, and none throws for a broker that is away: it tries again by itself.</remarks>
public interface IBroker
{
    /// <summary>
    /// Raised, on any thread, when subscriptions have taken effect later than <see cref="Subscribe"/> returned: the first time, and anew after the broker was away. What was
    /// announced about these rooms until now may have been missed: compare them with the log. The handler must return at once.
    /// </summary>
    event Action<IReadOnlyList<RoomId>>? Subscribed;

    /// <summary>How it is now, and what it has carried so far; for operators, never for decisions about messages.</summary>
    BrokerStatus Status { get; }

    /// <summary>Calls <paramref name="receive"/> for announcements of other nodes about subscribed rooms, on any thread, until disposed. It must return at once.</summary>
    IDisposable Listen(Action<Announcement> receive);

    /// <summary>Asks for a room's announcements. Remembered while the broker is away, and made anew when it is back.</summary>
    void Subscribe(RoomId room);

    void Unsubscribe(RoomId room);

    /// <summary>Tells the other nodes. The node that announces does not hear it itself.</summary>
    void Announce(Announcement announcement);

    /// <summary>
    /// Keeps the node connected until stopped, and then sends what still waits, for a short while. Nothing travels before it runs. It ends only when stopped; a broker
    /// that is away is tried again and again.
    /// </summary>
    Task RunAsync(CancellationToken ct);
}
