using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Api;

/// <summary>Links into private rooms: made, listed and revoked by owners; looked at and accepted by whoever has one.</summary>
internal static class InvitationEndpoints
{
    public static void MapInvitations(this IEndpointRouteBuilder api)
    {
        api.MapPost("/rooms/{room}/invitations", MakeAsync)
            .Accepts<InvitationRequest>("application/json").Produces<InvitationAnswer>(StatusCodes.Status201Created);
        api.MapGet("/rooms/{room}/invitations", ListAsync).Produces<InvitationsAnswer>();
        api.MapDelete("/rooms/{room}/invitations/{invitation}", RevokeAsync).Produces(StatusCodes.Status204NoContent);
        api.MapGet("/invitations/{token}", LookAsync).Produces<OpenInvitationAnswer>();
        api.MapPost("/invitations/{token}", AcceptAsync).Produces<RoomShape>();
    }

    private static async Task<IResult> MakeAsync(HttpContext http, string room, SignedIn who, Invitations invitations)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        var body = await Body.ReadAsync<InvitationRequest>(http);
        if (!body.Is(out var asked, out var refusal))
            return Answer.Refuse(refusal);
        if (asked.ExpiresIn is < 1 or > int.MaxValue)
            return Answer.Refuse(Refusals.BadRequest("'expiresIn' is a number of seconds."));
        TimeSpan? lifetime = asked.ExpiresIn is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        var made = await invitations.MakeAsync(who.Caller, id, lifetime, http.RequestAborted);
        return Answer.Of(
            made,
            m => new InvitationAnswer(
                m.Invitation.Id, m.Token, $"{http.Request.Scheme}://{http.Request.Host}/i/{m.Token}", Times.Write(m.Invitation.ExpiresAt)),
            StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(HttpContext http, string room, SignedIn who, Invitations invitations) =>
        RoomId.TryParse(room, out var id)
            ? Answer.Of(
                await invitations.ListAsync(who.Caller, id, http.RequestAborted),
                list => new InvitationsAnswer([.. list.Select(i => new InvitationShape(i.Id, i.CreatedBy.Value, Times.Write(i.ExpiresAt)))]))
            : Answer.Refuse(Refusals.BadRoom);

    private static async Task<IResult> RevokeAsync(HttpContext http, string room, string invitation, SignedIn who, Invitations invitations) =>
        RoomId.TryParse(room, out var id)
            ? Answer.Done(await invitations.RevokeAsync(who.Caller, id, invitation, http.RequestAborted))
            : Answer.Refuse(Refusals.BadRoom);

    private static async Task<IResult> LookAsync(HttpContext http, string token, SignedIn who, Invitations invitations) =>
        Answer.Of(
            await invitations.LookAsync(who.Caller, token, http.RequestAborted),
            open => new OpenInvitationAnswer(new OpenInvitationRoom(open.Room.Id.Value, open.Room.Name), Times.Write(open.Invitation.ExpiresAt)));

    private static async Task<IResult> AcceptAsync(HttpContext http, string token, SignedIn who, Invitations invitations, IRoomDirectory directory)
    {
        var accepted = await invitations.AcceptAsync(who.Caller, token, http.RequestAborted);
        return accepted.Is(out var standing, out var refusal)
            ? Answer.Ok(await RoomEndpoints.ShapeAsync(standing, who.Caller, directory, http.RequestAborted))
            : Answer.Refuse(refusal);
    }
}
