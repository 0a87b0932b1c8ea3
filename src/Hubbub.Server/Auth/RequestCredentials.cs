using Microsoft.Extensions.Primitives;

namespace Hubbub.Server.Auth;

/// <summary>
/// Everything in a request that may say who sent it, as it came: all values of each header, nothing parsed. Any carrier can fill it.
/// Not a record, whose text would show the secrets.
/// </summary>
public readonly struct RequestCredentials
{
    /// <summary>How the client reached us: http or https.</summary>
    public required string Scheme { get; init; }

    public string? Host { get; init; }

    public StringValues Origin { get; init; }

    public StringValues Authorization { get; init; }

    /// <summary>The values of <c>Sec-WebSocket-Protocol</c>.</summary>
    public StringValues Subprotocols { get; init; }

    /// <summary>The values of <c>ticket</c> in the query.</summary>
    public StringValues Ticket { get; init; }

    public StringValues Cookie { get; init; }

    /// <summary>The values of <c>Sec-Fetch-Site</c>.</summary>
    public StringValues FetchSite { get; init; }

    public static RequestCredentials Of(HttpRequest request) => new()
    {
        Scheme = request.Scheme,
        Host = request.Host.Value,
        Origin = request.Headers.Origin,
        Authorization = request.Headers.Authorization,
        Subprotocols = request.Headers.SecWebSocketProtocol,
        Ticket = request.QueryString.HasValue ? request.Query["ticket"] : default,
        Cookie = request.Headers.Cookie,
        FetchSite = request.Headers["Sec-Fetch-Site"],
    };
}

/// <summary>What a request wants to enter; not every credential opens every door.</summary>
public enum Entrance
{
    /// <summary>Asks and is answered: no tickets.</summary>
    Request,

    /// <summary>Server-sent events or a stream of lines.</summary>
    EventStream,

    /// <summary>The handshake of a WebSocket, the only one whose subprotocols are looked at.</summary>
    WebSocket,
}
