using System.Globalization;
using System.Security.Cryptography;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Server.Api;

/// <summary>Rooms: list, create, get, change, and how far one has read.</summary>
internal static class RoomEndpoints
{
    private const string IdAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    /// <summary>No name and no id is longer.</summary>
    private const int MaxQueryLength = 64;

    public static void MapRooms(this IEndpointRouteBuilder api)
    {
        api.MapGet("/rooms", ListAsync).Produces<RoomsAnswer>().TakesQuery([.. Page.Parameters, ("q", "Only rooms whose name or id contains this, in upper or lower case.")]);
        api.MapPost("/rooms", CreateAsync).Accepts<CreateRoomRequest>("application/json").Produces<RoomShape>(StatusCodes.Status201Created);
        api.MapGet("/rooms/{room}", GetAsync).Produces<RoomShape>();
        api.MapPatch("/rooms/{room}", ChangeAsync).Accepts<ChangeRoomRequest>("application/json").Produces<RoomShape>();
        api.MapPut("/rooms/{room}/read", MarkReadAsync).Accepts<ReadMarkRequest>("application/json").Produces<ReadMarkAnswer>();
    }

    /// <summary>A room as its caller sees it now; the standing's own copy may be a second old.</summary>
    public static async ValueTask<RoomShape> ShapeAsync(Standing standing, Caller caller, IRoomDirectory directory, CancellationToken ct)
    {
        // What the token grants is no membership: the standing has both.
        var listing = await directory.LookAsync(standing.Room.Id, caller.User.Id, ct) ?? new RoomListing(standing.Room, null, 0, null, null);
        listing = listing with { Role = standing.Role };
        return standing.Room.IsDirect && (await directory.PeopleAsync([standing.Room.Id], ct)).TryGetValue(standing.Room.Id, out var people)
            ? RoomShape.Of(listing, people, caller.User.Id)
            : RoomShape.Of(listing);
    }

    private static async Task<IResult> ListAsync(HttpContext http, SignedIn who, IRoomDirectory directory)
    {
        if (Page.Read(http.Request, out var limit, out var after) is { } refusal)
            return Answer.Refuse(refusal);
        var matching = http.Request.Query["q"] is [{ } asked] && !string.IsNullOrWhiteSpace(asked) ? asked.Trim() : null;
        if (matching?.Length > MaxQueryLength)
            return Answer.Refuse(Refusals.BadRequest($"'q' is at most {MaxQueryLength} characters."));
        RoomId? start = null;
        if (after is not null)
        {
            if (!RoomId.TryParse(after, out var id))
                return Answer.Refuse(Refusals.BadRoom);
            start = id;
        }

        var listed = await directory.ListAsync(who.Caller.User.Id, matching, start, limit, http.RequestAborted);

        // A token with grants sees its rooms only; the page may then hold fewer than its limit, and still have a next.
        var seen = listed
            .Where(l => who.Caller.Grants is null || who.Caller.Grants.TryFind(l.Room.Id, out _)).ToList();
        var direct = seen.Where(l => l.Room.IsDirect).Select(l => l.Room.Id).ToList();
        var people = direct.Count > 0 ? await directory.PeopleAsync(direct, http.RequestAborted) : null;
        var rooms = seen.ConvertAll(l => people?.TryGetValue(l.Room.Id, out var inIt) == true ? RoomShape.Of(l, inIt, who.Caller.User.Id) : RoomShape.Of(l));
        return Answer.Ok(new RoomsAnswer(rooms, listed.Count == limit ? listed[^1].Room.Id.Value : null));
    }

    private static async Task<IResult> CreateAsync(HttpContext http, SignedIn who, RoomRegistry rooms, IRoomDirectory directory)
    {
        var body = await Body.ReadAsync<CreateRoomRequest>(http);
        if (!body.Is(out var asked, out var refusal))
            return Answer.Refuse(refusal);
        if (!RoomId.TryParse(asked.Id ?? RandomNumberGenerator.GetString(IdAlphabet, 12), out var id))
            return Answer.Refuse(Refusals.BadRoom);
        var visibility = Visibility.Public;
        if (asked.Visibility is not null && !Words.TryRead(asked.Visibility, out visibility))
            return Answer.Refuse(Refusals.BadRequest("'visibility' is public or private."));
        var consistency = Consistency.Strong;
        if (asked.Consistency is not null && !Words.TryRead(asked.Consistency, out consistency))
            return Answer.Refuse(Refusals.BadRequest("'consistency' is strong or relaxed."));
        var created = await rooms.CreateAsync(who.Caller, id, asked.Name, visibility, consistency, http.RequestAborted);
        return created.Is(out var standing, out refusal)
            ? Answer.Ok(await ShapeAsync(standing, who.Caller, directory, http.RequestAborted), StatusCodes.Status201Created)
            : Answer.Refuse(refusal);
    }

    private static async Task<IResult> GetAsync(HttpContext http, string room, SignedIn who, RoomAccess access, IRoomDirectory directory)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        var allowed = await access.AuthoriseAsync(who.Caller, id, Act.Read, http.RequestAborted);
        return allowed.Is(out var standing, out var refusal)
            ? Answer.Ok(await ShapeAsync(standing, who.Caller, directory, http.RequestAborted))
            : Answer.Refuse(refusal);
    }

    private static async Task<IResult> ChangeAsync(HttpContext http, string room, SignedIn who, RoomRegistry rooms, IRoomDirectory directory)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        var body = await Body.ReadAsync<ChangeRoomRequest>(http);
        if (!body.Is(out var asked, out var refusal))
            return Answer.Refuse(refusal);
        var changed = await rooms.ChangeAsync(
            who.Caller, id, new RoomChange(asked.Name, asked.Topic, asked.Archived, asked.SlowModeSeconds), http.RequestAborted);
        return changed.Is(out var standing, out refusal)
            ? Answer.Ok(await ShapeAsync(standing, who.Caller, directory, http.RequestAborted))
            : Answer.Refuse(refusal);
    }

    private static async Task<IResult> MarkReadAsync(HttpContext http, string room, SignedIn who, ReadMarks marks)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        var body = await Body.ReadAsync<ReadMarkRequest>(http);
        if (!body.Is(out var asked, out var refusal))
            return Answer.Refuse(refusal);
        if (!Position.TryParse(asked.Position, out var position))
            return Answer.Refuse(Refusals.BadPosition);
        return Answer.Of(await marks.MoveAsync(who.Caller, id, position, http.RequestAborted), read => new ReadMarkAnswer(read.Position.ToString()));
    }
}

/// <summary>The paging of lists: <c>limit</c> (1–1000, default 100) and <c>after</c> (the last id of the page before).</summary>
internal static class Page
{
    public static readonly (string Name, string Meaning)[] Parameters =
    [
        ("limit", $"1 to {Limits.MaxPage}; {Limits.DefaultPage} if absent."), ("after", "The last id of the page before."),
    ];

    public static Refusal? Read(HttpRequest request, out int limit, out string? after)
    {
        limit = Limits.DefaultPage;
        after = request.Query["after"] is [{ } given] ? given : null;
        var asked = request.Query["limit"];
        if (asked.Count == 0)
            return null;
        return asked.Count == 1 && int.TryParse(asked[0], NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= Limits.MaxPage
            ? null
            : Refusals.BadRequest($"'limit' is a number from 1 to {Limits.MaxPage}.");
    }
}
