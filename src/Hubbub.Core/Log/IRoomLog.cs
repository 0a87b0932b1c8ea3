using Hubbub.Protocol;

namespace Hubbub.Core.Log;

/// <summary>
/// The truth: every room's append-only log of events, numbered 1, 2, 3 … without holes. Defined by <c>RoomLogContract</c> in the conformance tests.
/// An append also keeps the directory's projection (room, members) in the same transaction, so the two can never disagree.
/// </summary>
/// <remarks>
/// Thread-safe. An operating error (disk full, lost connection, corruption) is a <see cref="StoreException"/>; after one thrown by
/// <see cref="AppendAsync"/> nothing of the batch may be acknowledged, though it may turn out to be stored: a retry with the same keys is safe.
/// </remarks>
public interface IRoomLog
{
    /// <summary>
    /// Appends drafts in one durable transaction, in the order given, each with the next sequence of its room. One outcome per draft, in the same order;
    /// a refused draft does not hinder the others. Later drafts see earlier ones (a room created, a key used).
    /// </summary>
    /// <remarks>
    /// The rules, per draft: <see cref="RoomCreated"/> on an existing room → <c>room_exists</c>, else the room's row with the draft's
    /// <see cref="Draft.Epoch"/>, its sender as owner, and sequence 1. Any other content on an absent room → <c>not_found</c>. A key known for (room, sender) →
    /// the original with <see cref="AppendOutcome.Repeated"/>, nothing appended; the same key with another content → <c>key_reused</c>.
    /// <see cref="MemberJoined"/> of a present member with the same role, <see cref="MemberLeft"/> (left) of a user who is no member, and <see cref="MemberLeft"/> (removed)
    /// of a user already removed → <see cref="AppendOutcome.Unchanged"/>, nothing appended. <see cref="MemberLeft"/> (removed) of anyone else
    /// is stored, so that a stranger can be kept out too. <see cref="RoomRenamed"/> changes the room's name. <see cref="MessageDeleted"/> erases the text of the message and of its edits
    /// (<see cref="EventContent.Erased"/>) for every later read; keys of theirs stay known, for whatever content. <see cref="MessageEdited"/> of a deleted message → <c>not_found</c>, unless it is erased itself: then it is
    /// one of a log that is copied. <see cref="ReactionAdded"/> to a deleted message → <c>not_found</c>; that is there already, and <see cref="ReactionRemoved"/> of one that is not →
    /// <see cref="AppendOutcome.Unchanged"/>; with one emoji too many (<see cref="Limits.MaxEmojiOfMessage"/>) → <c>too_many_reactions</c>. The reactions to a message go with it.
    /// <see cref="MemberLeft"/> (kicked) is as one who has left. <see cref="RoleChanged"/> of one who is no present member → <c>not_found</c>, to the same role → <see cref="AppendOutcome.Unchanged"/>, of the
    /// last owner → <c>last_owner</c>. <see cref="MemberMuted"/> is always stored, <see cref="MemberUnmuted"/> of one who is not → <see cref="AppendOutcome.Unchanged"/>.
    /// <see cref="TopicChanged"/>, <see cref="SlowModeChanged"/>, <see cref="RoomArchived"/>, <see cref="RoomUnarchived"/>, <see cref="MessagePinned"/> and <see cref="MessageUnpinned"/> change the room, or, where
    /// it is so already → <see cref="AppendOutcome.Unchanged"/>; a deleted message cannot be pinned → <c>not_found</c>, and loses its pin; one pin too many → <c>too_many_pins</c>. A message that is
    /// <see cref="Draft.IsPaced"/>, sooner after its sender's last paced one than the room's slow mode allows, by the drafts' times → <c>rate_limited</c> with the time left; a known key is a repeat all the same.
    /// A <see cref="MessagePosted"/> with <see cref="MessagePosted.Files"/> claims them: each must be its sender's, of its room, whole and waiting (<see cref="Files.IFiles"/>), or it is refused with
    /// <c>bad_file</c>; a known key is a repeat all the same. <see cref="MessageDeleted"/> gives the message's files up.
    /// </remarks>
    ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct);

    /// <summary>
    /// Reads at most <paramref name="limit"/> (1–1000) events with a sequence above <paramref name="after"/> (≥ 0), ascending, without holes, as of one moment.
    /// Null if the room does not exist; an empty page with the head if there is nothing after.
    /// </summary>
    ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct);

    /// <summary>The newest position of each room, in the order asked; null for a room that does not exist.</summary>
    ValueTask<IReadOnlyList<Position?>> HeadsAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct);
}

/// <summary>An event that wants to happen: everything but its number.</summary>
/// <param name="Room">Where.</param>
/// <param name="Sender">Who.</param>
/// <param name="SentAt">When the server took it; whole milliseconds.</param>
/// <param name="Key">The sender's key, or null for no protection against repeats.</param>
/// <param name="Content">What.</param>
/// <param name="Epoch">For <see cref="RoomCreated"/>: the new log's life, drawn by the caller. Otherwise unused.</param>
public sealed record Draft(RoomId Room, User Sender, DateTimeOffset SentAt, string? Key, EventContent Content, Epoch Epoch = default)
{
    /// <summary>Of a message: whether its sender has to keep the pace of a slow room.</summary>
    public bool IsPaced { get; init; }
}

/// <summary>What became of a draft: stored now, stored before (same key), nothing to do, or refused.</summary>
public readonly record struct AppendOutcome
{
    private AppendOutcome(RoomEvent? @event, Refusal? refusal, bool repeated)
    {
        Event = @event;
        Refusal = refusal;
        IsRepeated = repeated;
    }

    /// <summary>The event as stored, for <see cref="Appended"/> and <see cref="Repeated"/>.</summary>
    public RoomEvent? Event { get; }

    public Refusal? Refusal { get; }

    public bool IsRepeated { get; }

    /// <summary>True if this append made the event, so that it must be delivered.</summary>
    public bool IsAppended => Event is not null && !IsRepeated;

    /// <summary>What was asked is so already; nothing was appended.</summary>
    public static AppendOutcome Unchanged => default;

    public static AppendOutcome Appended(RoomEvent stored) => new(stored, null, false);

    public static AppendOutcome Repeated(RoomEvent original) => new(original, null, true);

    public static AppendOutcome Refused(Refusal refusal) => new(null, refusal, false);
}

/// <summary>A page of one room's log, and where the log stood when it was read.</summary>
public sealed record LogPage(Position Head, IReadOnlyList<RoomEvent> Events);

/// <summary>The store could not do what was asked (disk full, locked, unreachable, corrupt). An operating error, not a bug: the caller's edge turns it into <c>store_unavailable</c>.</summary>
public class StoreException : Exception
{
    public StoreException(string message) : base(message) { }

    public StoreException(string message, Exception inner) : base(message, inner) { }
}
