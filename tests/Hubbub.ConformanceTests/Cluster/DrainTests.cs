using System.Net;
using System.Text.Json;
using Hubbub.ConformanceTests.Api;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Wire;
using Hubbub.Core.Cluster;
using Hubbub.Server.Operations;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Cluster;

/// <summary>How a node leaves a cluster: its clients are asked to go on elsewhere, have their time, and nobody new comes in.</summary>
public class DrainTests
{
    private const string Operator = "an operator's token";

    [Fact]
    public async Task A_draining_node_asks_its_sockets_to_move_and_serves_them_until_they_have()
    {
        await using var store = SharedStore.InMemory();
        await using var server = await StartAsync(store, deadline: TimeSpan.FromSeconds(30));
        await using var other = await StartAsync(store);
        await SeeEachOtherAsync(server, other);
        using var ada = await server.GuestAsync("Ada");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url, ada.Token);
        var start = (await socket.JoinAsync("room1")).GetProperty("payload").GetProperty("position").GetString();

        var drained = server.Services.GetRequiredService<Drain>().RunAsync();
        var reconnect = (await socket.ExpectAsync("reconnect")).GetProperty("payload");

        Assert.Equal(("drain", 30), (reconnect.GetProperty("reason").GetString(), reconnect.GetProperty("deadline").GetInt32()));
        Assert.False(reconnect.TryGetProperty("url", out _));
        await socket.SendAsync("message", new { message = "still here" });
        await socket.ExpectAsync("message");

