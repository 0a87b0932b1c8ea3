using Hubbub.Core.Log;
using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>What people say: posting, editing, deleting, typing. The same code for HTTP and for the socket.</summary>
public sealed class Conversation(
    RoomRegistry rooms, RoomAccess access, Appender appender, IRoomLog log, Hub.Hub hub, RoomsOptions options, TimeProvider time)
{
    private readonly TypingPace _typing = new(time);

    /// <summary>Posts a message. With a key, the same call may be repeated for ever: it is stored once.</summary>
    public async ValueTask<Outcome<Posted>> PostAsync(Caller caller, RoomId room, string? text, string? key, CancellationToken ct) =>
        (await BeginPostAsync(caller, room, text, key, ct)).Is(out var storing, out var refusal) ? await storing : refusal;

    /// <summary>
    /// Takes a message into the queue of the log: posts begun one after the other are stored in that order. The task within completes when the message is stored.
    /// </summary>
    public async ValueTask<Outcome<Task<Outcome<Posted>>>> BeginPostAsync(
        Caller caller, RoomId room, string? text, string? key, CancellationToken ct)
    {
        if ((Texts.CheckMessage(text, options.MaxMessageBytes) ?? Texts.CheckKey(key)) is { } flaw)
            return flaw;
        var allowed = await rooms.OpenAsync(caller, room, Act.Post, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        _typing.Forget(room, caller.User.Id);
        return AppendAsync(caller, room, key, new MessagePosted(text));
    }

    /// <summary>Edits a message of one's own.</summary>
    public async ValueTask<Outcome<Posted>> EditAsync(Caller caller, RoomId room, Position message, string? text, string? key, CancellationToken ct)
    {
        if ((Texts.CheckMessage(text, options.MaxMessageBytes) ?? Texts.CheckKey(key)) is { } flaw)
            return flaw;
        var allowed = await access.AuthoriseAsync(caller, room, Act.Post, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        if (await FindMessageAsync(room, message, ct) is not { } posted)
            return Refusals.MessageNotFound;
        if (posted.Sender.Id != caller.User.Id)
            return Refusals.Forbidden("Only its author may edit a message.");
        return await AppendAsync(caller, room, key, new MessageEdited(posted.Sequence, text));
    }

    /// <summary>Deletes a message: its author, or an owner of the room. The log keeps its numbering; what was said is not shown any more.</summary>
    public async ValueTask<Outcome<Posted>> DeleteAsync(Caller caller, RoomId room, Position message, CancellationToken ct)
    {
        var allowed = await access.AuthoriseAsync(caller, room, Act.Post, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        if (await FindMessageAsync(room, message, ct) is not { } posted)
            return Refusals.MessageNotFound;
        if (posted.Sender.Id != caller.User.Id)
        {
            var owner = await access.AuthoriseAsync(caller, room, Act.DeleteOthersMessage, ct);
            if (!owner.Is(out _, out refusal))
                return refusal;
        }

        // The key makes a second deletion by the same person the same event; its space keeps it apart from all keys of clients.
        return await AppendAsync(caller, room, $"delete {posted.Position}", new MessageDeleted(posted.Sequence));
    }

    /// <summary>Tells the room that the caller is typing, at most once a second. Lost is lost.</summary>
    public async ValueTask<Refusal?> TypingAsync(Caller caller, RoomId room, CancellationToken ct)
    {
        var allowed = await access.AuthoriseAsync(caller, room, Act.Post, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        if (_typing.TryTake(room, caller.User.Id))
            hub.Typing(room, caller.User);
        return null;
    }

    private async ValueTask<RoomEvent?> FindMessageAsync(RoomId room, Position message, CancellationToken ct)
    {
        if (message.IsStart)
            return null;
        var page = await log.ReadAsync(room, message.Sequence - 1, 1, ct);
        return page?.Events is [{ Content: MessagePosted } found] && found.Position == message ? found : null;
    }

    private async Task<Outcome<Posted>> AppendAsync(Caller caller, RoomId room, string? key, EventContent content)
    {
        var outcome = await appender.AppendAsync(new Draft(room, caller.User, time.GetUtcNow(), key, content));
        return outcome.Refusal is { } refusal ? refusal : new Posted(outcome.Event!, outcome.IsRepeated);
    }
}

/// <summary>An event that is stored.</summary>
/// <param name="Event">As stored.</param>
/// <param name="Repeated">True if it was stored before, by an earlier call with the same key.</param>
public sealed record Posted(RoomEvent Event, bool Repeated);
