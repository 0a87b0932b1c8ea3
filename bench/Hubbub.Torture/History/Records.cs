using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Torture.History;

/// <summary>
/// One thing that was seen during a run. <paramref name="At"/> is read from one monotonic clock, in <see cref="TimeSpan.TicksPerSecond"/>; two records of one history
/// may carry the same time and then count as concurrent.
/// </summary>
public abstract record Record(long At);

/// <summary>An event as some reader saw it.</summary>
/// <param name="Position">Where it stood.</param>
/// <param name="Message">The poster's own name for it, the same on every retry; for events that nobody posted as a message, a text that begins with <c>#</c>.</param>
/// <param name="Hash">Of what it said (<see cref="Fingerprint"/>).</param>
public readonly record struct Entry(Position Position, string Message, ulong Hash)
{
    /// <summary>Whether a client named it, so that it can be followed from hand to screens.</summary>
    public bool IsNamed => !Message.StartsWith('#');

    /// <summary>What tells two events at one position apart.</summary>
    public string Label => IsNamed ? Message : $"{Message}~{Hash:x}";

    public override string ToString() => $"{Position} {Label}";
}

/// <summary>A client begins an attempt to post; every attempt of one message has the same name and hash.</summary>
public sealed record PostInvoked(long At, string Client, RoomId Room, string Message, ulong Hash) : Record(At);

/// <summary>The server said: it is stored, here.</summary>
public sealed record PostConfirmed(long At, string Client, RoomId Room, string Message, Position Position) : Record(At);

/// <summary>The server said: this attempt is certainly not stored.</summary>
public sealed record PostRefused(long At, string Client, RoomId Room, string Message) : Record(At);

/// <summary>Nobody knows what became of this attempt.</summary>
public sealed record PostUncertain(long At, string Client, RoomId Room, string Message) : Record(At);

/// <summary>The server promised every event after <paramref name="From"/>, in order, in this session.</summary>
public sealed record Subscribed(long At, string Client, int Session, RoomId Room, Position From) : Record(At);

/// <summary>An event came over the wire.</summary>
public sealed record Delivered(long At, string Client, int Session, RoomId Room, Entry Entry) : Record(At);

/// <summary>The client's library handed an event on to its application, after leaving out what it had before.</summary>
public sealed record HandedOn(long At, string Client, RoomId Room, Entry Entry) : Record(At);

/// <summary>The server admitted a break: the story goes on after <paramref name="To"/>, and the client drops what it held.</summary>
public sealed record GapTold(long At, string Client, int Session, RoomId Room, Position From, Position To, GapReason Reason) : Record(At);

/// <summary>In a relaxed room: the server said that everything after <paramref name="From"/> up to and with <paramref name="To"/>, so many events, is skipped.</summary>
public sealed record SkipTold(long At, string Client, int Session, RoomId Room, Position From, Position To, long Count) : Record(At);

/// <summary>A session's connection was lost or closed.</summary>
public sealed record Disconnected(long At, string Client, int Session) : Record(At);

/// <summary>The client wants nothing more of the room, or may not have it: from here on it is owed nothing, until it subscribes anew.</summary>
public sealed record Ended(long At, string Client, RoomId Room) : Record(At);

/// <summary>A page was read: everything after <paramref name="After"/> up to and with <paramref name="UpTo"/>; <see cref="long.MaxValue"/> if it went to the head.</summary>
/// <param name="At">When the answer came.</param>
/// <param name="InvokedAt">When it was asked for.</param>
/// <param name="Client">Who read.</param>
/// <param name="Room">Where.</param>
/// <param name="Epoch">The life of the log that was read.</param>
/// <param name="After">The sequence before the page.</param>
/// <param name="UpTo">The last sequence the page speaks for.</param>
/// <param name="Entries">What it said.</param>
public sealed record PageRead(
    long At, long InvokedAt, string Client, RoomId Room, Epoch Epoch, long After, long UpTo, IReadOnlyList<Entry> Entries) : Record(At);

/// <summary>The removal of this client's user was acknowledged.</summary>
public sealed record MemberRemoved(long At, string Client, RoomId Room) : Record(At);

/// <summary>A removed user may read again.</summary>
public sealed record MemberReturned(long At, string Client, RoomId Room) : Record(At);

/// <summary>
/// The store itself lost its past, by an operator's act: what stood up to <paramref name="Kept"/> lives on under <paramref name="Next"/>, everything after it is excused.
/// </summary>
public sealed record LifeEnded(long At, RoomId Room, Epoch Epoch, Epoch Next, long Kept) : Record(At);

/// <summary>A note for the person who reads a failed run: a fault began or ended.</summary>
public sealed record FaultNoted(long At, string What) : Record(At);

/// <summary>Who read a room from its beginning after everything was healed and quiet.</summary>
public enum FinalSource
{
    /// <summary>A fresh client, over the same way as every client.</summary>
    Client,

    /// <summary>Straight from the store.</summary>
    Store,
}

/// <summary>The whole log of a room at the end.</summary>
public sealed record FinalLog(long At, RoomId Room, FinalSource Source, IReadOnlyList<Entry> Entries) : Record(At);