        // Make before break: the new connection reads on before the old one is closed.
        await using var moved = await PlainWebSocket.ConnectAsync(other.Url, ada.Token);
        await moved.JoinAsync("room1", after: start);
        Assert.Equal("still here", (await moved.ExpectAsync("message")).GetProperty("payload").GetProperty("message").GetString());
        Assert.False(drained.IsCompleted);
        await socket.CloseAsync();
        await Eventually.WithinAsync("the node has drained", drained);
    }

    [Fact]
    public async Task Who_does_not_move_is_closed_at_the_deadline_and_told_to_come_back()
    {
        await using var server = await StartAsync(null, deadline: TimeSpan.FromMilliseconds(50));
        using var ada = await server.GuestAsync("Ada");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.JoinAsync("room1");
        await using var stream = await ada.StreamAsync("/api/rooms/room1/events", "text/event-stream");
        await stream.NextAsync();

        await server.Services.GetRequiredService<Drain>().RunAsync();

        Assert.Equal(4000, (await socket.ExpectAsync("closing")).GetProperty("payload").GetProperty("code").GetInt32());
        Assert.Equal(4000, await socket.EndAsync());
        Assert.Equal("reconnect", TypeOf(await stream.NextAsync()));
        Assert.Equal("closing", TypeOf(await stream.NextAsync()));
        Assert.Null(await stream.NextAsync());
        Assert.InRange(stream.Retry!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Empty(server.Log.Errors);
    }

    [Theory]
    [InlineData("/api/rooms/room1/events?wait=60")]
    [InlineData("/api/events?rooms=room1&wait=60")]
    public async Task A_poll_that_waits_is_answered_at_once_and_told_when_to_ask_again(string path)
    {
        await using var server = await StartAsync(null);
        using var ada = await server.GuestAsync("Ada");
        await ada.SayAsync("room1", "hello");
        var polling = ada.GetAsync(path);
        await server.ConnectionsAsync(1);

        await server.Services.GetRequiredService<Drain>().RunAsync();

        var answer = await Eventually.WithinAsync("the poll is answered", polling);
        answer.Expect(HttpStatusCode.OK);
        Assert.InRange(answer.Number("retry"), 0, 1_000);
        Assert.Equal("close", answer.Headers["connection"]);
    }

    [Fact]
    public async Task A_draining_node_lets_nobody_in_and_answers_what_does_not_wait()
    {
        await using var server = await StartAsync(null);
        using var ada = await server.GuestAsync("Ada");
        await ada.SayAsync("room1", "before");
        await server.Services.GetRequiredService<Drain>().RunAsync();

        var ready = await ada.GetAsync("/health/ready");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining"), (ready.Status, ready.Text("status")));
        (await ada.GetAsync("/health/live")).Expect(HttpStatusCode.OK);
        await using var raw = await RawSocket.ConnectAsync(server.Url);
        await raw.SendAsync(RawSocket.Handshake(server.Url));
        var (head, body) = await raw.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 503", head, StringComparison.Ordinal);
        Assert.Contains("Retry-After", head, StringComparison.Ordinal);
        Assert.Contains("draining", body, StringComparison.Ordinal);
        Assert.Equal("draining", (await Assert.ThrowsAsync<RefusedException>(() => ada.StreamAsync("/api/rooms/room1/events", "text/event-stream"))).Answer.Code);
        Assert.Equal("draining", (await ada.EventsAsync("room1", "wait=60")).Code);

        await ada.SayAsync("room1", "after");
        Assert.Equal(2, (await ada.EventsAsync("room1", "after=0")).Json.GetProperty("events").EnumerateArray().Count(e => e.GetProperty("type").GetString() == "message"));
    }

    [Fact]
    public async Task A_node_that_stops_beside_another_drains_first()
    {
        await using var store = SharedStore.InMemory();
        await using var server = await StartAsync(store, deadline: TimeSpan.FromSeconds(30));
        await using var other = await StartAsync(store);
        await SeeEachOtherAsync(server, other);
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.JoinAsync("room1");

        var stopping = server.StopAsync();
        await socket.ExpectAsync("reconnect");
        Assert.Equal(NodeState.Draining, (await store.Nodes.LiveAsync(default)).Single(n => n.Address == server.Url).State);
        await socket.CloseAsync();

        await Eventually.WithinAsync("the node stops when its client has gone", stopping);
        Assert.Equal(other.Url, Assert.Single(await store.Nodes.LiveAsync(default)).Address);
    }

    [Fact]
    public async Task A_node_that_is_alone_stops_without_sending_anybody_anywhere()
    {
        await using var server = await StartAsync(null, deadline: TimeSpan.FromSeconds(30));
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.JoinAsync("room1");

        await server.StopAsync();

        Assert.Equal(1001, await socket.EndAsync());
        Assert.DoesNotContain(socket.Inbox, frame => TypeOf(frame) == "reconnect");
    }

    [Fact]
    public async Task Where_clients_reach_nodes_by_themselves_they_are_told_to_which_to_go()
    {
        await using var store = SharedStore.InMemory();
        await using var server = await StartAsync(store, nodeUrl: "http://one.example.org:5080");
        await using var other = await StartAsync(store, nodeUrl: "http://two.example.org:5080");
        await SeeEachOtherAsync(server, other);
        using var ada = await server.GuestAsync("Ada");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.JoinAsync("room1");

        // A home is the same wherever one asks.
        var homes = new HashSet<string>();
        for (var room = 0; room < 20; room++)
        {
            var here = await ada.GetAsync($"/api/connect?room=room{room}").Succeeds();
            using var there = new HttpApi(other.Url, ada.Token);
            Assert.Equal(here.Body, (await there.GetAsync($"/api/connect?room=room{room}").Succeeds()).Body);
            homes.Add(here.Text("url"));
        }

        Assert.Equal(["http://one.example.org:5080/", "http://two.example.org:5080/"], homes.Order(StringComparer.Ordinal));
        await SeeAsync(server, nodes => nodes.Sum(n => n.Connections) == 1);
        Assert.Equal("http://two.example.org:5080/", (await ada.GetAsync("/api/connect").Succeeds()).Text("url"));

        _ = server.Services.GetRequiredService<Drain>().RunAsync();
        Assert.Equal("http://two.example.org:5080/", (await socket.ExpectAsync("reconnect")).GetProperty("payload").GetProperty("url").GetString());
        using var atOther = new HttpApi(other.Url, ada.Token);
        await SeeAsync(other, nodes => nodes.Any(n => n.State == NodeState.Draining));
        Assert.Equal("http://two.example.org:5080/", (await atOther.GetAsync("/api/connect?room=room1").Succeeds()).Text("url"));
    }

    [Fact]
    public async Task Where_only_a_balancer_knows_the_way_one_connects_where_one_asked()
    {
        await using var server = await StartAsync(null);
        using var ada = await server.GuestAsync("Ada");

        var answer = await ada.GetAsync("/api/connect?room=room1").Succeeds();

        Assert.Equal(JsonValueKind.Null, answer.Json.GetProperty("node").ValueKind);
        Assert.Equal(server.Url.AbsoluteUri, answer.Text("url"));
        Assert.Equal("bad_room", (await ada.GetAsync("/api/connect?room=%20")).Code);
        using var nobody = server.Nobody();
        Assert.Equal("unauthenticated", (await nobody.GetAsync("/api/connect")).Code);
    }

    [Fact]
    public async Task An_operator_sees_the_nodes_and_drains_one_through_another()
    {
        await using var store = SharedStore.InMemory();
        await using var server = await StartAsync(store);
        await using var other = await StartAsync(store);
        await SeeEachOtherAsync(server, other);
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.JoinAsync("room1");
        using var theOperator = new HttpApi(other.Url, Operator);

        var nodes = (await theOperator.GetAsync("/api/nodes").Succeeds()).Json.GetProperty("nodes").EnumerateArray().ToArray();
        Assert.Equal(2, nodes.Length);
        Assert.Equal(other.Url.AbsoluteUri, Assert.Single(nodes, n => n.GetProperty("self").GetBoolean()).GetProperty("url").GetString());
        var id = Assert.Single(nodes, n => !n.GetProperty("self").GetBoolean()).GetProperty("id").GetString();

        (await theOperator.PostAsync($"/api/nodes/{id}/drain")).Expect(HttpStatusCode.Accepted);
        await socket.ExpectAsync("reconnect");
        await Eventually.UntilAsync("it is known to drain", async () =>
            (await theOperator.GetAsync("/api/nodes").Succeeds()).Json.GetProperty("nodes").EnumerateArray().Any(n => n.GetProperty("id").GetString() == id && n.GetProperty("state").GetString() == "draining"));
        Assert.Equal(HttpStatusCode.NotFound, (await theOperator.PostAsync("/api/nodes/nobody/drain")).Status);
    }

    [Fact]
    public async Task Nobody_but_the_operator_sees_the_nodes()
    {
        await using var closed = await InProcessServer.StartAsync();
        using var theOperator = new HttpApi(closed.Url, Operator);
        Assert.Equal(HttpStatusCode.NotFound, (await theOperator.GetAsync("/api/nodes")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await theOperator.PostAsync("/api/nodes/x/drain")).Status);

        await using var open = await StartAsync(null);
        using var ada = await open.GuestAsync("Ada");
        using var nobody = open.Nobody();
        using var almost = new HttpApi(open.Url, Operator[..^1]);
        foreach (var stranger in new[] { ada, nobody, almost })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/api/nodes")).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.PostAsync("/api/nodes/x/drain")).Status);
        }
    }

    private static Task<InProcessServer> StartAsync(SharedStore? store, TimeSpan? deadline = null, string? nodeUrl = null) => InProcessServer.StartAsync(s =>
    {
        s.Store = store;
        s.Options = o =>
        {
            (o.NodeUrl, o.OperatorToken) = (nodeUrl, Operator);
            o.DrainDeadline = deadline ?? o.DrainDeadline;
        };
    });

    private static async Task SeeEachOtherAsync(params InProcessServer[] servers)
    {
        foreach (var server in servers)
            await SeeAsync(server, nodes => nodes.Count == servers.Length);
    }

    private static Task SeeAsync(InProcessServer server, Func<IReadOnlyList<NodeStatus>, bool> what)
    {
        var heartbeat = server.Services.GetRequiredService<Heartbeat>();
        return Eventually.UntilAsync("the node sees the others as they are", async () =>
        {
            await heartbeat.BeatAsync(default);
            return what(heartbeat.Live);
        });
    }

    private static string? TypeOf(JsonElement? frame) => frame?.GetProperty("type").GetString();
}
