using Hubbub.Protocol;

namespace Hubbub.Core.Broker;

/// <summary>What one node tells the others about a room.</summary>
public abstract record Announcement(RoomId Room);

/// <summary>An event was committed. It carries the event, so that a node without a gap need not read the log.</summary>
public sealed record EventAnnounced(RoomEvent Event) : Announcement(Event.Room);

/// <summary>The log has grown to here. From a broker whose messages have no room for events: what is new is read from the log.</summary>
public sealed record HeadAnnounced(RoomId Room, Position Head) : Announcement(Room);

/// <summary>Somebody is typing. Never stored; nobody misses it.</summary>
public sealed record TypingAnnounced(RoomId Room, User User) : Announcement(Room);

/// <summary>How far some users have read in the room: for their own connections at other nodes, and nobody else's. Never stored with them; the store has the marks.</summary>
/// <param name="Room">The room.</param>
/// <param name="Marks">Of at most <see cref="MostMarks"/> users, each once.</param>
public sealed record ReadAnnounced(RoomId Room, IReadOnlyList<ReadMark> Marks) : Announcement(Room)
{
    /// <summary>So many of the longest ids fit into the smallest broker's message, PostgreSQL's 7 999 bytes: 32 × (128 + 28 + some 30) bytes.</summary>
    public const int MostMarks = 32;

    public bool Equals(ReadAnnounced? other) => other is not null && Room == other.Room && Marks.SequenceEqual(other.Marks);

    public override int GetHashCode() => HashCode.Combine(Room, Marks.Count);
}

/// <summary>How far somebody has read.</summary>
public readonly record struct ReadMark(UserId User, Position Position);

/// <summary>
/// Who is in a room at one node: all of its users there or, of many, their number and some of them. What one announcement has no place for comes in parts of one version. It is said again and again,
/// so nobody misses it for long.
/// </summary>
/// <param name="Room">The room.</param>
/// <param name="Node">Whose users they are; a node that is started anew has another name.</param>
/// <param name="Version">Grows with everything that the node says; of two the higher is true.</param>
/// <param name="Count">How many users are there.</param>
/// <param name="Users">Those of this part.</param>
public sealed record PresenceAnnounced(RoomId Room, string Node, long Version, int Count, IReadOnlyList<User> Users) : Announcement(Room)
{
    /// <summary>The most parts of one version.</summary>
    public const int MaxParts = 64;

    /// <summary>Which part of <see cref="Parts"/> it is, from 0.</summary>
    public int Part { get; init; }

    public int Parts { get; init; } = 1;

    /// <summary>The node has just come to this room and asks the others to say who is there.</summary>
    public bool Asks { get; init; }

    /// <summary>The node stops: its users are on their way to another, or gone.</summary>
    public bool Ends { get; init; }

    public bool Equals(PresenceAnnounced? other) => other is not null
        && (Room, Node, Version, Count, Part, Parts, Asks, Ends) == (other.Room, other.Node, other.Version, other.Count, other.Part, other.Parts, other.Asks, other.Ends)
        && Users.SequenceEqual(other.Users);

    public override int GetHashCode() => HashCode.Combine(Room, Node, Version, Part);
}
