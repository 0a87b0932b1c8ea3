using Hubbub.ConformanceTests.Servers;
using Hubbub.Server;
using Hubbub.Server.Transports.Loops;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>Who is let in, on both carriers and every transport: beyond a limit 503 before the upgrade, and those who are in notice nothing.</summary>
public class AdmissionTests
{
    [Theory]
    [InlineData(Carrier.Loop)]
    [InlineData(Carrier.Stream)]
    public async Task One_address_has_so_many_connections_and_others_come_in_all_the_same(Carrier carrier)
    {
        await using var server = await StartAsync(carrier, o => o.MaxConnectionsPerAddress = 2, believesProxy: true);
        await using var first = await ConnectAsync(server, "203.0.113.7");
        await using var second = await ConnectAsync(server, "198.51.100.1, 203.0.113.7");
        await server.ConnectionsAsync(2);

        Assert.Contains("your address", await RefusedAsync(server, "203.0.113.7"), StringComparison.Ordinal);
        await using var other = await ConnectAsync(server, "203.0.113.7, 203.0.113.8");

        await first.CloseAsync();
        await server.ConnectionsAsync(2);
        await using var again = await ConnectAsync(server, "203.0.113.7");
        await again.JoinAsync("room1");
        await second.JoinAsync("room1");
    }

    [Theory]
    [InlineData(Carrier.Loop)]
    [InlineData(Carrier.Stream)]
    public async Task What_a_stranger_claims_to_be_forwarded_for_is_not_believed(Carrier carrier)
    {
        await using var server = await StartAsync(carrier, o => o.MaxConnectionsPerAddress = 1, believesProxy: false);

        await using var first = await ConnectAsync(server, "203.0.113.7");
        await using var second = await ConnectAsync(server, "203.0.113.7");

        await server.ConnectionsAsync(2);
    }

    [Theory]
    [InlineData(Carrier.Loop)]
    [InlineData(Carrier.Stream)]
    public async Task One_user_has_so_many_connections_over_all_transports(Carrier carrier)
    {
        await using var server = await StartAsync(carrier, o => o.MaxConnectionsPerUser = 2);
        using var ada = await server.GuestAsync("Ada");
        using var bob = await server.GuestAsync("Bob");
        await ada.SayAsync("room1", "hello");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url, ada.Token);
        await using var stream = await ada.StreamAsync("/api/rooms/room1/events", "text/event-stream");
        await server.ConnectionsAsync(2);

        await using var raw = await RawSocket.ConnectAsync(server.Url);
        await raw.SendAsync(RawSocket.Handshake(server.Url, headers: [$"Authorization: Bearer {ada.Token}"]));
        var (head, body) = await raw.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 503", head, StringComparison.Ordinal);
        Assert.Contains("Retry-After", head, StringComparison.Ordinal);
        Assert.Contains("you have as many", body, StringComparison.Ordinal);
        Assert.Equal("overloaded", (await ada.EventsAsync("room1", "wait=30")).Code);
        Assert.Equal("overloaded", (await Assert.ThrowsAsync<RefusedException>(() => ada.StreamAsync("/api/rooms/room1/events", "application/x-ndjson"))).Answer.Code);

        // Who says only on the socket who they are is told there.
        await using var late = await PlainWebSocket.ConnectAsync(server.Url);
        await late.SendAsync("auth", new { token = ada.Token }, id: "a");
        Assert.Equal("overloaded", (await late.AnswerAsync("a")).GetProperty("payload").GetProperty("code").GetString());
        Assert.Equal(4100, await late.EndAsync());

        await using var bobs = await PlainWebSocket.ConnectAsync(server.Url, bob.Token);
        await bobs.JoinAsync("room1");
        await socket.JoinAsync("room1");
        await socket.CloseAsync();
        await server.ConnectionsAsync(2);
        await using var again = await PlainWebSocket.ConnectAsync(server.Url, ada.Token);
        await again.JoinAsync("room1");
        Assert.Empty(server.Log.Errors);
    }

    [Theory]
    [InlineData(Carrier.Loop)]
    [InlineData(Carrier.Stream)]
    public async Task So_many_come_in_within_a_second(Carrier carrier)
    {
        var clock = new JumpingClock();
        await using var server = await InProcessServer.StartAsync(s => (s.Time, s.Options) = (clock, o => (o.Carrier, o.MaxNewConnectionsPerSecond) = (carrier, 1)));
        await using var first = await PlainWebSocket.ConnectAsync(server.Url);
        await first.JoinAsync("room1");

        // It is refused unless a whole second has passed since the first; a slow machine tries again.
        var refused = "";
        for (var attempt = 0; attempt < 20 && refused.Length == 0; attempt++)
        {
            await using var raw = await RawSocket.ConnectAsync(server.Url);
            await raw.SendAsync(RawSocket.Handshake(server.Url));
            var head = await raw.ReadHeadAsync();
            refused = head.StartsWith("HTTP/1.1 503", StringComparison.Ordinal) ? head : "";
        }

        Assert.Contains("Retry-After", refused, StringComparison.Ordinal);
        clock.Jump(TimeSpan.FromSeconds(2));
        await using var second = await PlainWebSocket.ConnectAsync(server.Url);
        await second.JoinAsync("room1");
    }

    [Fact]
    public async Task A_node_that_is_short_of_memory_lets_nobody_in_and_keeps_those_who_are()
    {
        var clock = new JumpingClock();
        await using var server = await InProcessServer.StartAsync(s => (s.Time, s.Options) = (clock, o => o.MaxMemory = 1));
        await using var early = await PlainWebSocket.ConnectAsync(server.Url);
        await early.JoinAsync("room1");

        clock.Jump(TimeSpan.FromSeconds(2));
        await Eventually.UntilAsync("the node has looked at its memory", () => server.Log.All.Any(l => l.Contains("MaxMemory", StringComparison.Ordinal)));

        await using var raw = await RawSocket.ConnectAsync(server.Url);
        await raw.SendAsync(RawSocket.Handshake(server.Url));
        Assert.StartsWith("HTTP/1.1 503", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        await early.SendAsync("message", new { message = "still here" });
        await early.ExpectAsync("message");
    }

    private static Task<InProcessServer> StartAsync(Carrier carrier, Action<HubbubOptions> limits, bool believesProxy = false) => InProcessServer.StartAsync(s =>
    {
        s.Options = o =>
        {
            o.Carrier = carrier;
            limits(o);
        };
        s.Configuration[LoopServices.ProxySetting] = believesProxy.ToString();
    });

    private static Task<PlainWebSocket> ConnectAsync(InProcessServer server, string forwardedFor) =>
        PlainWebSocket.ConnectAsync(server.Url, configure: o => o.SetRequestHeader("X-Forwarded-For", forwardedFor));

    private static async Task<string> RefusedAsync(InProcessServer server, string forwardedFor)
    {
        await using var raw = await RawSocket.ConnectAsync(server.Url);
        await raw.SendAsync(RawSocket.Handshake(server.Url, headers: [$"X-Forwarded-For: {forwardedFor}"]));
        var (head, body) = await raw.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 503", head, StringComparison.Ordinal);
        return body;
    }
}
