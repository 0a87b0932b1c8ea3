using Hubbub.Core.Hub;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Api;

/// <summary>Who is in a room now. Every node answers, whatever its role: each hears the others.</summary>
internal static class PresenceEndpoints
{
    public static void MapPresence(this IEndpointRouteBuilder api) => api.MapGet("/rooms/{room}/presence", GetAsync).Produces<PresenceAnswer>();

    private static async Task<IResult> GetAsync(HttpContext http, string room, SignedIn who, RoomAccess access, Hub hub)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        var allowed = await access.AuthoriseAsync(who.Caller, id, Act.Read, http.RequestAborted);
        if (!allowed.Is(out var standing, out var refusal))
            return Answer.Refuse(refusal);
        return await hub.PresenceAsync(standing.Room, who.Caller.User.Id, http.RequestAborted) is { } presence
            ? Answer.Ok(PresenceAnswer.Of(presence))
            : Answer.Refuse(Refusals.RoomNotFound);
    }
}
