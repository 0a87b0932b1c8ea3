using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
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
        if (CheckHandshake(http, out var upgrade, out var key) is { } malformed)
        {
            await malformed;
            return;
        }

        Caller? caller = null;
        switch (await AuthenticateAsync(http))
        {
            case AuthResult.Refused refused:
                await Problem.WriteAsync(http, refused.Refusal);
                return;
            case AuthResult.Known known:
                caller = known.Caller;
                break;
        }

        if (connections.Count >= services.Options.MaxConnections)
        {
            await Problem.WriteAsync(http, Refusals.Overloaded);
            return;
        }

        if (!Compression.TryNegotiate(services, caller, http.Request.Headers.SecWebSocketExtensions, out var deflate, out var extensions))
        {
            await Problem.WriteAsync(http, Refusals.BadRequest("Sec-WebSocket-Extensions is malformed."));
            return;
        }

        var headers = http.Response.Headers;
        headers.Connection = "Upgrade";
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = Handshake.Accept(key);
        if (Handshake.Offers(http.Request.Headers.SecWebSocketProtocol, Handshake.Subprotocol))
            headers.SecWebSocketProtocol = Handshake.Subprotocol;
        if (extensions is not null)
            headers.SecWebSocketExtensions = extensions;

        // This writes the answer. The stream that it returns is not used: what comes and goes from here on does so by the connection's own pipes.
        await using var upgraded = await upgrade.UpgradeAsync();
        var transport = http.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport;
        var lifetime = http.Features.GetRequiredFeature<IConnectionLifetimeFeature>();
        using var connection = new WebSocketConnection(transport, lifetime, hub.OpenFeed(), caller, deflate, services, logger);
        if (!connections.TryAdd(connection))
            connection.Close(CloseCode.Overloaded, "this node is full or stopping", TimeSpan.FromSeconds(1));
        try
        {
            await connection.RunAsync();
        }
        finally
        {
            connections.Remove(connection);
        }
    }

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

    private static Task? CheckHandshake(HttpContext http, out IHttpUpgradeFeature upgrade, out string key)
    {
        upgrade = http.Features.GetRequiredFeature<IHttpUpgradeFeature>();
        var headers = http.Request.Headers;
        key = headers.SecWebSocketKey.Count == 1 ? headers.SecWebSocketKey[0] ?? "" : "";

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
