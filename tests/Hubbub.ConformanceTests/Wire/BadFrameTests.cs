using System.Text;
using System.Text.Json;
using Hubbub.ConformanceTests.Servers;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>Text messages that are no frames of ours (docs/protocol.md § 5 and 8): each is answered with its code, and the connection lives on.</summary>
public class BadFrameTests
{
    private const string Lone = "\\ud800";

    public static TheoryData<string, string> NotFrames => new()
    {
        { "", "bad_json" },
        { " ", "bad_json" },
        { "hello", "bad_json" },
        { "[]", "bad_json" },
        { "null", "bad_json" },
        { "true", "bad_json" },
        { "1e400", "bad_json" },
        { "\"join\"", "bad_json" },
        { "{", "bad_json" },
        { """{"type":"ping"}{"type":"ping"}""", "bad_json" },
        { """{"type":"ping"} x""", "bad_json" },
        { """{'type':'ping'}""", "bad_json" },
        { """{"type":"ping",}""", "bad_json" },
        { "\ufeff{\"type\":\"ping\"}", "bad_json" },
        { """{"type":"ping","payload":{"x":NaN}}""", "bad_json" },
        { "{\"type\":\"ping\",\"payload\":{\"x\":\"\u0000\"}}", "bad_json" },
        { """{"type":"join","payload":{"roomId":"\x"}}""", "bad_json" },
        { "{}", "bad_frame" },
        { """{"payload":{}}""", "bad_frame" },
        { """{"type":null}""", "bad_frame" },
        { """{"type":1}""", "bad_frame" },
        { """{"type":["join"]}""", "bad_frame" },
        { """{"type":{}}""", "bad_frame" },
        { $$"""{"type":"{{Lone}}"}""", "bad_frame" },
        { """{"type":"ping","payload":[]}""", "bad_frame" },
        { """{"type":"ping","payload":"x"}""", "bad_frame" },
        { """{"type":"ping","payload":7}""", "bad_frame" },
        { """{"type":"ping","id":{}}""", "bad_frame" },
        { """{"type":"ping","id":[]}""", "bad_frame" },
        { """{"type":"ping","id":true}""", "bad_frame" },
        { """{"type":"ping","id":1.5}""", "bad_frame" },
        { """{"type":"ping","id":1e400}""", "bad_frame" },
        { """{"type":"ping","id":18446744073709551616}""", "bad_frame" },
        { $$"""{"type":"ping","id":"{{Lone}}"}""", "bad_frame" },
        { $$"""{"type":"ping","id":"{{new string('i', 65)}}"}""", "bad_frame" },
    };

