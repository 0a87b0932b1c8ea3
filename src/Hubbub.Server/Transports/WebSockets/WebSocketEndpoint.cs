using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.WebSockets;
using Hubbub.Server.Api;
using Hubbub.Server.Auth;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Hubbub.Server.Transports.WebSockets;

/// <summary>The handshake of RFC 6455 § 4.2 at <c>/ws</c>: who is it, is there room, is it a WebSocket at all; then the connection takes the stream over.</summary>
internal sealed partial class WebSocketEndpoint(
    Authenticator authenticator, Connections connections, Hub hub, ActServices services, ILogger<WebSocketConnection> logger)
{
    public async Task ServeAsync(HttpContext http)
    {
        if (CheckHandshake(http, out var upgrade) is { } malformed)
        {
            await malformed;
            return;
        }

        // First a place, then the credentials: a ticket is used up by looking at it.
        if (services.Admission.TryEnter(http.Connection.RemoteIpAddress, out var place) is { } full)
        {
            await Problem.WriteAsync(http, full);
            return;
        }

        // From here on the connection has the place, and leaves it.
        var (refusal, caller) = await FindCallerAsync(http);
        if (caller is not null)
            refusal ??= services.Admission.TryIdentify(caller.User, ref place);
        string? extensions = null;
        PerMessageDeflate deflate = default;
        if (refusal is null && !Compression.TryNegotiate(services, caller, http.Request.Headers.SecWebSocketExtensions, out deflate, out extensions))
            refusal = Refusals.BadRequest("Sec-WebSocket-Extensions is malformed.");
        if (refusal is not null)
        {
            services.Admission.Leave(place);
            await Problem.WriteAsync(http, refusal);
            return;
        }

        await ServeAsync(http, upgrade, caller, place, deflate, extensions);
    }

    private async Task ServeAsync(HttpContext http, IHttpUpgradeFeature upgrade, Caller? caller, Place place, PerMessageDeflate deflate, string? extensions)
    {
        var transport = http.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport;
        var lifetime = http.Features.GetRequiredFeature<IConnectionLifetimeFeature>();
        using var connection = new WebSocketConnection(transport, lifetime, hub.OpenFeed(), caller, place, deflate, services, logger);
        var headers = http.Response.Headers;
        headers.Connection = "Upgrade";
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = Handshake.Accept(http.Request.Headers.SecWebSocketKey.ToString());
        if (Handshake.Offers(http.Request.Headers.SecWebSocketProtocol, Handshake.Subprotocol))
            headers.SecWebSocketProtocol = Handshake.Subprotocol;
        if (extensions is not null)
            headers.SecWebSocketExtensions = extensions;

        // This writes the answer. The stream that it returns is not used: what comes and goes from here on does so by the connection's own pipes.
        await using var upgraded = await upgrade.UpgradeAsync();
        connections.Add(connection);
        try
        {
            await connection.RunAsync();
        }
        finally
        {
            connections.Remove(connection);
        }
    }

    private async ValueTask<(Refusal? Refusal, Caller? Caller)> FindCallerAsync(HttpContext http) => await AuthenticateAsync(http) switch
    {
        AuthResult.Refused refused => (refused.Refusal, null),
        AuthResult.Known known => (null, known.Caller),
        _ => (null, null),
    };

    private async ValueTask<AuthResult> AuthenticateAsync(HttpContext http)
    {
        try
        {
            return await authenticator.AuthenticateAsync(http, Entrance.WebSocket);
        }
        catch (StoreException)
        {
            // Whether a ticket was used before is not known: it is not taken, and may be tried again.
            return new AuthResult.Refused(Refusals.StoreUnavailable);
        }
    }

    private static Task? CheckHandshake(HttpContext http, out IHttpUpgradeFeature upgrade)
    {
        upgrade = http.Features.GetRequiredFeature<IHttpUpgradeFeature>();
        var headers = http.Request.Headers;
        var key = headers.SecWebSocketKey.Count == 1 ? headers.SecWebSocketKey[0] ?? "" : "";

        // A body could smuggle a second request through a proxy that believes the upgrade failed.
        if (http.Request.ContentLength > 0 || headers.TransferEncoding.Count > 0)
            return Problem.WriteAsync(http, Refusals.BadRequest("A handshake has no body."));
        if (!upgrade.IsUpgradableRequest || !HttpProtocol.IsHttp11(http.Request.Protocol) || !HttpMethods.IsGet(http.Request.Method) || !headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase))
        {
            http.Response.Headers.Upgrade = "websocket";
            http.Response.Headers.Connection = "Upgrade";
            return Problem.WriteAsync(http, new Refusal("bad_request", "This address speaks WebSocket: send a GET with Upgrade: websocket.", StatusCodes.Status426UpgradeRequired));
        }

        if (headers.SecWebSocketVersion != Handshake.Version)
        {
            headers = http.Response.Headers;
            headers.SecWebSocketVersion = Handshake.Version;
            return Problem.WriteAsync(http, new Refusal("bad_request", "Only version 13 of the WebSocket protocol is spoken.", StatusCodes.Status426UpgradeRequired));
        }

        if (!Handshake.IsKey(key))
            return Problem.WriteAsync(http, Refusals.BadRequest("Sec-WebSocket-Key must be 16 bytes of base64."));
        return null;
    }
}
