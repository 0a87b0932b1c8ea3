using System.Net;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Wire;
using Hubbub.Server;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Cluster;

/// <summary>Two nodes of one cluster, one for writes and queries and one for live connections, are together one server; each refuses the other's part.</summary>
public class RoleTests
{
    [Fact]
    public async Task What_is_written_at_the_api_is_read_live_at_the_gateway()
    {
        await using var store = SharedStore.InMemory();
        await using var api = await StartAsync(store, NodeRole.Api);
        await using var gateway = await StartAsync(store, NodeRole.Gateway);
        using var ada = await api.GuestAsync("Ada");
        using var adaAtGateway = new HttpApi(gateway.Url, ada.Token);
        await using var socket = await PlainWebSocket.ConnectAsync(gateway.Url, ada.Token);
        await socket.JoinAsync("room1");
        await using var stream = await adaAtGateway.StreamAsync("/api/rooms/room1/events", "text/event-stream");
        await stream.NextAsync();
        var polling = adaAtGateway.EventsAsync("room1", "wait=60");
        await gateway.ConnectionsAsync(3);

        await ada.SayAsync("room1", "hello");

        Assert.Equal("hello", (await socket.ExpectAsync("message")).GetProperty("payload").GetProperty("message").GetString());
        Assert.Equal("message", (await stream.NextAsync())!.Value.GetProperty("type").GetString());
        Assert.Single((await polling).Json.GetProperty("events").EnumerateArray());

        // A socket may post on the gateway, as anywhere.
        await socket.SendAsync("message", new { message = "on the socket" }, id: "m");
        Assert.Equal("ack", (await socket.AnswerAsync("m")).GetProperty("type").GetString());
        Assert.Equal(2, (await ada.EventsAsync("room1", "last=2")).Json.GetProperty("events").GetArrayLength());
    }

    [Fact]
    public async Task Each_refuses_what_is_for_the_other()
    {
        await using var store = SharedStore.InMemory();
        await using var api = await StartAsync(store, NodeRole.Api);
        await using var gateway = await StartAsync(store, NodeRole.Gateway);
        using var ada = await api.GuestAsync("Ada");
        using var adaAtGateway = new HttpApi(gateway.Url, ada.Token);
        await ada.SayAsync("room1", "hello");

        await using var raw = await RawSocket.ConnectAsync(api.Url);
        await raw.SendAsync(RawSocket.Handshake(api.Url));
        Assert.StartsWith("HTTP/1.1 421", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("wrong_role", (await Assert.ThrowsAsync<RefusedException>(() => ada.StreamAsync("/api/rooms/room1/events", "application/x-ndjson"))).Answer.Code);
        Assert.Equal("wrong_role", (await ada.EventsAsync("room1", "wait=1")).Code);
        foreach (var refused in new[]
        {
            await adaAtGateway.PostAsync("/api/guests", new { name = "Bob" }), await adaAtGateway.GetAsync("/api/me"), await adaAtGateway.GetAsync("/api/rooms/room1"),
            await adaAtGateway.PostAsync("/api/rooms/room1/messages", new { message = "no" }),
        })
        {
            Assert.Equal(((HttpStatusCode)421, "wrong_role"), (refused.Status, refused.Code));
        }

        (await adaAtGateway.EventsAsync("room1", "last=1")).Expect(HttpStatusCode.OK);
        (await ada.GetAsync("/health/ready")).Expect(HttpStatusCode.OK);
        (await adaAtGateway.GetAsync("/health/ready")).Expect(HttpStatusCode.OK);
    }

    private static Task<InProcessServer> StartAsync(SharedStore store, NodeRole role) => InProcessServer.StartAsync(s => (s.Store, s.Options) = (store, o => o.Role = role));
}
