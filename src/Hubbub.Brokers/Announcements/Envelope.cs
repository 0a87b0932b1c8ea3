using Hubbub.Core.Broker;
using Hubbub.Protocol;

namespace Hubbub.Brokers.Announcements;

/// <summary>What travels: an announcement to the others, or (without one) a node's ping to itself.</summary>
/// <param name="Node">Who sent it, so that a node knows its own.</param>
/// <param name="Announcement">What it tells; null for a ping.</param>
internal readonly record struct Envelope(string Node, Announcement? Announcement)
{
    /// <summary>Where it goes: the room's topic, or the node's own.</summary>
    public string Topic => Announcement is { } announcement ? OfRoom(announcement.Room) : OfNode(Node);

    public static Envelope Ping(string node) => new(node, null);

    /// <summary>Room ids have no <c>*</c> and no <c>#</c>, which would be patterns.</summary>
    public static string OfRoom(RoomId room) => $"room.{room.Value}";

    public static string OfNode(string node) => $"node.{node}";

    /// <summary>The same, small: an event becomes the position that it has in the log.</summary>
    public Envelope WithoutEvent() => Announcement is EventAnnounced { Event: var e } ? this with { Announcement = new HeadAnnounced(e.Room, e.Position) } : this;
}
