using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>
/// What is known about rooms besides their events: the room list, members, invitations, reports, read marks and used tickets. Rooms and members
/// are a projection of the log, kept by <see cref="Log.IRoomLog.AppendAsync"/>; the rest is written here. Defined by <c>RoomDirectoryContract</c>.
/// </summary>
/// <remarks>Thread-safe. Every write is durable when the call returns. Operating errors are <see cref="Log.StoreException"/>.</remarks>
public interface IRoomDirectory
{
    ValueTask<Room?> FindAsync(RoomId room, CancellationToken ct);

    /// <summary>One room as <paramref name="viewer"/> sees it in a list, whether or not they may see it at all: that is for the caller to judge. Null if there is no such room.</summary>
    ValueTask<RoomListing?> LookAsync(RoomId room, UserId viewer, CancellationToken ct);

    /// <summary>Public rooms and the private rooms that <paramref name="viewer"/> is a member of and has not hidden (<see cref="HideAsync"/>), ordered by id (ordinal), after <paramref name="after"/>, at most <paramref name="limit"/>.</summary>
    /// <param name="viewer">Who asks.</param>
    /// <param name="matching">Only those whose name or id contains this, in upper or lower case; null: all.</param>
    /// <param name="after">The last id of the page before.</param>
    /// <param name="limit">At least 1.</param>
    /// <param name="ct">Ends the asking.</param>
    ValueTask<IReadOnlyList<RoomListing>> ListAsync(UserId viewer, string? matching, RoomId? after, int limit, CancellationToken ct);

    /// <summary>How the user stands to the room; null if nothing is known (also for an absent room).</summary>
    ValueTask<Membership?> MembershipAsync(RoomId room, UserId user, CancellationToken ct);

    /// <summary>Until when the user may not write in the room, though it may be over; null for one who was never muted there.</summary>
    ValueTask<DateTimeOffset?> MutedUntilAsync(RoomId room, UserId user, CancellationToken ct);

    /// <summary>Present members (not removed ones), ordered by user id (ordinal), after <paramref name="after"/>, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<Membership>> MembersAsync(RoomId room, UserId? after, int limit, CancellationToken ct);

    /// <summary>The present members of each of these rooms, for rooms of a few; rooms that do not exist are left out.</summary>
    ValueTask<IReadOnlyDictionary<RoomId, IReadOnlyList<User>>> PeopleAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct);

    /// <summary>Leaves a room out of the user's list until its log goes beyond a sequence: a private one that they are a member of. Nothing is lowered by it but by 0, which lists the room again.</summary>
    ValueTask HideAsync(RoomId room, UserId user, long upTo, CancellationToken ct);

    ValueTask AddInvitationAsync(Invitation invitation, CancellationToken ct);

    /// <summary>Finds an invitation by the SHA-256 of its token (64 lower-case hex digits), revoked and expired ones too.</summary>
    ValueTask<Invitation?> FindInvitationAsync(string tokenHash, CancellationToken ct);

    /// <summary>All invitations of a room that are neither revoked nor expired at <paramref name="now"/>, oldest first, at most 1000.</summary>
    ValueTask<IReadOnlyList<Invitation>> InvitationsAsync(RoomId room, DateTimeOffset now, CancellationToken ct);

    /// <returns>False if the room has no such invitation. Revoking twice is true twice.</returns>
    ValueTask<bool> RevokeInvitationAsync(RoomId room, string id, CancellationToken ct);

    /// <summary>Adds a report, unless its reporter has one of the same message that waits, which is then answered, or a limit is reached (<c>rate_limited</c>).</summary>
    ValueTask<AddedReport> AddReportAsync(Report report, ReportLimits limits, CancellationToken ct);

    /// <summary>Reports of a room, at most <paramref name="limit"/>: those that wait, the oldest first, or those that were decided, the one decided last first.</summary>
    ValueTask<IReadOnlyList<Report>> ReportsAsync(RoomId room, bool isResolved, int limit, CancellationToken ct);

    ValueTask<Report?> FindReportAsync(RoomId room, string id, CancellationToken ct);

    /// <summary>Decides about all reports of a message that wait.</summary>
    /// <returns>How many there were.</returns>
    ValueTask<int> ResolveReportsAsync(RoomId room, long message, ReportResolution resolution, UserId by, DateTimeOffset at, CancellationToken ct);

    /// <summary>The sequence up to which the user has read; 0 if never marked.</summary>
    ValueTask<long> ReadMarkAsync(RoomId room, UserId user, CancellationToken ct);

    /// <summary>Moves the mark forward, never back, and returns where it stands.</summary>
    ValueTask<long> MoveReadMarkAsync(RoomId room, UserId user, long sequence, CancellationToken ct);

    /// <summary>
    /// Marks a one-use ticket as used. True exactly once per id, whichever node asks. Ids may be forgotten some minutes after <paramref name="expiresAt"/>.
    /// </summary>
    ValueTask<bool> TryUseTicketAsync(string id, DateTimeOffset expiresAt, CancellationToken ct);
}

/// <summary>A room as the directory knows it at one moment.</summary>
public sealed record Room(
    RoomId Id, string Name, Visibility Visibility, Position Head, DateTimeOffset CreatedAt, Consistency Consistency = Consistency.Strong)
{
    /// <summary>What it is about; empty for nothing in particular.</summary>
    public string Topic { get; init; } = "";

    public bool IsArchived { get; init; }

    /// <summary>Whether it is between two or a few people, whom nothing changes (<see cref="DirectRooms"/>). A public room of such an id is one from before there were direct ones.</summary>
    public bool IsDirect => Visibility == Visibility.Private && Id.IsDirect;

    /// <summary>The seconds that must pass between two messages of one member; 0 for none.</summary>
    public int SlowModeSeconds { get; init; }

    /// <summary>When the last of those who were ever muted here may write again: before that it is worth asking about one.</summary>
    public DateTimeOffset MutedUntil { get; init; } = DateTimeOffset.MinValue;
}

/// <summary>A room in one viewer's list.</summary>
/// <param name="Room">The room.</param>
/// <param name="Role">The viewer's role; null if no member.</param>
/// <param name="ReadMark">The viewer's read mark; 0 if never marked.</param>
/// <param name="Unread">What the viewer has not read (<see cref="Rooms.Unread"/>); null for one who is no member and has never marked anything.</param>
/// <param name="Mentions">How many messages that the viewer has not read mention them; null where <paramref name="Unread"/> is.</param>
public sealed record RoomListing(Room Room, Role? Role, long ReadMark, int? Unread, int? Mentions);

/// <summary>How a user stands to a room.</summary>
/// <param name="User">The user, by the name of the latest joining or removal.</param>
/// <param name="Role">Null for a user who was removed and may not come back alone.</param>
/// <param name="Since">When this became so.</param>
public sealed record Membership(User User, Role? Role, DateTimeOffset Since)
{
    public bool IsRemoved => Role is null;
}

/// <summary>A link that makes its holder a member. Only the hash of its token is kept.</summary>
public sealed record Invitation(
    string Id, RoomId Room, string TokenHash, UserId CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, bool Revoked = false);
