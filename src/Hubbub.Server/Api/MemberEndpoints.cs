using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;
using Microsoft.AspNetCore.Http.Features;

namespace Hubbub.Server.Api;

/// <summary>Who belongs to a room: list, join, leave, roles, remove, kick, mute.</summary>
internal static class MemberEndpoints
{
    private const string Me = "me";

    public static void MapMembers(this IEndpointRouteBuilder api)
    {
        api.MapGet("/rooms/{room}/members", ListAsync).Produces<MembersAnswer>().TakesQuery(Page.Parameters);
        api.MapPut("/rooms/{room}/members/me", JoinAsync).Produces<MemberShape>();
        api.MapPut("/rooms/{room}/members/{user}", ChangeRoleAsync).Accepts<RoleRequest>("application/json").Produces<MemberShape>();
        api.MapDelete("/rooms/{room}/members/{user}", RemoveAsync).Produces(StatusCodes.Status204NoContent);
        api.MapPost("/rooms/{room}/members/{user}/kick", KickAsync).Produces(StatusCodes.Status204NoContent);
        api.MapPut("/rooms/{room}/members/{user}/mute", MuteAsync).Accepts<MuteRequest>("application/json").Produces<MuteAnswer>();
        api.MapDelete("/rooms/{room}/members/{user}/mute", UnmuteAsync).Produces(StatusCodes.Status204NoContent);
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
        if (ReadIds(http, room, user, fromEnd: 1, out var id, out var member) is { } malformed)
            return Answer.Refuse(malformed);
        var isMe = member.Value == Me;
        return Answer.Done(await members.RemoveAsync(who.Caller, id, isMe ? who.Caller.User.Id : member, http.RequestAborted));
    }

    private static async Task<IResult> ChangeRoleAsync(HttpContext http, string room, string user, SignedIn who, Members members)
    {
        if (ReadIds(http, room, user, fromEnd: 1, out var id, out var member) is { } malformed)
            return Answer.Refuse(malformed);
        var body = await Body.ReadAsync<RoleRequest>(http);
        if (!body.Is(out var asked, out var refusal))
            return Answer.Refuse(refusal);
        if (!Words.TryRead(asked.Role, out Role role))
            return Answer.Refuse(Refusals.BadRequest("'role' is owner, moderator, member or reader."));
        return Answer.Of(await members.ChangeRoleAsync(who.Caller, id, member, role, http.RequestAborted), MemberShape.Of);
    }

    private static async Task<IResult> KickAsync(HttpContext http, string room, string user, SignedIn who, Members members) =>
        ReadIds(http, room, user, fromEnd: 2, out var id, out var member) is { } malformed
            ? Answer.Refuse(malformed)
            : Answer.Done(await members.KickAsync(who.Caller, id, member, http.RequestAborted));

    private static async Task<IResult> MuteAsync(HttpContext http, string room, string user, SignedIn who, Members members)
    {
        if (ReadIds(http, room, user, fromEnd: 2, out var id, out var member) is { } malformed)
            return Answer.Refuse(malformed);
        var body = await Body.ReadAsync<MuteRequest>(http);
        if (!body.Is(out var asked, out var refusal))
            return Answer.Refuse(refusal);
        return Answer.Of(
            await members.MuteAsync(who.Caller, id, member, asked.Seconds, http.RequestAborted), muted => new MuteAnswer(UserShape.Of(muted.User), Times.Write(muted.Until)));
    }

    private static async Task<IResult> UnmuteAsync(HttpContext http, string room, string user, SignedIn who, Members members) =>
        ReadIds(http, room, user, fromEnd: 2, out var id, out var member) is { } malformed
            ? Answer.Refuse(malformed)
            : Answer.Done(await members.UnmuteAsync(who.Caller, id, member, http.RequestAborted));

    private static Refusal? ReadIds(HttpContext http, string room, string user, int fromEnd, out RoomId id, out UserId member)
    {
        member = default;
        if (!RoomId.TryParse(room, out id))
            return Refusals.BadRoom;
        return UserId.TryParse(Segment(http, fromEnd) ?? user, out member) ? null : Refusals.BadRequest("That is not a user id.");
    }

    /// <summary>The last segment of the path, as <see cref="Segment"/>.</summary>
    public static string? LastSegment(HttpContext http) => Segment(http, fromEnd: 1);

    /// <summary>The user id as the client wrote it: an id may hold a slash, and routing leaves that encoded, so that it reads like an id that holds "%2F".</summary>
    private static string? Segment(HttpContext http, int fromEnd)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.Split('?', 2)[0].TrimEnd('/').Split('/');
        return path.Length < fromEnd || path[^fromEnd].Length == 0 ? null : Uri.UnescapeDataString(path[^fromEnd]);
    }
}