    /// <summary>The type, the payload, and the code of the answer.</summary>
    public static TheoryData<string, string, string> BadPayloads => new()
    {
        { "", "{}", "unknown_type" },
        { "shout", "{}", "unknown_type" },
        { "welcome", "{}", "unknown_type" },
        { "Join", """{"roomId":"room1"}""", "unknown_type" },
        { "__proto__", "{}", "unknown_type" },
        { "join", "{}", "bad_frame" },
        { "join", "null", "bad_frame" },
        { "join", """{"roomId":null}""", "bad_frame" },
        { "join", """{"roomId":1}""", "bad_frame" },
        { "join", """{"roomId":["room1"]}""", "bad_frame" },
        { "join", """{"roomId":{"id":"room1"}}""", "bad_frame" },
        { "join", """{"RoomId":"room1"}""", "bad_frame" },
        { "join", """{"roomId":"room1","after":7}""", "bad_position" },
        { "join", """{"roomId":"room1","after":-1}""", "bad_position" },
        { "join", """{"roomId":"room1","after":18446744073709551616}""", "bad_position" },
        { "join", """{"roomId":"room1","after":true}""", "bad_position" },
        { "join", """{"roomId":"room1","after":{}}""", "bad_position" },
        { "join", $$"""{"roomId":"room1","after":"{{Lone}}"}""", "bad_position" },
        { "join", """{"roomId":"room1","last":"3"}""", "bad_frame" },
        { "join", """{"roomId":"room1","last":-1}""", "bad_frame" },
        { "join", """{"roomId":"room1","last":1.5}""", "bad_frame" },
        { "join", """{"roomId":"room1","last":1001}""", "bad_frame" },
        { "join", """{"roomId":"room1","last":18446744073709551616}""", "bad_frame" },
        { "join", """{"roomId":"room1","last":3,"after":"0"}""", "bad_frame" },
        { "join", $$"""{"roomId":"{{Lone}}"}""", "bad_room" },
        { "leave", "{}", "bad_frame" },
        { "leave", """{"roomId":7}""", "bad_frame" },
        { "leave", """{"roomId":"never-joined"}""", "not_joined" },
        { "message", "{}", "bad_frame" },
        { "message", """{"message":null}""", "bad_frame" },
        { "message", """{"message":7}""", "bad_frame" },
        { "message", """{"message":["x"]}""", "bad_frame" },
        { "message", """{"message":"x"}""", "not_joined" },
        { "message", """{"message":"x","roomId":7}""", "bad_frame" },
        { "message", """{"message":"x","roomId":"room1","key":7}""", "bad_frame" },
        { "message", """{"message":"x","roomId":"room1","key":""}""", "bad_key" },
        { "message", """{"message":"x","roomId":"room1","key":"a b"}""", "bad_key" },
        { "message", """{"message":"x","roomId":"room1","key":"ü"}""", "bad_key" },
        { "message", $$"""{"message":"x","roomId":"room1","key":"{{Lone}}"}""", "bad_key" },
        { "message", $$"""{"message":"x","roomId":"room1","key":"{{new string('k', 129)}}"}""", "bad_key" },
        { "typing", "{}", "not_joined" },
        { "typing", """{"roomId":7}""", "bad_frame" },
        { "auth", "{}", "bad_frame" },
        { "auth", """{"token":7}""", "bad_frame" },
    };

    public static TheoryData<string> RoomIds =>
        [
            "", " ", "-a", ".a", "_a", "a b", "a/b", "a\\b", "a\n", "ü", "房间", "*", "a*", "a>b", "a,b", "a@b", "a:b", "a#b", "a%b", "..", "a\u0000", new('r', 65),
            new('r', 10_000),
        ];

