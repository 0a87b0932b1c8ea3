using System.Net;
using System.Text.Json;
using Hubbub.ConformanceTests.Servers;
using Hubbub.Core.Hub;
using Hubbub.TestKit.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>A socket from its first frame to its last: who it belongs to, how many rooms it reads, how it ends.</summary>
public class SocketLifeTests
{
    [Fact]
    public async Task Without_credentials_the_first_frame_makes_a_guest_whose_token_is_good_from_then_on()
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.SendAsync("join", new { roomId = "room1" });

        var welcome = (await socket.NextAsync()).GetProperty("payload");
        var joined = await socket.NextAsync();

        Assert.Equal("joined", joined.GetProperty("type").GetString());
        Assert.Equal(15, welcome.GetProperty("pingSeconds").GetInt32());
        using var guest = new HttpApi(server.Url, welcome.GetProperty("token").GetString());
        var me = await guest.GetAsync("/api/me");
        Assert.Equal(welcome.GetProperty("user").GetRawText(), me.Json.GetProperty("user").GetRawText());
        Assert.Equal(welcome.GetProperty("expiresAt").GetString(), me.Text("expiresAt"));
    }

    [Fact]
    public async Task A_first_auth_frame_is_welcomed_by_its_id()
    {
        await using var server = await InProcessServer.StartAsync(s => s.Tokens = t => t.AllowGuests = true);
        using var ada = await server.GuestAsync("Ada");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);

        await socket.SendAsync("auth", new { token = ada.Token }, id: "a");

        var welcome = await socket.AnswerAsync("a");
        Assert.Equal("welcome", welcome.GetProperty("type").GetString());
        Assert.Equal(ada.UserId, welcome.GetProperty("payload").GetProperty("user").GetProperty("id").GetString());
        Assert.False(welcome.GetProperty("payload").TryGetProperty("token", out _));
    }

    [Fact]
    public async Task A_first_auth_frame_with_a_bad_token_ends_the_connection()
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);

        await socket.SendAsync("auth", new { token = "x.y.z" }, id: "a");

        Assert.Equal("unauthenticated", Code(await socket.AnswerAsync("a")));
        Assert.Equal(4401, await socket.EndAsync());
    }

    [Fact]
    public async Task A_token_is_refreshed_in_place_but_never_changes_hands()
    {
        var clock = new JumpingClock();
        await using var server = await InProcessServer.StartAsync(s =>
        {
            s.Time = clock;
            s.Tokens = t => t.GuestLifetime = TimeSpan.FromMinutes(10);
            s.Options = o => o.PingAfter = o.DeadAfter = TimeSpan.FromHours(1);
        });
        using var ada = await server.GuestAsync("Ada");
        using var bob = await server.GuestAsync("Bob");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url, ada.Token);
        var until = (await socket.ExpectAsync("welcome")).GetProperty("payload").GetProperty("expiresAt").GetString();
        await socket.JoinAsync("room1");

        await socket.SendAsync("auth", new { token = bob.Token }, id: "bob");
        Assert.Equal("forbidden", Code(await socket.AnswerAsync("bob")));
        await socket.SendAsync("auth", new { token = "x" }, id: "bad");
        Assert.Equal("unauthenticated", Code(await socket.AnswerAsync("bad")));

        clock.Jump(TimeSpan.FromMinutes(9.5));
        Assert.Equal(until, (await socket.ExpectAsync("token_expiring")).GetProperty("payload").GetProperty("expiresAt").GetString());
        await socket.SendAsync("auth", new { token = Renewed(server, ada) }, id: "renewed");
        var welcome = await socket.AnswerAsync("renewed");
        Assert.True(string.CompareOrdinal(welcome.GetProperty("payload").GetProperty("expiresAt").GetString(), until) > 0);
        clock.Jump(TimeSpan.FromMinutes(5));

        // The old token is over, the connection is not; and no second warning came.
        await socket.SendAsync("message", new { message = "still here" }, id: "m");
        Assert.Equal("ack", (await socket.AnswerAsync("m")).GetProperty("type").GetString());
        Assert.DoesNotContain(socket.Inbox, f => f.GetProperty("type").GetString() == "token_expiring");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_guests_are_not_allowed_a_socket_must_say_in_time_who_it_is(bool speaks)
    {
        var clock = new JumpingClock();
        await using var server = await InProcessServer.StartAsync(s => (s.Time, s.Tokens) = (clock, t => t.AllowGuests = false));
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        if (speaks)
            await socket.SendAsync("join", new { roomId = "room1" }, id: "j");
        else
            clock.Jump(TimeSpan.FromSeconds(6));

        Assert.Equal(4401, (await socket.ExpectAsync("closing")).GetProperty("payload").GetProperty("code").GetInt32());
        Assert.Equal(4401, await socket.EndAsync());
        if (speaks)
            Assert.Equal("unauthenticated", Code(await socket.AnswerAsync("j")));
        await server.ConnectionsAsync(0);
    }

    [Fact]
    public async Task The_129th_room_is_refused_and_not_made_and_the_others_go_on()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url, ada.Token);
        for (var i = 1; i <= 128; i++)
            await socket.JoinAsync($"room{i}");

        await socket.SendAsync("join", new { roomId = "room129" }, id: "j");
        Assert.Equal("too_many_rooms", Code(await socket.AnswerAsync("j")));
        Assert.Equal(128, await RoomsAsync(ada));
        await socket.JoinAsync("room1"); // one that it reads already
        await ada.SayAsync("room128", "hello");
        Assert.Equal("hello", (await socket.ExpectAsync("message")).GetProperty("payload").GetProperty("message").GetString());

        await socket.SendAsync("leave", new { roomId = "room2" }, id: "l");
        Assert.Equal("left", (await socket.AnswerAsync("l")).GetProperty("type").GetString());
        await socket.JoinAsync("room129");
    }

    [Fact]
    public async Task Ten_thousand_joins_on_one_socket_are_answered_and_make_no_more_rooms_than_it_may_read()
    {
        const int Joins = 10_000;
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url, ada.Token);

        for (var i = 0; i < Joins; i++)
            await socket.SendAsync("join", new { roomId = $"room{i}" }, id: i);
        await socket.SendAsync("ping", id: "last");
        await socket.AnswerAsync("last", TimeSpan.FromSeconds(60));

        Assert.Equal(128, socket.Inbox.Count(f => f.GetProperty("type").GetString() == "joined"));
        Assert.Equal(Joins - 128, socket.Inbox.Count(f => f.GetProperty("type").GetString() == "error" && Code(f) == "too_many_rooms"));
        Assert.Equal(128, await RoomsAsync(ada));
        Assert.Equal(128, server.Services.GetRequiredService<Hub>().LiveRooms);
    }

    [Fact]
    public async Task Ten_thousand_joins_of_one_room_are_one_subscription()
    {
        const int Joins = 10_000;
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url, ada.Token);

        for (var i = 0; i < Joins; i++)
            await socket.SendAsync("join", new { roomId = "room1" });
        await socket.SendAsync("ping", id: "fence");
        await socket.AnswerAsync("fence", TimeSpan.FromSeconds(60));
        Assert.Equal(Joins, socket.Inbox.Count(f => f.GetProperty("type").GetString() == "joined"));
        await ada.SayAsync("room1", "once");

        await socket.ExpectAsync("message");
        await socket.SendAsync("ping", id: "after");
        await socket.AnswerAsync("after");
        Assert.DoesNotContain(socket.Inbox, f => f.GetProperty("type").GetString() == "message");
    }

    [Fact]
    public async Task Joining_again_tells_the_story_again_from_the_position_given()
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.JoinAsync("room1");
        await socket.SendAsync("message", new { message = "hello" });
        await socket.ExpectAsync("message");

        await socket.JoinAsync("room1", after: "0");

        Assert.Equal("room_created", (await socket.NextEventAsync()).GetProperty("type").GetString());
        Assert.Equal("message", (await socket.NextEventAsync()).GetProperty("type").GetString());
    }

    [Fact]
    public async Task Posts_of_one_socket_are_stored_and_acknowledged_in_their_order()
    {
        const int Posts = 1000;
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.JoinAsync("room1");

        for (var i = 0; i < Posts; i++)
            await socket.SendAsync("message", new { message = $"{i}", key = $"k{i}" }, id: i);
        for (var i = 0; i < Posts; i++)
        {
            var ack = await socket.ExpectAsync("ack");
            Assert.Equal(i, ack.GetProperty("id").GetInt32());
            var payload = ack.GetProperty("payload");
            Assert.Equal(i + 2, payload.GetProperty("sequence").GetInt64());
            Assert.Equal($"{payload.GetProperty("epoch").GetString()}:{i + 2}", payload.GetProperty("id").GetString());
            Assert.False(payload.GetProperty("repeated").GetBoolean());
            Assert.Equal($"{i}", (await socket.ExpectAsync("message")).GetProperty("payload").GetProperty("message").GetString());
        }

        await socket.SendAsync("message", new { message = "7", key = "k7" }, id: "again");
        var repeated = (await socket.AnswerAsync("again")).GetProperty("payload");
        Assert.True(repeated.GetProperty("repeated").GetBoolean());
        Assert.Equal(9, repeated.GetProperty("sequence").GetInt64());
        await socket.SendAsync("message", new { message = "other", key = "k7" }, id: "reused");
        Assert.Equal("key_reused", Code(await socket.AnswerAsync("reused")));
    }

    [Fact]
    public async Task What_was_posted_before_an_orderly_close_is_acknowledged_before_it()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        await using var socket = await RawSocket.UpgradeAsync(server.Url, ada.Token);

        await socket.SendAsync((byte[])
        [
            .. RawSocket.TextFrame("""{"type":"message","id":"m","payload":{"roomId":"room1","message":"last words"}}"""), .. RawSocket.Frame(RawFrame.Close, [3, 0xE8]),
        ]);

        var frames = new List<RawFrame>();
        do
        {
            frames.Add(await socket.ReadFrameAsync());
        }
        while (frames[^1].Opcode != RawFrame.Close);
        Assert.Contains(frames, f => f.Opcode == RawFrame.Text && f.AsText.StartsWith("""{"type":"ack","id":"m",""", StringComparison.Ordinal));
    }

    [Fact]
    public async Task However_fast_somebody_signals_typing_the_room_hears_it_once_a_second()
    {
        var clock = new JumpingClock();
        await using var server = await InProcessServer.StartAsync(s => s.Time = clock);
        await using var typist = await PlainWebSocket.ConnectAsync(server.Url);
        await using var other = await PlainWebSocket.ConnectAsync(server.Url);
        await typist.JoinAsync("room1");
        await other.JoinAsync("room1");

        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        for (var i = 0; i < 1000; i++)
            await typist.SendAsync("typing");
        clock.Jump(TimeSpan.FromSeconds(1));
        await typist.SendAsync("typing");
        await typist.SendAsync("message", new { message = "said" });
        await typist.SendAsync("typing"); // typing on after a message is shown at once
        await typist.SendAsync("message", new { message = "fence" });
        await other.ExpectAsync("message");
        await other.ExpectAsync("message");
        var seconds = System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds;

        Assert.InRange(other.Inbox.Count(f => f.GetProperty("type").GetString() == "typing"), 2, 3 + seconds);
    }

    [Fact]
    public async Task A_removed_user_can_neither_post_nor_read_on_the_socket_it_kept()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        using var bob = await server.GuestAsync("Bob");
        await ada.SayAsync("room1", "hello");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url, bob.Token);
        await socket.JoinAsync("room1");

        (await ada.DeleteAsync($"/api/rooms/room1/members/{bob.UserId}")).Expect(HttpStatusCode.NoContent);

        Assert.Equal("removed", (await socket.ExpectAsync("left")).GetProperty("payload").GetProperty("reason").GetString());
        foreach (var (type, payload) in new (string, object)[]
        {
            ("message", new { message = "let me in" }), ("typing", new { roomId = "room1" }), ("join", new { roomId = "room1" }),
        })
        {
            await socket.SendAsync(type, payload, id: type);
            Assert.Equal("forbidden", Code(await socket.AnswerAsync(type)));
        }
    }

    private static string Code(JsonElement error) => error.GetProperty("payload").GetProperty("code").GetString()!;

    private static async Task<int> RoomsAsync(HttpApi user) => (await user.GetAsync("/api/rooms?limit=1000")).Json.GetProperty("rooms").GetArrayLength();

    /// <summary>A fresh token of the same guest, as an application's server would make one for its user.</summary>
    private static string Renewed(InProcessServer server, HttpApi user)
    {
        var tokens = server.Services.GetRequiredService<Server.Auth.Tokens>();
        var id = Protocol.UserId.Parse(user.UserId);
        return tokens.Issue(new Protocol.User(id, "Ada"), TimeSpan.FromMinutes(10)).Token;
    }
}
