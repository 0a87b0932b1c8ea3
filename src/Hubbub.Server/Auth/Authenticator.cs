using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Microsoft.Extensions.Primitives;

namespace Hubbub.Server.Auth;

/// <summary>
/// Decides who sent a request (docs/protocol.md § 3). The first credential there is, in the order of that section, decides alone: if it
/// is bad the request is refused, however good the others are, and never becomes a guest's. Thread-safe.
/// </summary>
public sealed class Authenticator(Tokens tokens, Tickets tickets, Origins origins)
{
    /// <summary>What a token's entry in <c>Sec-WebSocket-Protocol</c> begins with.</summary>
    public const string SubprotocolPrefix = "hubbub.token.";

    private const string Scheme = "Bearer ";

    private static readonly AuthResult NoBearer = Refuse("Authorization must be one value, Bearer and a token.");
    private static readonly AuthResult SeveralTokens = Refuse($"Offer one {SubprotocolPrefix}… entry, not several.");
    private static readonly AuthResult SeveralTickets = Refuse("Send one ticket, not several.");
    private static readonly AuthResult NoTicketsHere = Refuse("A ticket opens /ws and event streams only; send the token in Authorization.");
    private static readonly AuthResult SeveralSessions = Refuse($"There are several {SessionCookie.Name} cookies; sign in anew.");
    private static readonly AuthResult Foreign = new AuthResult.Refused(Refusals.ForeignOrigin);

    private static readonly AuthResult CookieAlone = new AuthResult.Refused(Refusals.ForeignOrigin with
    {
        Message = "The session cookie counts only for requests that a page of an allowed origin sends.",
    });

    public ValueTask<AuthResult> AuthenticateAsync(HttpContext http, Entrance entrance) =>
        AuthenticateAsync(RequestCredentials.Of(http.Request), entrance, http.RequestAborted);

    /// <exception cref="Core.Log.StoreException">The store does not say whether a ticket was used.</exception>
    public async ValueTask<AuthResult> AuthenticateAsync(RequestCredentials request, Entrance entrance, CancellationToken ct)
    {
        var origin = origins.Check(request.Origin, request.Scheme, request.Host);
        if (origin == OriginVerdict.Foreign)
            return Foreign;

        if (request.Authorization.Count > 0)
            return TryReadBearer(request.Authorization, out var token) ? AuthResult.Of(tokens.Validate(token)) : NoBearer;

        if (entrance == Entrance.WebSocket && IsOffered(request.Subprotocols, out var offered))
            return offered is null ? SeveralTokens : AuthResult.Of(tokens.Validate(offered));

        if (request.Ticket.Count > 0)
        {
            if (entrance == Entrance.Request)
                return NoTicketsHere;
            if (request.Ticket.Count > 1)
                return SeveralTickets;
            var redeemed = await tickets.RedeemAsync(request.Ticket[0], ct);
            return AuthResult.Of(redeemed.Is(out var bearer, out _) ? tokens.Amend(bearer) : redeemed);
        }

        if (SessionCookie.IsIn(request.Cookie, out var session))
        {
            if (!IsFromAllowedPage(origin, request.FetchSite))
                return CookieAlone;
            return session is null ? SeveralSessions : AuthResult.Of(tokens.Validate(session));
        }

        return AuthResult.Anonymous.Instance;
    }

    /// <summary>
    /// For what needs no caller, such as becoming a guest or clearing a session: a cookie that has gone bad must not stand in its way, but a
    /// foreign page must.
    /// </summary>
    public Refusal? CheckOrigin(HttpRequest request) =>
        origins.Check(request.Headers.Origin, request.Scheme, request.Host.Value) == OriginVerdict.Foreign ? Refusals.ForeignOrigin : null;

    /// <summary>Reads <c>Authorization: Bearer …</c> (RFC 6750 § 2.1), the scheme in any case.</summary>
    internal static bool TryReadBearer(StringValues header, out string token)
    {
        var value = header.Count == 1 ? header[0] ?? "" : "";
        var isBearer = value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);
        token = isBearer ? value[Scheme.Length..].Trim(' ') : "";
        return token.Length > 0;
    }

    /// <summary>
    /// Browsers send a cookie with every request, also with one that a foreign page has caused; only the origin tells. On a same-origin
    /// GET they leave it out and say the same in <c>Sec-Fetch-Site</c>, which no page can set.
    /// </summary>
    private static bool IsFromAllowedPage(OriginVerdict origin, StringValues fetchSite) => origin switch
    {
        OriginVerdict.Same or OriginVerdict.Allowed => true,
        OriginVerdict.None => fetchSite.Count == 1 && fetchSite[0] == "same-origin",
        _ => false,
    };

    /// <param name="header">All values of the header; each is a list with commas.</param>
    /// <param name="token">Null if there are several.</param>
    /// <returns>Whether there is any.</returns>
    private static bool IsOffered(StringValues header, out string? token)
    {
        token = null;
        var found = 0;
        foreach (var line in header)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var entry = line.AsSpan()[range].Trim(" \t");
                if (entry.StartsWith(SubprotocolPrefix, StringComparison.Ordinal))
                    token = ++found == 1 ? entry[SubprotocolPrefix.Length..].ToString() : null;
            }
        }

        return found > 0;
    }

    private static AuthResult.Refused Refuse(string message) => new(Refusals.Unauthenticated with { Message = message });
}
