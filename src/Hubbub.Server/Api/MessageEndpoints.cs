using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Api;

/// <summary>What people say, over HTTP: post, edit, delete, typing.</summary>
internal static class MessageEndpoints
{
    public static void MapMessages(this IEndpointRouteBuilder api)
    {
        api.MapPost("/rooms/{room}/messages", PostAsync)
            .Accepts<PostMessageRequest>("application/json").Produces<PostedAnswer>().Produces<PostedAnswer>(StatusCodes.Status201Created);
        api.MapPatch("/rooms/{room}/messages/{message}", EditAsync).Accepts<PostMessageRequest>("application/json").Produces<PostedAnswer>();
        api.MapDelete("/rooms/{room}/messages/{message}", DeleteAsync).Produces<PostedAnswer>();
        api.MapPost("/rooms/{room}/typing", TypingAsync).Produces(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> PostAsync(HttpContext http, string room, SignedIn who, Conversation conversation)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        var body = await Body.ReadAsync<PostMessageRequest>(http);
        if (!body.Is(out var asked, out var refusal))
            return Answer.Refuse(refusal);
        var posted = await conversation.PostAsync(who.Caller, id, asked.Message, asked.Key, http.RequestAborted);
        return posted.Is(out var stored, out refusal)
            ? Answer.Ok(PostedAnswer.Of(stored.Event), stored.Repeated ? StatusCodes.Status200OK : StatusCodes.Status201Created)
            : Answer.Refuse(refusal);
    }

    private static async Task<IResult> EditAsync(HttpContext http, string room, string message, SignedIn who, Conversation conversation)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        if (!Position.TryParse(message, out var position))
            return Answer.Refuse(Refusals.MessageNotFound);
        var body = await Body.ReadAsync<PostMessageRequest>(http);
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
}
