using Hubbub.Server.Auth;

namespace Hubbub.Server.Api;

/// <summary>Who one is: guests, tickets, browser sessions.</summary>
internal static class IdentityEndpoints
{
    public static void MapIdentity(this IEndpointRouteBuilder api)
    {
        api.MapPost("/guests", async (HttpContext http, Guests guests) =>
        {
            var body = await Body.ReadAsync<GuestRequest>(http);
            if (!body.Is(out var asked, out var refusal))
                return Answer.Refuse(refusal);
            return Answer.Of(
                guests.Make(asked.Name),
                guest => new GuestAnswer(guest.Token, UserShape.Of(guest.Caller.User), Times.Write(guest.Caller.ExpiresAt)),
                StatusCodes.Status201Created);
        }).WithMetadata(OpenToAll.Instance).Accepts<GuestRequest>("application/json").Produces<GuestAnswer>(StatusCodes.Status201Created);

        api.MapPost("/tickets", (SignedIn who, Tickets tickets) => Answer.Of(
            tickets.Issue(who.Caller), ticket => new TicketAnswer(ticket.Ticket, Times.Write(ticket.ExpiresAt)), StatusCodes.Status201Created))
            .Produces<TicketAnswer>(StatusCodes.Status201Created);

        api.MapPost("/sessions", (HttpContext http, SignedIn who) => Answer.Done(SessionCookie.Begin(http, who.Caller))).Produces(StatusCodes.Status204NoContent);

        api.MapDelete("/sessions", (HttpContext http) =>
        {
            SessionCookie.End(http);
            return Answer.Done(null);
        }).WithMetadata(OpenToAll.Instance).Produces(StatusCodes.Status204NoContent);

        api.MapGet("/me", (SignedIn who) => Answer.Ok(new MeAnswer(UserShape.Of(who.Caller.User), Times.Write(who.Caller.ExpiresAt))))
            .Produces<MeAnswer>();
    }
}
