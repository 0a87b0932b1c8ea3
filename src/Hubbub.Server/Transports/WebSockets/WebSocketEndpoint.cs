using System.Security.Cryptography;
using System.Text;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Server.Api;
using Hubbub.Server.Auth;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Hubbub.Server.Transports.WebSockets;

/// <summary>The handshake of RFC 6455 § 4.2 at <c>/ws</c>: who is it, is there room, is it a WebSocket at all; then the connection takes the stream over.</summary>
internal sealed partial class WebSocketEndpoint(
    Authenticator authenticator, Connections connections, Hub hub, ActServices services, ILogger<WebSocketConnection> logger)
{
    private const string Version = "13";
    private const string Subprotocol = "hubbub.v1";

    /// <summary>RFC 6455 § 1.3: appended to the client's key before hashing, so that only a WebSocket server answers right.</summary>
    private const string AcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

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

        var headers = http.Response.Headers;
        headers.Connection = "Upgrade";
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = Accept(key);
        if (Offers(http, Subprotocol))
            headers.SecWebSocketProtocol = Subprotocol;

        // We have our own eye on slow readers (SlowAfter), which lets them resume.
        http.Features.GetRequiredFeature<IHttpMinResponseDataRateFeature>().MinDataRate = null;
        await using var stream = await upgrade.UpgradeAsync();
        using var connection = new WebSocketConnection(stream, hub.OpenFeed(), caller, services, logger);
        if (!connections.TryAdd(connection))
            connection.Close(CloseCode.Overloaded, "this node is full or stopping", TimeSpan.FromSeconds(1));
        try
        {
            await connection.RunAsync(http.RequestAborted);
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

        if (headers.SecWebSocketVersion != Version)
        {
            headers = http.Response.Headers;
            headers.SecWebSocketVersion = Version;
            return Problem.WriteAsync(http, new Refusal("bad_request", "Only version 13 of the WebSocket protocol is spoken.", StatusCodes.Status426UpgradeRequired));
        }

        Span<byte> nonce = stackalloc byte[16];
        if (key.Length != 24 || !Convert.TryFromBase64String(key, nonce, out var length) || length != 16)
            return Problem.WriteAsync(http, Refusals.BadRequest("Sec-WebSocket-Key must be 16 bytes of base64."));
        return null;
    }

    private static bool Offers(HttpContext http, string subprotocol)
    {
        foreach (var line in http.Request.Headers.SecWebSocketProtocol)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                if (line.AsSpan()[range].Trim(" \t").SequenceEqual(subprotocol))
                    return true;
            }
        }

        return false;
    }

    // RFC 6455 prescribes SHA-1 here; it proves nothing but that the peer read the RFC.
#pragma warning disable CA5350
    private static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + AcceptSuffix)));
#pragma warning restore CA5350
}
