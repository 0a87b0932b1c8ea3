using Hubbub.ConformanceTests.Servers;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>The upgrade at <c>/ws</c>: what is not a proper handshake is answered as HTTP, with a status that says what is wrong.</summary>
public class HandshakeTests
{
    private const string Key = "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==";

    /// <summary>Name, request without the Host line, and the status.</summary>
    private static readonly Dictionary<string, (string[] Lines, int Status)> Malformed = new()
    {
        ["a plain GET"] = (["GET /ws HTTP/1.1"], 426),
        ["a POST"] = (["POST /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", Key, "Content-Length: 0"], 426),
        ["another protocol"] = (["GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: h2c", "Sec-WebSocket-Version: 13", Key], 426),
        ["no Connection header"] = (["GET /ws HTTP/1.1", "Upgrade: websocket", "Sec-WebSocket-Version: 13", Key], 426),
        ["HTTP/1.0"] = (["GET /ws HTTP/1.0", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", Key], 426),
        ["version 8"] = (["GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 8", Key], 426),
        ["no version"] = (["GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", Key], 426),
        ["two versions"] = (["GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", Key], 426),
        ["no key"] = (["GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"], 400),
        ["a short key"] = (["GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAEC"], 400),
        ["a long key"] = (
            ["GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"], 400),
        ["a key that is no base64"] = (
            ["GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: ????????????????????????"], 400),
        ["two keys"] = (["GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", Key, Key], 400),
        ["a body"] = (["GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", Key, "Content-Length: 40"], 400),
        ["a body in chunks"] = (["GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", Key, "Transfer-Encoding: chunked"], 400),
        ["a bad token"] = (["GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", Key, "Authorization: Bearer x"], 401),
        ["a body of two lengths"] = (["GET /ws HTTP/1.1", "Content-Length: 1", "Content-Length: 2"], 400),
        ["two thousand headers"] = (["GET /ws HTTP/1.1", .. Enumerable.Range(0, 2000).Select(i => $"X-{i}: x")], 431),
        ["a header of 64 KiB"] = (["GET /ws HTTP/1.1", $"X-Long: {new string('x', 64 * 1024)}"], 431),
        ["a header that goes on in the next line"] = (["GET /ws HTTP/1.1", "X-A: a", " b"], 400),
    };

    public static TheoryData<string> Names => [.. Malformed.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_malformed_handshake_is_answered_with_the_status_that_fits(string name)
    {
        var (lines, status) = Malformed[name];
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await RawSocket.ConnectAsync(server.Url);

        await socket.TrySendAsync(System.Text.Encoding.ASCII.GetBytes(string.Join("\r\n", [lines[0], $"Host: {server.Url.Authority}", .. lines[1..], "", ""])));

        var head = await socket.ReadHeadAsync();
        Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
        if (status == 426)
            Assert.Contains(name.Contains("version", StringComparison.Ordinal) ? "Sec-WebSocket-Version: 13" : "Upgrade: websocket", head, StringComparison.Ordinal);
        await server.AssertWellAsync();
    }

    [Fact]
    public async Task A_refused_upgrade_does_not_read_what_follows_as_frames()
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await RawSocket.ConnectAsync(server.Url);

        // A proxy that believes in the upgrade would let the second request pass unseen; we answer it as the request that it is.
        await socket.SendAsync(RawSocket.Handshake(server.Url).Replace("Version: 13", "Version: 99", StringComparison.Ordinal));
        await socket.SendAsync($"GET /health/live HTTP/1.1\r\nHost: {server.Url.Authority}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 426", (await socket.ReadResponseAsync()).Head, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", (await socket.ReadHeadAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hubbub.v1", true)]
    [InlineData("other, hubbub.v1", true)]
    [InlineData("other", false)]
    [InlineData("HUBBUB.V1", false)]
    public async Task The_subprotocol_is_selected_only_if_it_was_offered(string offered, bool selected)
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await RawSocket.ConnectAsync(server.Url);

        await socket.SendAsync(RawSocket.Handshake(server.Url, headers: [$"Sec-WebSocket-Protocol: {offered}"]));

        var head = await socket.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 101", head, StringComparison.Ordinal);
        Assert.Equal(selected, head.Contains("Sec-WebSocket-Protocol: hubbub.v1\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_token_among_the_subprotocols_is_taken_and_never_selected()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");

        await using var socket = await PlainWebSocket.ConnectAsync(server.Url, configure: o =>
        {
            o.AddSubProtocol("hubbub.v1");
            o.AddSubProtocol($"hubbub.token.{ada.Token}");
        });

        Assert.Equal("hubbub.v1", socket.SubProtocol);
        var welcome = (await socket.ExpectAsync("welcome")).GetProperty("payload");
        Assert.Equal(ada.UserId, welcome.GetProperty("user").GetProperty("id").GetString());
        Assert.False(welcome.TryGetProperty("token", out _));
    }

    [Fact]
    public async Task Over_its_limit_of_connections_a_node_refuses_before_the_upgrade()
    {
        await using var server = await InProcessServer.StartAsync(s => s.Options = o => o.MaxConnections = 1);
        using var ada = await server.GuestAsync("Ada");
        await using var first = await PlainWebSocket.ConnectAsync(server.Url, ada.Token);
        await first.JoinAsync("room1");
        await using var socket = await RawSocket.ConnectAsync(server.Url);

        await socket.SendAsync(RawSocket.Handshake(server.Url));
        var (head, body) = await socket.ReadResponseAsync();

        Assert.StartsWith("HTTP/1.1 503", head, StringComparison.Ordinal);
        Assert.Contains("Retry-After: 1", head, StringComparison.Ordinal);
        Assert.Contains("overloaded", body, StringComparison.Ordinal);
        foreach (var mediaType in new[] { "text/event-stream", "application/x-ndjson" })
        {
            var refused = await Assert.ThrowsAsync<RefusedException>(() => ada.StreamAsync("/api/rooms/room1/events", mediaType));
            Assert.Equal("overloaded", refused.Answer.Code);
        }

        Assert.Equal("overloaded", (await ada.EventsAsync("room1", "wait=5")).Code);
        await first.CloseAsync();
        await server.ConnectionsAsync(0);
        await using var second = await PlainWebSocket.ConnectAsync(server.Url, ada.Token);
        await second.JoinAsync("room1");
    }
}