    [Theory]
    [MemberData(nameof(NotFrames))]
    public async Task What_is_no_frame_is_refused_and_the_connection_lives(string text, string code)
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);

        await socket.SendTextAsync(text);

        await ExpectErrorAsync(socket, code);
        await ExpectLifeAsync(socket, server);
    }

    [Theory]
    [MemberData(nameof(BadPayloads))]
    public async Task A_frame_with_a_bad_payload_is_refused_by_its_id_and_the_connection_lives(string type, string payload, string code)
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);

        await socket.SendTextAsync($$"""{"type":"{{type}}","id":"mine","payload":{{payload}}}""");

        var error = await ExpectErrorAsync(socket, code);
        Assert.Equal("mine", error.GetProperty("id").GetString());
        await ExpectLifeAsync(socket, server);
    }

    [Theory]
    [MemberData(nameof(RoomIds))]
    public async Task A_room_id_of_another_form_is_refused(string room)
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);

        await socket.SendAsync("join", new { roomId = room }, id: "j");
        await socket.SendAsync("message", new { roomId = room, message = "x" }, id: "m");

        foreach (var id in new[] { "j", "m" })
            Assert.Equal("bad_room", (await socket.AnswerAsync(id)).GetProperty("payload").GetProperty("code").GetString());
        await ExpectLifeAsync(socket, server);
    }

    [Theory]
    [InlineData("r")]
    [InlineData("7")]
    [InlineData("A.b_c-9")]
    [InlineData("rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr")]
    public async Task A_room_id_of_the_right_form_is_taken(string room)
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);

        Assert.Equal(room, (await socket.JoinAsync(room)).GetProperty("payload").GetProperty("roomId").GetString());
    }

    [Fact]
    public async Task Deep_nesting_a_million_keys_and_repeated_keys_are_answered_like_anything_else()
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);

        await socket.SendTextAsync(new string('[', 60_000));
        await ExpectErrorAsync(socket, "bad_json");
        await socket.SendTextAsync($$$"""{"type":"ping","payload":{"x":{{{new string('[', 30_000)}}}{{{new string(']', 30_000)}}} }}""");
        await ExpectErrorAsync(socket, "bad_json");
        await socket.SendTextAsync("{" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"\"k{i}\":0,")) + "\"type\":\"ping\",\"id\":\"many\"}");
        Assert.Equal("pong", (await socket.AnswerAsync("many")).GetProperty("type").GetString());
        await socket.SendTextAsync("""{"type":"leave","type":"ping","id":"twice"}""");
        Assert.Equal("pong", (await socket.AnswerAsync("twice")).GetProperty("type").GetString());
    }

    [Fact]
    public async Task Unknown_fields_are_ignored_and_ids_come_back_as_they_were()
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);

        await socket.SendTextAsync("""{"future":[1,2],"type":"join","id":9007199254740993,"payload":{"roomId":"room1","after":0,"more":{"x":1}}}""");
        Assert.Equal("9007199254740993", (await socket.ExpectAsync("joined")).GetProperty("id").GetRawText());
        await socket.SendTextAsync("""{"type":"ping","id":"<\"ü🦜\">","payload":null}""");
        Assert.Equal("<\"ü🦜\">", (await socket.ExpectAsync("pong")).GetProperty("id").GetString());
        await socket.SendTextAsync("""{"type":"ping","id":null}""");
        Assert.False((await socket.ExpectAsync("pong")).TryGetProperty("id", out _));
    }

    [Fact]
    public async Task The_tenth_bad_frame_closes_the_connection_for_good()
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        for (var i = 0; i < 9; i++)
            await socket.SendTextAsync("GET / HTTP/1.1");
        await ExpectLifeAsync(socket, server);

        await socket.SendTextAsync("GET / HTTP/1.1");

        var closing = (await socket.ExpectAsync("closing")).GetProperty("payload");
        Assert.Equal(4400, closing.GetProperty("code").GetInt32());
        Assert.False(closing.TryGetProperty("retryAfter", out _));
        Assert.Equal(4400, await socket.EndAsync());
        Assert.Equal(10, socket.Inbox.Count(f => f.GetProperty("type").GetString() == "error"));
    }

    [Fact]
    public async Task Refused_values_are_no_bad_frames_however_many()
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);

        // What a person mistypes does not make their client another program.
        for (var i = 0; i < 15; i++)
        {
            await socket.SendAsync("join", new { roomId = "no room" });
            await socket.SendAsync("join", new { roomId = "room1", after = "nowhere" });
            await socket.SendAsync("message", new { roomId = "room1", message = " " });
        }

        await ExpectLifeAsync(socket, server);
    }

    private static async Task<JsonElement> ExpectErrorAsync(PlainWebSocket socket, string code)
    {
        var error = await socket.ExpectAsync("error");
        var payload = error.GetProperty("payload");
        Assert.Equal(code, payload.GetProperty("code").GetString());
        Assert.False(payload.GetProperty("retryable").GetBoolean());
        Assert.False(string.IsNullOrWhiteSpace(payload.GetProperty("message").GetString()));
        Assert.True(Encoding.UTF8.GetByteCount(error.GetRawText()) < 1000, "An answer to a bad frame is short.");
        return error;
    }

    private static async Task ExpectLifeAsync(PlainWebSocket socket, InProcessServer server)
    {
        await socket.SendAsync("ping", id: "alive");
        Assert.Equal("pong", (await socket.AnswerAsync("alive")).GetProperty("type").GetString());
        Assert.Empty(server.Log.Errors);
    }
}
