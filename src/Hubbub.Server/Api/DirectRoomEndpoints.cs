using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Api;

/// <summary>Rooms between two or a few people.</summary>
internal static class DirectRoomEndpoints
{
    public static void MapDirectRooms(this IEndpointRouteBuilder api) =>
        api.MapPost("/direct", OpenAsync).Accepts<DirectRoomRequest>("application/json").Produces<RoomShape>().Produces<RoomShape>(StatusCodes.Status201Created);

    private static async Task<IResult> OpenAsync(HttpContext http, SignedIn who, DirectRooms rooms, IRoomDirectory directory)
    {
        var body = await Body.ReadAsync<DirectRoomRequest>(http);
        if (!body.Is(out var asked, out var refusal))
            return Answer.Refuse(refusal);
        var people = new List<UserId>();
        foreach (var text in asked.People ?? [])
        {
            if (!UserId.TryParse(text, out var id))
                return Answer.Refuse(Refusals.BadRequest("'people' are user ids."));
            people.Add(id);
        }

        var opened = await rooms.OpenAsync(who.Caller, people, http.RequestAborted);
        if (!opened.Is(out var direct, out refusal))
            return Answer.Refuse(refusal);
        var shape = await RoomEndpoints.ShapeAsync(direct.Standing, who.Caller, directory, http.RequestAborted);
        return Answer.Ok(shape, direct.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }
}
