using Hubbub.Protocol;

namespace Hubbub.Client;

/// <summary>Something that the reader of a room is told, in order.</summary>
public abstract record RoomUpdate
{
    private protected RoomUpdate() { }

    /// <summary>An event: every one, once, by sequence without holes (in a relaxed room: but for those <see cref="Skipped"/>).</summary>
    public sealed record Happened(RoomEvent Event) : RoomUpdate;

    /// <summary>What was told up to <paramref name="From"/> may not connect to what follows <paramref name="To"/>: drop it and fetch a fresh page.</summary>
    public sealed record Gap(Position From, Position To, string Reason) : RoomUpdate;

    /// <summary>In a relaxed room: so many events after <paramref name="From"/> are not told; the log has them.</summary>
    public sealed record Skipped(Position From, Position To, long Count) : RoomUpdate;

    /// <summary>Somebody is typing; show it for five seconds. Never repeated.</summary>
    public sealed record Typing(User User) : RoomUpdate;

    /// <summary>The user of this client has read up to here, on this device or another. Told forward only, and now and then not at all: <c>GET /api/rooms</c> has the truth. On a long poll it is not told.</summary>
    public sealed record Read(Position Position) : RoomUpdate;

    /// <summary>The story has ended for good: <c>left</c>, <c>removed</c>, <c>gone</c>, or <c>refused</c> with the reason why.</summary>
    public sealed record Left(string Reason, HubbubException? Error = null) : RoomUpdate;
}

/// <summary>Who is in a room now, at whichever server they are connected.</summary>
/// <param name="Count">So many.</param>
/// <param name="Users">All of them; in a large room some, and in a relaxed room none.</param>
/// <param name="IsSampled">Whether they are only some.</param>
public sealed record RoomPresence(long Count, IReadOnlyList<User> Users, bool IsSampled);

/// <summary>Where a room's story begins for its reader.</summary>
/// <param name="After">Behind this position.</param>
/// <param name="Last">With so many of the newest (0–1000).</param>
public readonly record struct RoomStart(Position? After = null, int? Last = null)
{
    /// <summary>With the first event.</summary>
    public static readonly RoomStart Beginning = new(After: Position.Start);

    /// <summary>From now on.</summary>
    public static readonly RoomStart Now;
}
