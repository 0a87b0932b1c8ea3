using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Core.Search;

/// <summary>
/// The index of what was said. It follows the log, room by room, each from a position of its own that is stored with what was taken in: whatever is lost of it is read from the log again. Defined by <c>SearchContract</c>.
/// </summary>
/// <remarks>
/// Thread-safe, and so are several nodes on one index. Nothing here is on the way of a post. Operating errors are <see cref="Log.StoreException"/>. What was deleted or replaced is gone from the index's files, not only from its answers.
/// </remarks>
public interface ISearch
{
    /// <summary>Rooms whose log has more than the index, or is of another life: at most <paramref name="limit"/> of them, each with how far the index is.</summary>
    ValueTask<IReadOnlyList<RoomBehind>> BehindAsync(int limit, CancellationToken ct);

    /// <summary>How far the index has followed the room's log; <see cref="Position.Start"/> if it has not begun.</summary>
    ValueTask<Position> PositionAsync(RoomId room, CancellationToken ct);

    /// <summary>
    /// Takes in what the log says between two positions, all of it or nothing. False, and nothing is changed, if the index does not stand at <paramref name="from"/>: somebody else was there. If the two are of different lives of
    /// the log, all that was known of the room is dropped first, and <paramref name="changes"/> begin with the log.
    /// </summary>
    ValueTask<bool> TakeInAsync(RoomId room, Position from, Position to, IReadOnlyList<IndexChange> changes, CancellationToken ct);

    /// <summary>
    /// What matches, the newest first, by what the store says at this moment: only of rooms that may be read now, of nobody whom the viewer has blocked, and no message that was edited or deleted since the index has followed its room, so
    /// that a text is found no more from the moment on in which its end is acknowledged.
    /// </summary>
    /// <param name="query">What is looked for.</param>
    /// <param name="scope">Who looks.</param>
    /// <param name="before">The <see cref="SearchPage.Next"/> of the page before; null: from the newest.</param>
    /// <param name="limit">1–100.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>Null if it would have taken longer than a search may.</returns>
    /// <exception cref="FormatException"><paramref name="before"/> is none of ours.</exception>
    ValueTask<SearchPage?> FindAsync(SearchQuery query, SearchScope scope, string? before, int limit, CancellationToken ct);
}

/// <summary>A room whose log is ahead of the index.</summary>
/// <param name="Room">The room.</param>
/// <param name="Head">Where its log stands.</param>
/// <param name="Indexed">Where the index stands.</param>
public readonly record struct RoomBehind(RoomId Room, Position Head, Position Indexed)
{
    /// <summary>Events that are yet to be read.</summary>
    public long Events => Head.Sequence - (Head.Epoch == Indexed.Epoch ? Indexed.Sequence : 0);
}

/// <summary>Something that an event changes in the index.</summary>
/// <param name="Message">The sequence of the message that it concerns.</param>
public abstract record IndexChange(long Message);

/// <summary>A message was posted.</summary>
public sealed record MessageIndexed(long Message, User Sender, DateTimeOffset SentAt, string Text, bool HasFile = false) : IndexChange(Message);

/// <summary>A message has another text. Nothing happens if there is no such message.</summary>
public sealed record MessageReplaced(long Message, string Text) : IndexChange(Message);

/// <summary>A message is gone. Nothing happens if there is no such message.</summary>
public sealed record MessageDropped(long Message) : IndexChange(Message);

/// <summary>For whom is searched: rooms that are public, that the viewer is a member of, or that a token grants; and none that the viewer was removed from.</summary>
/// <param name="Viewer">Who looks.</param>
/// <param name="Grants">What the viewer's token allows; then no other room is looked in. Null: memberships decide.</param>
public sealed record SearchScope(UserId Viewer, RoomGrants? Grants);

/// <summary>A message that was found, as it stands now.</summary>
public sealed record SearchHit(RoomId Room, Position Id, User Sender, DateTimeOffset SentAt, string Text);

/// <param name="Hits">The newest first.</param>
/// <param name="Next">What asks for the page behind; null if there is nothing more.</param>
public sealed record SearchPage(IReadOnlyList<SearchHit> Hits, string? Next);
