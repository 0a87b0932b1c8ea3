using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Microsoft.AspNetCore.Http.Features;

namespace Hubbub.Server.Api;

/// <summary>Who belongs to a room: list, join, leave, remove.</summary>
internal static class MemberEndpoints
{
    private const string Me = "me";

    public static void MapMembers(this IEndpointRouteBuilder api)
    {
        api.MapGet("/rooms/{room}/members", ListAsync).Produces<MembersAnswer>().TakesQuery(Page.Parameters);
        api.MapPut("/rooms/{room}/members/me", JoinAsync).Produces<MemberShape>();
        api.MapDelete("/rooms/{room}/members/{user}", RemoveAsync).Produces(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> ListAsync(HttpContext http, string room, SignedIn who, RoomAccess access, IRoomDirectory directory)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        if (Page.Read(http.Request, out var limit, out var after) is { } malformed)
            return Answer.Refuse(malformed);
        UserId? start = null;
        if (after is not null)
        {
            if (!UserId.TryParse(after, out var user))
                return Answer.Refuse(Refusals.BadRequest("'after' is a user id."));
            start = user;
        }

        var allowed = await access.AuthoriseAsync(who.Caller, id, Act.Read, http.RequestAborted);
        if (!allowed.Is(out _, out var refusal))
            return Answer.Refuse(refusal);
        var members = await directory.MembersAsync(id, start, limit, http.RequestAborted);
        return Answer.Ok(new MembersAnswer([.. members.Select(MemberShape.Of)], members.Count == limit ? members[^1].User.Id.Value : null));
    }

    private static async Task<IResult> JoinAsync(HttpContext http, string room, SignedIn who, Members members) =>
        RoomId.TryParse(room, out var id)
            ? Answer.Of(await members.JoinAsync(who.Caller, id, http.RequestAborted), MemberShape.Of)
            : Answer.Refuse(Refusals.BadRoom);

    private static async Task<IResult> RemoveAsync(HttpContext http, string room, string user, SignedIn who, Members members)
    {
        user = LastSegment(http) ?? user;
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        var member = who.Caller.User.Id;
        if (user != Me && !UserId.TryParse(user, out member))
            return Answer.Refuse(Refusals.BadRequest("That is not a user id."));
        return Answer.Done(await members.RemoveAsync(who.Caller, id, member, http.RequestAborted));
    }

    /// <summary>The user id as the client wrote it: an id may hold a slash, and routing leaves that encoded, so that it reads like an id that holds "%2F".</summary>
    public static string? LastSegment(HttpContext http)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.AsSpan();
        if (target.IndexOf('?') is >= 0 and var query)
            target = target[..query];
        target = target.TrimEnd('/');
        return target.IsEmpty ? null : Uri.UnescapeDataString(target[(target.LastIndexOf('/') + 1)..]);
    }
}
