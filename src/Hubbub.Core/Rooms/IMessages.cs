using Hubbub.Core.Log;
using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>
/// What the log says of its messages by now: a projection of the log, kept by <see cref="IRoomLog.AppendAsync"/> in the same transaction. Defined by <c>MessagesContract</c>.
/// </summary>
/// <remarks>Thread-safe. Operating errors are <see cref="StoreException"/>.</remarks>
public interface IMessages
{
    /// <summary>Messages as they stand, in the order asked. What is no message of the room is left out.</summary>
    /// <param name="room">The room; nothing is found in one that does not exist.</param>
    /// <param name="sequences">Which messages, at most <see cref="Limits.MaxPage"/>.</param>
    /// <param name="viewer">Who asks.</param>
    /// <param name="ct">Ends the asking.</param>
    ValueTask<IReadOnlyList<StandingMessage>> FindAsync(RoomId room, IReadOnlyList<long> sequences, UserId viewer, CancellationToken ct);

    /// <summary>The sequences of the pinned messages of a room, the one pinned last first.</summary>
    ValueTask<IReadOnlyList<long>> PinnedAsync(RoomId room, CancellationToken ct);

    /// <summary>Events that concern messages (<see cref="EventContent.Target"/>), ascending.</summary>
    ValueTask<IReadOnlyList<RoomEvent>> ConcerningAsync(RoomId room, Concerning asked, CancellationToken ct);
}

/// <summary>Which events are asked for, by the messages that they concern.</summary>
/// <param name="Messages">The messages' sequences, at most <see cref="Limits.MaxPage"/>.</param>
/// <param name="After">Only events behind this sequence.</param>
/// <param name="Limit">How many at most, 1–1000: the first ones.</param>
/// <param name="Type">Only events of this type; null for all but the messages of threads.</param>
public readonly record struct Concerning(IReadOnlyList<long> Messages, long After = 0, int Limit = Limits.MaxPage, string? Type = null);

/// <summary>A message as it stands after all that happened to it.</summary>
/// <param name="Posted">The event that posted it; of a deleted message without its text.</param>
/// <param name="Edited">The newest edit of it; null if there is none, and of a deleted message.</param>
public sealed record StandingMessage(RoomEvent Posted, RoomEvent? Edited = null)
{
    /// <summary>How it was reacted to, in the order in which each emoji came first.</summary>
    public IReadOnlyList<Reactions> Reactions { get; init; } = [];

    /// <summary>How many messages its thread has, without those that are deleted.</summary>
    public int Replies { get; init; }

    /// <summary>The newest of them, by sequence; 0 if there is none.</summary>
    public long LastReply { get; init; }

    public MessagePosted Content => (MessagePosted)Posted.Content;

    /// <summary>What it says now; empty if it is deleted.</summary>
    public string Text => Edited?.Content is MessageEdited edited ? edited.Text : Content.Text;

    /// <summary>Whom it mentions now, as <see cref="MessagePosted.Mentions"/>.</summary>
    public string? Mentions => Edited?.Content is MessageEdited edited ? edited.Mentions : Content.Mentions;
}

/// <summary>The reactions to a message with one emoji.</summary>
/// <param name="Emoji">Which.</param>
/// <param name="Count">How many users.</param>
/// <param name="IsMine">Whether the viewer is one of them.</param>
public sealed record Reactions(string Emoji, int Count, bool IsMine);
