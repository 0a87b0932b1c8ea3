using Hubbub.Core.Log;
using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>What became of what was said, for those who may read it.</summary>
public sealed class Messages(RoomAccess access, IMessages messages, IRoomLog log)
{
    /// <summary>A message as it stands.</summary>
    public async ValueTask<Outcome<StandingMessage>> GetAsync(Caller caller, RoomId room, Position message, CancellationToken ct)
    {
        var allowed = await access.AuthoriseAsync(caller, room, Act.Read, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        return await FindAsync(caller, room, message, ct) is { } found ? found : Refusals.MessageNotFound;
    }

    /// <summary>What a message said, first and after each edit, oldest first, the first 1000 edits. Of a deleted one nothing is left.</summary>
    public async ValueTask<Outcome<IReadOnlyList<RoomEvent>>> EditsAsync(Caller caller, RoomId room, Position message, CancellationToken ct)
    {
        var standing = await GetAsync(caller, room, message, ct);
        if (!standing.Is(out var found, out var refusal))
            return refusal;
        var edits = await messages.ConcerningAsync(room, new Concerning([message.Sequence], Type: "message_edited"), ct);

        // It may have been deleted between the two questions.
        if (found.Content.IsDeleted || edits.Any(e => e.Content is MessageEdited { IsDeleted: true }))
            return Refusals.MessageNotFound;
        return Outcome<IReadOnlyList<RoomEvent>>.Of([found.Posted, .. edits]);
    }

    /// <summary>The pinned messages as they stand, the one pinned last first.</summary>
    public async ValueTask<Outcome<IReadOnlyList<StandingMessage>>> PinsAsync(Caller caller, RoomId room, CancellationToken ct)
    {
        var allowed = await access.AuthoriseAsync(caller, room, Act.Read, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        return Outcome<IReadOnlyList<StandingMessage>>.Of(await messages.FindAsync(room, await messages.PinnedAsync(room, ct), caller.User.Id, ct));
    }

    /// <summary>Messages of a thread, ascending, and what has happened to them since.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="room">The room.</param>
    /// <param name="message">The message with which the thread begins; it is not in the page.</param>
    /// <param name="after">Only messages behind this position.</param>
    /// <param name="limit">How many at most, 1–1000.</param>
    /// <param name="ct">Ends the asking.</param>
    public async ValueTask<Outcome<ThreadPage>> ThreadAsync(Caller caller, RoomId room, Position message, Position after, int limit, CancellationToken ct)
    {
        var standing = await GetAsync(caller, room, message, ct);
        if (!standing.Is(out var root, out var refusal))
            return refusal;
        if (!after.IsStart && after.Epoch != root.Posted.Position.Epoch)
            return Refusals.BadPosition;
        if ((await log.HeadsAsync([room], ct))[0] is not { } head)
            return Refusals.RoomNotFound;
        var found = await messages.ConcerningAsync(room, new Concerning([message.Sequence], after.Sequence, limit, "message"), ct);
        return new ThreadPage(found, await SinceAsync(room, found, ct), found.Count > 0 ? found[^1].Position : head with { Sequence = after.Sequence }, head.Sequence);
    }

    /// <summary>What has happened to the messages among some events behind the last of them: at most 1000 events, ascending.</summary>
    public async ValueTask<IReadOnlyList<RoomEvent>> LaterAsync(RoomId room, IReadOnlyList<RoomEvent> events, CancellationToken ct)
    {
        List<long> posted = [.. events.Where(e => e.Content is MessagePosted).Select(e => e.Sequence)];
        return posted.Count == 0 ? [] : await messages.ConcerningAsync(room, new Concerning(posted, events[^1].Sequence), ct);
    }

    /// <summary>All that has happened to messages: between those of a thread there are no events of theirs.</summary>
    private async ValueTask<IReadOnlyList<RoomEvent>> SinceAsync(RoomId room, IReadOnlyList<RoomEvent> posted, CancellationToken ct) =>
        posted.Count == 0 ? [] : await messages.ConcerningAsync(room, new Concerning([.. posted.Select(e => e.Sequence)]), ct);

    private async ValueTask<StandingMessage?> FindAsync(Caller caller, RoomId room, Position message, CancellationToken ct) =>
        !message.IsStart && await messages.FindAsync(room, [message.Sequence], caller.User.Id, ct) is [{ } found] && found.Posted.Position == message ? found : null;
}

/// <summary>A page of a thread.</summary>
/// <param name="Events">Its messages, ascending.</param>
/// <param name="Later">What has happened to them.</param>
/// <param name="Position">What to ask after next.</param>
/// <param name="Head">The newest sequence of the room.</param>
public sealed record ThreadPage(IReadOnlyList<RoomEvent> Events, IReadOnlyList<RoomEvent> Later, Position Position, long Head);
