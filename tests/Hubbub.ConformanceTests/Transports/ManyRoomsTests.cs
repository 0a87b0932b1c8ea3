using System.Net;
using System.Text.Json;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Transports.Readers;
using Hubbub.ConformanceTests.Wire;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Transports;

/// <summary>One question about many rooms (docs/protocol.md § 6), and one socket that reads many.</summary>
public class ManyRoomsTests : IAsyncLifetime
{
    private InProcessServer _server = null!;
    private HttpApi _ada = null!;

    public static TheoryData<string> StreamForms => ["text/event-stream", "application/x-ndjson"];

    public async Task InitializeAsync()
    {
        _server = await InProcessServer.StartAsync();
        _ada = await _server.GuestAsync("Ada");
    }

    public async Task DisposeAsync()
    {
        _ada.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task One_question_is_answered_room_by_room_each_from_its_own_position()
    {
        var epoch = (await _ada.SayAsync("a", "a2")).Text("epoch");
        await _ada.SayAsync("a", "a3");
        await _ada.SayAsync("b", "b2");
        await _ada.SayAsync("c", "c2");

        var answer = await _ada.GetAsync($"/api/events?rooms=a@{epoch}:2,b@0,c");

        var rooms = answer.Json.GetProperty("rooms").EnumerateArray().ToList();
        Assert.Equal(["a", "b", "c"], rooms.Select(r => r.GetProperty("roomId").GetString()));
        Assert.Equal([["message"], ["room_created", "message"], []], rooms.Select(Types));
        Assert.Equal([3, 2, 2], rooms.Select(r => r.GetProperty("head").GetInt64()));
        Assert.Equal($"{epoch}:3", rooms[0].GetProperty("position").GetString());
        Assert.All(rooms, r => Assert.EndsWith($":{r.GetProperty("head").GetInt64()}", r.GetProperty("position").GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_long_poll_answers_as_soon_as_any_of_its_rooms_has_something()
    {
        await _ada.SayAsync("a", "old");
        await _ada.SayAsync("b", "old");

        var asking = _ada.GetAsync("/api/events?rooms=a,b&wait=60");
        await _server.ConnectionsAsync(1);
        await _ada.SayAsync("b", "new");

        var rooms = (await Eventually.WithinAsync("the poll is answered", asking)).Json.GetProperty("rooms").EnumerateArray().ToList();
        Assert.Equal([[], ["message"]], rooms.Select(Types));
    }

    [Fact]
    public async Task A_room_that_may_not_be_read_has_an_error_in_its_place()
    {
        using var bob = await _server.GuestAsync("Bob");
        (await bob.PostAsync("/api/rooms", new { id = "secret", visibility = "private" })).Expect(HttpStatusCode.Created);
        await _ada.SayAsync("a", "hello");

        var answer = await _ada.GetAsync("/api/events?rooms=secret@0,a@0");

        var rooms = answer.Json.GetProperty("rooms").EnumerateArray().ToList();
        Assert.Equal("not_found", rooms[0].GetProperty("error").GetProperty("code").GetString());
        Assert.False(rooms[0].TryGetProperty("events", out _));
        Assert.Equal(["room_created", "message"], Types(rooms[1]));
    }

    [Theory]
    [MemberData(nameof(StreamForms))]
    public async Task A_stream_tells_of_a_room_that_may_not_be_read_and_goes_on_with_the_others(string form)
    {
        using var bob = await _server.GuestAsync("Bob");
        (await bob.PostAsync("/api/rooms", new { id = "secret", visibility = "private" })).Expect(HttpStatusCode.Created);
        await _ada.SayAsync("a", "hello");

        await using var stream = await _ada.StreamAsync("/api/events?rooms=secret,a@0", form);

        var frames = await FramesAsync(stream, 4);
        Assert.Equal(["error", "joined", "room_created", "message"], frames.Select(f => f.Type));
        Assert.Equal("secret", frames[0].Text("roomId"));
        Assert.Equal("not_found", frames[0].Text("code"));
    }

    [Fact]
    public async Task An_event_stream_of_many_rooms_names_all_positions_and_resumes_them_all()
    {
        var heard = new List<string>();
        string? lastEventId = null;
        await _ada.SayAsync("a", "a1");
        await _ada.SayAsync("b", "b1");
        await using (var stream = await _ada.StreamAsync("/api/events?rooms=a@0,b@0", "text/event-stream"))
        {
            heard.AddRange(Messages(await FramesAsync(stream, 6)));
            await _ada.SayAsync("b", "b2");
            heard.AddRange(Messages(await FramesAsync(stream, 1)));
            lastEventId = stream.LastEventId;
        }

        Assert.Matches("^a@[0-9a-f]{8}:2,b@[0-9a-f]{8}:3$", lastEventId);
        await _ada.SayAsync("a", "a2");
        await _ada.SayAsync("b", "b3");

        // The address still says what it said at first; where the browser has come to since wins.
        await using var again = await _ada.StreamAsync("/api/events?rooms=a@0,b@0", "text/event-stream", ("Last-Event-ID", lastEventId!));
        heard.AddRange(Messages(await FramesAsync(again, 4)));
        Assert.Equal(["a1", "a2", "b1", "b2", "b3"], heard.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_cut_before_the_first_event_loses_no_room()
    {
        await _ada.SayAsync("a", "a1");
        await _ada.SayAsync("b", "b1");
        string? lastEventId;
        await using (var stream = await _ada.StreamAsync("/api/events?rooms=a,b@00000001:5", "text/event-stream"))
        {
            await stream.NextAsync();
            lastEventId = stream.LastEventId;
        }

        Assert.Matches("^a@[0-9a-f]{8}:2,b@00000001:5$", lastEventId);
        await _ada.SayAsync("a", "a2");
        await using var again = await _ada.StreamAsync("/api/events?rooms=a,b", "text/event-stream", ("Last-Event-ID", lastEventId!));
        var frames = await FramesAsync(again, 4);
        Assert.Equal("a2", Assert.Single(Messages(frames)));
        Assert.Equal("b", Assert.Single(frames, f => f.Type == "gap").Text("roomId"));
        Assert.Matches("^a@[0-9a-f]{8}:3,b@[0-9a-f]{8}:2$", again.LastEventId);
    }

    [Theory]
    [MemberData(nameof(StreamForms))]
    public async Task Removed_from_one_room_a_stream_goes_on_with_the_other_and_ends_with_the_last(string form)
    {
        using var bob = await _server.GuestAsync("Bob");
        await _ada.SayAsync("a", "hello");
        await _ada.SayAsync("b", "hello");
        await using var stream = await bob.StreamAsync("/api/events?rooms=a,b", form);
        await FramesAsync(stream, 2);

        (await _ada.DeleteAsync($"/api/rooms/a/members/{bob.UserId}")).Expect(HttpStatusCode.NoContent);
        var left = Assert.Single(await FramesAsync(stream, 1));
        Assert.Equal("left", left.Type);
        Assert.Equal("a", left.Text("roomId"));
        await _ada.SayAsync("a", "not for Bob");
        await _ada.SayAsync("b", "for both");
        Assert.Equal("for both", Assert.Single(Messages(await FramesAsync(stream, 1))));
        (await _ada.DeleteAsync($"/api/rooms/b/members/{bob.UserId}")).Expect(HttpStatusCode.NoContent);

        Assert.Equal("left", Assert.Single(await FramesAsync(stream, 1)).Type);
        Assert.Null(await stream.NextAsync());
    }

    [Fact]
    public async Task A_gap_stands_inside_its_rooms_object()
    {
        await _ada.SayAsync("a", "hello");
        await _ada.SayAsync("b", "hello");

        var rooms = (await _ada.GetAsync("/api/events?rooms=a@00000001:9,b@0&wait=30")).Json.GetProperty("rooms").EnumerateArray().ToList();

        Assert.Equal("lost_past", rooms[0].GetProperty("gap").GetProperty("reason").GetString());
        Assert.Equal("00000001:9", rooms[0].GetProperty("gap").GetProperty("from").GetString());
        Assert.Equal(rooms[0].GetProperty("position").GetString(), rooms[0].GetProperty("gap").GetProperty("to").GetString());
        Assert.Empty(rooms[0].GetProperty("events").EnumerateArray());
        Assert.False(rooms[1].TryGetProperty("gap", out _));
    }

    [Theory]
    [InlineData("", "bad_request")]
    [InlineData("rooms=", "bad_request")]
    [InlineData("rooms=a,,b", "bad_room")]
    [InlineData("rooms=a,a", "bad_request")]
    [InlineData("rooms=-a", "bad_room")]
    [InlineData("rooms=a@", "bad_position")]
    [InlineData("rooms=a@x", "bad_position")]
    [InlineData("rooms=a@0@0", "bad_position")]
    [InlineData("rooms=a&limit=0", "bad_request")]
    [InlineData("rooms=a&wait=61", "bad_request")]
    public async Task A_malformed_question_is_refused_in_every_form(string query, string code)
    {
        foreach (var form in new[] { "application/json", "text/event-stream", "application/x-ndjson" })
        {
            var answer = await _ada.SendAsync(HttpMethod.Get, $"/api/events?{query}", null, ("Accept", form));
            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
            Assert.Equal(code, answer.Code);
        }
    }

    [Fact]
    public async Task A_question_is_about_at_most_128_rooms()
    {
        var rooms = string.Join(',', Enumerable.Range(1, 128).Select(i => $"r{i}@0"));

        var most = await _ada.GetAsync($"/api/events?rooms={rooms}");
        var more = await _ada.GetAsync($"/api/events?rooms={rooms},one-more");

        Assert.Equal(128, most.Json.GetProperty("rooms").GetArrayLength());
        Assert.Equal(HttpStatusCode.TooManyRequests, more.Status);
        Assert.Equal("too_many_rooms", more.Code);
        Assert.Equal(HttpStatusCode.NotFound, (await _ada.GetAsync("/api/invitations/none")).Status);
        Assert.DoesNotContain("one-more", (await _ada.GetAsync("/api/rooms?limit=1000")).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Many_rooms_in_one_stream_stay_whole_however_often_it_is_cut(int seed)
    {
        const int Rooms = 5, Messages = 40;
        var random = new Random(seed);
        var names = Enumerable.Range(1, Rooms).Select(i => $"room{i}").ToList();
        foreach (var name in names)
            await _ada.SayAsync(name, "0");
        var heard = names.ToDictionary(n => n, _ => new List<string>());
        var list = string.Join(',', names);
        var stream = await _ada.StreamAsync($"/api/events?rooms={list}", "text/event-stream");
        await stream.NextAsync(); // from here on its id says where all rooms stand
        var writing = Task.WhenAll(names.Select(async name =>
        {
            for (var i = 1; i <= Messages; i++)
                await _ada.SayAsync(name, $"{i}");
        }));
        while (heard.Values.Sum(h => h.Count) < Rooms * Messages)
        {
            for (var i = random.Next(1, 40); i > 0 && heard.Values.Sum(h => h.Count) < Rooms * Messages; i--)
            {
                var told = Told.OfFrame((await stream.NextAsync())!.Value);
                if (told.Type == "message")
                    heard[told.Text("roomId")].Add(told.Text("message"));
            }

            var id = stream.LastEventId!;
            await stream.DisposeAsync();
            stream = await _ada.StreamAsync($"/api/events?rooms={list}", "text/event-stream", ("Last-Event-ID", id));
        }

        await stream.DisposeAsync();
        await writing;
        Assert.All(heard.Values, h => Assert.True(Enumerable.Range(1, Messages).Select(i => $"{i}").SequenceEqual(h), $"Seed {seed}: {string.Join(' ', h)}"));
    }

    [Fact]
    public async Task One_socket_reads_many_rooms_each_from_its_own_position()
    {
        await _ada.SayAsync("a", "a2");
        await _ada.SayAsync("b", "b2");
        await using var socket = await PlainWebSocket.ConnectAsync(_server.Url, _ada.Token);
        await socket.JoinAsync("a", after: "0");
        await socket.JoinAsync("b", last: 1);
        await socket.JoinAsync("c");

        // A message without a room goes to the one joined last.
        await socket.SendAsync("message", new { message = "c2" });

        var told = new List<(string Room, string Type)>();
        while (told.Count < 4)
        {
            var e = await socket.NextEventAsync();
            told.Add((e.GetProperty("payload").GetProperty("roomId").GetString()!, e.GetProperty("type").GetString()!));
        }

        Assert.Equal(["room_created", "message"], told.Where(t => t.Room == "a").Select(t => t.Type));
        Assert.Equal(["message"], told.Where(t => t.Room == "b").Select(t => t.Type));
        Assert.Equal(["message"], told.Where(t => t.Room == "c").Select(t => t.Type));
        await socket.SendAsync("leave", new { roomId = "a" }, id: "l");
        Assert.Equal("left", (await socket.AnswerAsync("l")).GetProperty("payload").GetProperty("reason").GetString());
        await _ada.SayAsync("a", "unheard");
        await _ada.SayAsync("b", "heard");
        Assert.Equal("heard", (await socket.NextEventAsync()).GetProperty("payload").GetProperty("message").GetString());
    }

    private static IEnumerable<string> Types(JsonElement room) => room.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("type").GetString()!);

    private static IEnumerable<string> Messages(IEnumerable<Told> frames) => frames.Where(f => f.Type == "message").Select(f => f.Text("message"));

    private static async Task<List<Told>> FramesAsync(EventReader stream, int count)
    {
        var frames = new List<Told>();
        while (frames.Count < count)
            frames.Add(Told.OfFrame(await stream.NextAsync() ?? throw new EndOfStreamException($"The stream ended after {frames.Count} frames.")));
        return frames;
    }
}
