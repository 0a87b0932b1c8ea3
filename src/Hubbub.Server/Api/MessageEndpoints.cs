using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Server.Transports.Http;

namespace Hubbub.Server.Api;

/// <summary>What people say, over HTTP: post, edit, delete, typing; and what became of it.</summary>
internal static class MessageEndpoints
{
    public static void MapMessages(this IEndpointRouteBuilder api)
    {
        api.MapPost("/rooms/{room}/messages", PostAsync)
            .Accepts<PostMessageRequest>("application/json").Produces<PostedAnswer>().Produces<PostedAnswer>(StatusCodes.Status201Created);
        api.MapGet("/rooms/{room}/messages/{message}", GetAsync).Produces<MessageShape>();
        api.MapGet("/rooms/{room}/messages/{message}/edits", EditsAsync).Produces<EditsAnswer>();
        api.MapPatch("/rooms/{room}/messages/{message}", EditAsync).Accepts<EditMessageRequest>("application/json").Produces<PostedAnswer>();
        api.MapDelete("/rooms/{room}/messages/{message}", DeleteAsync).Produces<PostedAnswer>();
        api.MapGet("/rooms/{room}/messages/{message}/thread", ThreadAsync).TakesQuery(
            ("after", "A position: messages behind it."), ("limit", $"1 to {Limits.MaxPage}; {Limits.DefaultPage} if absent.")).Produces(StatusCodes.Status200OK);
        api.MapPut("/rooms/{room}/messages/{message}/reactions/{emoji}", ReactAsync).Produces<PostedAnswer>();
        api.MapDelete("/rooms/{room}/messages/{message}/reactions/{emoji}", UnreactAsync).Produces<PostedAnswer>();
        api.MapPut("/rooms/{room}/messages/{message}/pin", PinAsync).Produces<PostedAnswer>();
        api.MapDelete("/rooms/{room}/messages/{message}/pin", UnpinAsync).Produces<PostedAnswer>();
        api.MapGet("/rooms/{room}/pins", PinsAsync).Produces<PinsAnswer>();
        api.MapPost("/rooms/{room}/typing", TypingAsync).Produces(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> PostAsync(HttpContext http, string room, SignedIn who, Conversation conversation)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        var body = await Body.ReadAsync<PostMessageRequest>(http);
        if (!body.Is(out var asked, out var refusal))
            return Answer.Refuse(refusal);
        if (ReadMessageId(asked.ReplyTo, out var replyTo) is { } badReply)
            return Answer.Refuse(badReply);
        if (ReadMessageId(asked.Thread, out var thread) is { } badThread)
            return Answer.Refuse(badThread);
        var posted = await conversation.PostAsync(who.Caller, id, new NewMessage(asked.Message, asked.Key, replyTo, thread, asked.Files), http.RequestAborted);
        return posted.Is(out var stored, out refusal)
            ? Answer.Ok(PostedAnswer.Of(stored.Event), stored.Repeated ? StatusCodes.Status200OK : StatusCodes.Status201Created)
            : Answer.Refuse(refusal);
    }

    private static async Task<IResult> GetAsync(HttpContext http, string room, string message, SignedIn who, Messages messages)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        if (!Position.TryParse(message, out var position))
            return Answer.Refuse(Refusals.MessageNotFound);
        return Answer.Of(await messages.GetAsync(who.Caller, id, position, http.RequestAborted), MessageShape.Of);
    }

