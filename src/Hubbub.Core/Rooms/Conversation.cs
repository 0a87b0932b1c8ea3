using Hubbub.Core.Files;
using Hubbub.Core.Log;
using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>What people say: posting, editing, deleting, typing. The same code for HTTP and for the socket.</summary>
public sealed class Conversation(
    RoomRegistry rooms, RoomAccess access, Mentions mentions, Appender appender, IRoomLog log, IFiles files, Hub.Hub hub, RoomsOptions options, TimeProvider time)
{
    private readonly TypingPace _typing = new(time);

    /// <summary>Posts a message. With a key, the same call may be repeated for ever: it is stored once.</summary>
    public async ValueTask<Outcome<Posted>> PostAsync(Caller caller, RoomId room, NewMessage message, CancellationToken ct) =>
        (await BeginPostAsync(caller, room, message, ct)).Is(out var storing, out var refusal) ? await storing : refusal;

    /// <summary>
    /// Takes a message into the queue of the log: posts begun one after the other are stored in that order. The task within completes when the message is stored.
    /// </summary>
    public async ValueTask<Outcome<Task<Outcome<Posted>>>> BeginPostAsync(Caller caller, RoomId room, NewMessage message, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(message);
        var bringsFiles = message.Files is { Count: > 0 };
        var text = bringsFiles && string.IsNullOrWhiteSpace(message.Text) ? "" : message.Text;
        if ((text is "" && bringsFiles ? null : Texts.CheckMessage(text, options.MaxMessageBytes)) is { } flawed)
            return flawed;
        if (Texts.CheckKey(message.Key) is { } flaw)
            return flaw;
        var allowed = await rooms.OpenAsync(caller, room, Act.Post, ct);
        if (!allowed.Is(out var standing, out var refusal))
            return refusal;
        var content = new MessagePosted(text!);
        if (bringsFiles)
        {
            if (!(await DescribeAsync(room, message.Files!, ct)).Is(out var described, out refusal))
                return refusal;
            content = content with { Files = described };
        }

        if (message.ReplyTo is { } answered)
        {
            if (await FindMessageAsync(room, answered, ct) is null)
                return Refusals.MessageNotFound;
            content = content with { ReplyTo = answered.Sequence };
        }

        if (message.Thread is { } thread)
        {
            if (await FindMessageAsync(room, thread, ct) is not { Content: MessagePosted root })
                return Refusals.MessageNotFound;
            if (root.Thread is not null)
                return Refusals.BadRequest("A message of a thread cannot begin another one; say the first message of its thread.");
            content = content with { Thread = thread.Sequence };
        }

        if (Mentions.MayBeIn(text!))
            content = content with { Mentions = await mentions.FindAsync(standing, text!, ct) };
        _typing.Forget(room, caller.User.Id);
        return AppendAsync(caller, room, message.Key, content, standing.IsPaced);
    }

    /// <summary>Edits a message of one's own.</summary>
    public async ValueTask<Outcome<Posted>> EditAsync(Caller caller, RoomId room, Position message, string? text, string? key, CancellationToken ct)
    {
        if ((Texts.CheckMessage(text, options.MaxMessageBytes) ?? Texts.CheckKey(key)) is { } flaw)
            return flaw;
        var allowed = await access.AuthoriseAsync(caller, room, Act.Post, ct);
        if (!allowed.Is(out var standing, out var refusal))
            return refusal;
        if (await FindMessageAsync(room, message, ct) is not { } posted)
            return Refusals.MessageNotFound;
        if (posted.Sender.Id != caller.User.Id)
            return Refusals.Forbidden("Only its author may edit a message.");
        var content = new MessageEdited(posted.Sequence, text);
        if (Mentions.MayBeIn(text))
            content = content with { Mentions = await mentions.FindAsync(standing, text, ct) };
        return await AppendAsync(caller, room, key, content);
    }

    /// <summary>Deletes a message: its author, or an owner of the room. The log keeps its numbering; what was said is gone from the store.</summary>
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

    /// <summary>Reacts to a message with an emoji, or takes that back. What is so already is answered with where the log stands.</summary>
    public async ValueTask<Outcome<Changed>> ReactAsync(Caller caller, RoomId room, Position message, string emoji, bool isAdded, CancellationToken ct)
    {
        if (!Emoji.IsOne(emoji))
            return Refusals.BadRequest($"A reaction is one emoji of at most {Emoji.MaxBytes} bytes, or :name: of 1–{Emoji.MaxNameLength} of a–z 0–9 _ + -.");
        var allowed = await access.AuthoriseAsync(caller, room, Act.Post, ct);
        if (!allowed.Is(out var standing, out var refusal))
            return refusal;
        if (await FindMessageAsync(room, message, ct) is not { Content: MessagePosted { IsDeleted: false } })
            return Refusals.MessageNotFound;
        return await ChangeAsync(caller, standing, isAdded ? new ReactionAdded(message.Sequence, emoji) : new ReactionRemoved(message.Sequence, emoji), ct);
    }

    /// <summary>Pins a message to the room (owners), or takes it off. What is so already is answered with where the log stands.</summary>
    public async ValueTask<Outcome<Changed>> PinAsync(Caller caller, RoomId room, Position message, bool isPinned, CancellationToken ct)
    {
        var allowed = await access.AuthoriseAsync(caller, room, Act.Pin, ct);
        if (!allowed.Is(out var standing, out var refusal))
            return refusal;
        if (await FindMessageAsync(room, message, ct) is not { Content: MessagePosted { IsDeleted: false } })
            return Refusals.MessageNotFound;
        return await ChangeAsync(caller, standing, isPinned ? new MessagePinned(message.Sequence) : new MessageUnpinned(message.Sequence), ct);
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

    /// <summary>What the event says of the files. Whether they may be brought is the log's to judge, and a repeat may come when they are gone: of what is not there only its id is said.</summary>
    private async ValueTask<Outcome<string>> DescribeAsync(RoomId room, IReadOnlyList<string> ids, CancellationToken ct)
    {
        if (ids.Count > FileRules.MaxFilesOfMessage || !ids.All(FileRules.IsId) || ids.Distinct().Count() < ids.Count)
            return Refusals.BadFiles;
        var found = await files.FindAsync(room, ids, ct);
        return AttachedFile.Write([.. ids.Select(id => found.FirstOrDefault(f => f.Id == id)?.What is { } what
            ? new AttachedFile(id, what.Name, what.Type, what.Size, what.Width, what.Height, found.FirstOrDefault(f => f.ThumbnailOf == id)?.Id)
            : new AttachedFile(id, "", FileRules.InertType, 0))])!;
    }

    private async ValueTask<RoomEvent?> FindMessageAsync(RoomId room, Position message, CancellationToken ct)
    {
        if (message.IsStart)
            return null;
        var page = await log.ReadAsync(room, message.Sequence - 1, 1, ct);
        return page?.Events is [{ Content: MessagePosted } found] && found.Position == message ? found : null;
    }

    private async ValueTask<Outcome<Changed>> ChangeAsync(Caller caller, Standing standing, EventContent content, CancellationToken ct)
    {
        var outcome = await appender.AppendAsync(new Draft(standing.Room.Id, caller.User, time.GetUtcNow(), null, content));
        if (outcome.Refusal is { } refusal)
            return refusal;
        if (outcome.Event is { } stored)
            return new Changed(stored.Room, stored.Position, stored);
        return (await log.HeadsAsync([standing.Room.Id], ct))[0] is { } head ? new Changed(standing.Room.Id, head, null) : Refusals.RoomNotFound;
    }

    private async Task<Outcome<Posted>> AppendAsync(Caller caller, RoomId room, string? key, EventContent content, bool isPaced = false)
    {
        var outcome = await appender.AppendAsync(new Draft(room, caller.User, time.GetUtcNow(), key, content) { IsPaced = isPaced });
        return outcome.Refusal is { } refusal ? refusal : new Posted(outcome.Event!, outcome.IsRepeated);
    }
}

/// <summary>What somebody wants to say.</summary>
/// <param name="Text">Checked when it is posted.</param>
/// <param name="Key">The client's own, or null.</param>
/// <param name="ReplyTo">The message that it answers, or null.</param>
/// <param name="Thread">The message in whose thread it is to stand, or null.</param>
/// <param name="Files">The ids of files that it brings; then the text may be empty.</param>
public sealed record NewMessage(string? Text, string? Key = null, Position? ReplyTo = null, Position? Thread = null, IReadOnlyList<string>? Files = null);

/// <summary>An event that is stored.</summary>
/// <param name="Event">As stored.</param>
/// <param name="Repeated">True if it was stored before, by an earlier call with the same key.</param>
public sealed record Posted(RoomEvent Event, bool Repeated);

/// <summary>Something in a room is as it was asked to be.</summary>
/// <param name="Room">Where.</param>
/// <param name="Position">Of the event that says so; or where the log stands, if it was so already.</param>
/// <param name="Event">The event; null if it was so already.</param>
public sealed record Changed(RoomId Room, Position Position, RoomEvent? Event);