    private static async Task<IResult> EditsAsync(HttpContext http, string room, string message, SignedIn who, Messages messages)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        if (!Position.TryParse(message, out var position))
            return Answer.Refuse(Refusals.MessageNotFound);
        return Answer.Of(await messages.EditsAsync(who.Caller, id, position, http.RequestAborted), edits => new EditsAnswer([.. edits.Select(EditShape.Of)]));
    }

    private static async Task<IResult> ThreadAsync(HttpContext http, string room, string message, SignedIn who, Messages messages)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        if (!Position.TryParse(message, out var position))
            return Answer.Refuse(Refusals.MessageNotFound);
        if (Page.Read(http.Request, out var limit, out var given) is { } malformed)
            return Answer.Refuse(malformed);
        var after = Position.Start;
        if (given is not null && !Position.TryParse(given, out after))
            return Answer.Refuse(Refusals.BadPosition);
        var asked = await messages.ThreadAsync(who.Caller, id, position, after, limit, http.RequestAborted);
        return asked.Is(out var thread, out var refusal)
            ? new PollPage(id, thread.Events, thread.Position, thread.Head, Later: thread.Later)
            : Answer.Refuse(refusal);
    }

    private static Task<IResult> ReactAsync(HttpContext http, string room, string message, string emoji, SignedIn who, Conversation conversation) =>
        ChangeReactionAsync(http, room, message, emoji, who, conversation, isAdded: true);

    private static Task<IResult> UnreactAsync(HttpContext http, string room, string message, string emoji, SignedIn who, Conversation conversation) =>
        ChangeReactionAsync(http, room, message, emoji, who, conversation, isAdded: false);

    private static async Task<IResult> ChangeReactionAsync(HttpContext http, string room, string message, string emoji, SignedIn who, Conversation conversation, bool isAdded)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        if (!Position.TryParse(message, out var position))
            return Answer.Refuse(Refusals.MessageNotFound);
        return Answer.Of(await conversation.ReactAsync(who.Caller, id, position, emoji, isAdded, http.RequestAborted), PostedAnswer.Of);
    }

    private static Task<IResult> PinAsync(HttpContext http, string room, string message, SignedIn who, Conversation conversation) =>
        ChangePinAsync(http, room, message, who, conversation, isPinned: true);

    private static Task<IResult> UnpinAsync(HttpContext http, string room, string message, SignedIn who, Conversation conversation) =>
        ChangePinAsync(http, room, message, who, conversation, isPinned: false);

    private static async Task<IResult> ChangePinAsync(HttpContext http, string room, string message, SignedIn who, Conversation conversation, bool isPinned)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        if (!Position.TryParse(message, out var position))
            return Answer.Refuse(Refusals.MessageNotFound);
        return Answer.Of(await conversation.PinAsync(who.Caller, id, position, isPinned, http.RequestAborted), PostedAnswer.Of);
    }

    private static async Task<IResult> PinsAsync(HttpContext http, string room, SignedIn who, Messages messages) =>
        RoomId.TryParse(room, out var id)
            ? Answer.Of(await messages.PinsAsync(who.Caller, id, http.RequestAborted), pins => new PinsAnswer([.. pins.Select(MessageShape.Of)]))
            : Answer.Refuse(Refusals.BadRoom);

    private static async Task<IResult> EditAsync(HttpContext http, string room, string message, SignedIn who, Conversation conversation)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        if (!Position.TryParse(message, out var position))
            return Answer.Refuse(Refusals.MessageNotFound);
        var body = await Body.ReadAsync<EditMessageRequest>(http);
        if (!body.Is(out var asked, out var refusal))
            return Answer.Refuse(refusal);
        return Answer.Of(
            await conversation.EditAsync(who.Caller, id, position, asked.Message, asked.Key, http.RequestAborted),
            stored => PostedAnswer.Of(stored.Event));
    }

    private static async Task<IResult> DeleteAsync(HttpContext http, string room, string message, SignedIn who, Conversation conversation)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        if (!Position.TryParse(message, out var position))
            return Answer.Refuse(Refusals.MessageNotFound);
        return Answer.Of(
            await conversation.DeleteAsync(who.Caller, id, position, http.RequestAborted), stored => PostedAnswer.Of(stored.Event));
    }

    private static async Task<IResult> TypingAsync(HttpContext http, string room, SignedIn who, Conversation conversation)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        return await conversation.TypingAsync(who.Caller, id, http.RequestAborted) is { } refusal ? Answer.Refuse(refusal) : Results.Accepted();
    }

    /// <summary>A message's id in a body; null is none.</summary>
    private static Refusal? ReadMessageId(string? text, out Position? message)
    {
        message = Position.TryParse(text, out var position) ? position : null;
        return text is null || message is not null ? null : Refusals.BadPosition;
    }
}
