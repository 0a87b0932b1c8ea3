using System.Net;
using System.Text.Json;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

public class RoomTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private HttpApi Owner => fixture.Owner;

    private HttpApi Other => fixture.Other;

    [Fact]
    public async Task A_room_can_be_made_with_nothing_said_about_it()
    {
        var made = await Owner.PostAsync("/api/rooms", new { }).Succeeds(HttpStatusCode.Created);

        var id = made.Text("id");
        Assert.Matches("^[a-z0-9]{12}$", id);
        Assert.Equal(id, made.Text("name"));
        Assert.Equal("public", made.Text("visibility"));
        Assert.Equal("strong", made.Text("consistency"));
        Assert.Equal("owner", made.Text("role"));
        Assert.Equal(1, made.Number("head"));
        Assert.Matches("^[0-9a-f]{8}:1$", made.Text("position"));
        Assert.Equal(JsonValueKind.Null, made.Json.GetProperty("readMark").ValueKind);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", made.Text("createdAt"));
        Assert.Equal(made.Body, (await Owner.GetAsync($"/api/rooms/{id}").Succeeds()).Body);
    }

    [Fact]
    public async Task A_room_is_made_as_it_is_asked_for_and_only_once()
    {
        var made = await Owner.PostAsync("/api/rooms", new { id = "Asked.for_1-x", name = "Grüße 🦜", visibility = "private" }).Succeeds(HttpStatusCode.Created);

        Assert.Equal(("Asked.for_1-x", "Grüße 🦜", "private"), (made.Text("id"), made.Text("name"), made.Text("visibility")));
        await Owner.PostAsync("/api/rooms", new { id = "Asked.for_1-x" }).Refused(HttpStatusCode.Conflict, "room_exists");
        await Other.PostAsync("/api/rooms", new { id = "Asked.for_1-x" }).Refused(HttpStatusCode.Conflict, "room_exists");

        // Case matters.
        await Other.PostAsync("/api/rooms", new { id = "asked.for_1-x" }).Succeeds(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_relaxed_room_says_so_wherever_it_is_shown_and_one_made_by_its_first_use_is_strong()
    {
        var made = await Owner.PostAsync("/api/rooms", new { id = "relaxed-1", consistency = "relaxed" }).Succeeds(HttpStatusCode.Created);
        await Owner.SayAsync("relaxed-2", "made by the way");

        Assert.Equal("relaxed", made.Text("consistency"));
        Assert.Equal("relaxed", (await Other.GetAsync("/api/rooms/relaxed-1").Succeeds()).Text("consistency"));
        Assert.Equal("relaxed", (await Other.EventsAsync("relaxed-1", "after=0").Succeeds()).Json.GetProperty("events")[0].GetProperty("consistency").GetString());
        var listed = (await Other.GetAsync("/api/rooms?after=relaxed-&limit=2").Succeeds()).Json.GetProperty("rooms").EnumerateArray();
        Assert.Equal(
            [("relaxed-1", "relaxed"), ("relaxed-2", "strong")],
            listed.Select(r => (r.GetProperty("id").GetString()!, r.GetProperty("consistency").GetString()!)));
    }

    [Theory]
    [InlineData("""{"id":"-x"}""", "bad_room")]
    [InlineData("""{"id":""}""", "bad_room")]
    [InlineData("""{"name":""}""", "bad_name")]
    [InlineData("""{"name":"  "}""", "bad_name")]
    [InlineData("""{"name":"a\nb"}""", "bad_name")]
    [InlineData("""{"name":"\ud800"}""", "bad_name")]
    [InlineData("""{"name":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}""", "bad_name")]
    [InlineData("""{"visibility":"secret"}""", "bad_request")]
    [InlineData("""{"visibility":"Private"}""", "bad_request")]
    [InlineData("""{"consistency":"eventual"}""", "bad_request")]
    [InlineData("""{"consistency":"Relaxed"}""", "bad_request")]
    public async Task A_room_of_another_form_is_not_made(string body, string code)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        await Owner.SendAsync(HttpMethod.Post, "/api/rooms", content).Refused(HttpStatusCode.BadRequest, code);
    }

    [Fact]
    public async Task What_a_client_may_not_decide_is_ignored()
    {
        var made = await Other.PostAsync("/api/rooms", new { id = "assigned", role = "member", head = 99, position = "00000001:99", createdAt = "1970-01-01" })
            .Succeeds(HttpStatusCode.Created);
        Assert.Equal(("owner", 1), (made.Text("role"), made.Number("head")));

        var posted = await Other.PostAsync("/api/rooms/assigned/messages", new { message = "x", sender = new { id = "someone" }, sequence = 99, sentAt = "1970-01-01" })
            .Succeeds(HttpStatusCode.Created);
        Assert.Equal(2, posted.Number("sequence"));
        var told = (await Owner.EventsAsync("assigned", "last=1").Succeeds()).Json.GetProperty("events")[0];
        Assert.Equal(Other.UserId, told.GetProperty("sender").GetProperty("id").GetString());
    }

    [Fact]
    public async Task Owners_rename_and_everybody_sees_it_at_once()
    {
        var room = await fixture.RoomAsync();
        await Other.GetAsync($"/api/rooms/{room}").Succeeds();

        var renamed = await Owner.PatchAsync($"/api/rooms/{room}", new { name = "New name" }).Succeeds();

        Assert.Equal(("New name", 2), (renamed.Text("name"), renamed.Number("head")));
        Assert.Equal("New name", (await Other.GetAsync($"/api/rooms/{room}")).Text("name"));
        Assert.Equal(2, (await Owner.PatchAsync($"/api/rooms/{room}", new { name = "New name" }).Succeeds()).Number("head"));
        await Owner.PatchAsync($"/api/rooms/{room}", new { name = "" }).Refused(HttpStatusCode.BadRequest, "bad_name");
        await Owner.PatchAsync($"/api/rooms/{room}", new { }).Refused(HttpStatusCode.BadRequest, "bad_request");
        await Owner.PatchAsync("/api/rooms/never-made", new { name = "x" }).Refused(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Rooms_are_listed_by_id_page_by_page_and_private_ones_to_their_members_only()
    {
        using var lister = await fixture.Server.GuestAsync("Lister");
        foreach (var id in new[] { "list-b", "list-a", "list-C", "list-d" })
            await Owner.PostAsync("/api/rooms", new { id }).Succeeds(HttpStatusCode.Created);
        await Owner.PostAsync("/api/rooms", new { id = "list-private", visibility = "private" }).Succeeds(HttpStatusCode.Created);

        Assert.Equal(["list-C", "list-a", "list-b", "list-d"], await ListAsync(lister, limit: 2));
        Assert.Equal(["list-C", "list-a", "list-b", "list-d", "list-private"], await ListAsync(Owner, limit: 1000));
        await fixture.AcceptAsync(lister, "list-private");
        Assert.Equal(["list-C", "list-a", "list-b", "list-d", "list-private"], await ListAsync(lister, limit: 1));
        await lister.GetAsync("/api/rooms?limit=0").Refused(HttpStatusCode.BadRequest, "bad_request");
        await lister.GetAsync("/api/rooms?limit=1001").Refused(HttpStatusCode.BadRequest, "bad_request");
        await lister.GetAsync("/api/rooms?after=-x").Refused(HttpStatusCode.BadRequest, "bad_room");
    }

    [Fact]
    public async Task A_token_with_grants_sees_its_own_rooms_only()
    {
        foreach (var id in new[] { "grant-1", "grant-2", "other-1" })
            await Owner.PostAsync("/api/rooms", new { id }).Succeeds(HttpStatusCode.Created);
        using var granted = fixture.Granted("granted-lister", new Dictionary<string, string> { ["grant-*"] = "member" });

        Assert.Equal(["grant-1", "grant-2"], await ListAsync(granted, limit: 1000, prefix: ""));
        await granted.GetAsync("/api/rooms/other-1").Refused(HttpStatusCode.NotFound, "not_found");
        await granted.PostAsync("/api/rooms", new { id = "other-2" }).Refused(HttpStatusCode.Forbidden, "forbidden");
        await granted.PostAsync("/api/rooms", new { id = "grant-3" }).Succeeds(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_read_mark_is_ones_own_and_only_moves_forward()
    {
        var room = await fixture.RoomAsync();
        var positions = new List<string> { (await Owner.GetAsync($"/api/rooms/{room}")).Text("position") };
        for (var i = 0; i < 3; i++)
            positions.Add((await Owner.SayAsync(room, $"{i}")).Text("id"));

        Assert.Equal(positions[2], (await Mark(positions[2]).Succeeds()).Text("position"));
        Assert.Equal(positions[2], (await Mark(positions[1]).Succeeds()).Text("position"));
        Assert.Equal(positions[2], (await Other.GetAsync($"/api/rooms/{room}")).Text("readMark"));
        Assert.Equal(JsonValueKind.Null, (await Owner.GetAsync($"/api/rooms/{room}")).Json.GetProperty("readMark").ValueKind);
        var listed = (await Other.GetAsync("/api/rooms?limit=1000")).Json.GetProperty("rooms").EnumerateArray().Single(r => r.GetProperty("id").GetString() == room);
        Assert.Equal(positions[2], listed.GetProperty("readMark").GetString());

        foreach (var bad in new[] { "0", "x", "", "00000001:1", $"{positions[3].Split(':')[0]}:5", $"{positions[3].Split(':')[0]}:0" })
            await Mark(bad).Refused(HttpStatusCode.BadRequest, "bad_position");
        await Other.PutAsync($"/api/rooms/{room}/read", new { }).Refused(HttpStatusCode.BadRequest, "bad_position");
        Assert.Equal(positions[3], (await Mark(positions[3]).Succeeds()).Text("position"));

        Task<Answer> Mark(string position) => Other.PutAsync($"/api/rooms/{room}/read", new { position });
    }

    [Fact]
    public async Task What_is_unread_falls_as_the_mark_moves_and_is_said_wherever_a_room_is_shown()
    {
        var room = await fixture.RoomAsync();
        Assert.False((await Other.GetAsync($"/api/rooms/{room}")).Json.TryGetProperty("unread", out _));
        await Other.PutAsync($"/api/rooms/{room}/members/me").Succeeds();
        var positions = new List<string>();
        for (var i = 0; i < 4; i++)
            positions.Add((await Owner.SayAsync(room, $"{i}")).Text("id"));
        await Other.SayAsync(room, "my own");
        await Owner.DeleteAsync($"/api/rooms/{room}/messages/{positions[3]}").Succeeds();

        Assert.Equal(3, (await Other.GetAsync($"/api/rooms/{room}")).Number("unread"));
        await Other.PutAsync($"/api/rooms/{room}/read", new { position = positions[0] }).Succeeds();
        Assert.Equal(2, (await Other.GetAsync($"/api/rooms/{room}")).Number("unread"));
        Assert.Equal(1, (await Owner.GetAsync($"/api/rooms/{room}")).Number("unread"));
        var listed = (await Other.GetAsync($"/api/rooms?q={room}")).Json.GetProperty("rooms").EnumerateArray().Single();
        Assert.Equal(2, listed.GetProperty("unread").GetInt32());
        await Other.PutAsync($"/api/rooms/{room}/read", new { position = (await Other.GetAsync($"/api/rooms/{room}")).Text("position") }).Succeeds();
        Assert.Equal(0, (await Other.GetAsync($"/api/rooms/{room}")).Number("unread"));
    }

    [Fact]
    public async Task Mentions_that_are_not_read_are_counted_as_the_messages_stand()
    {
        var room = await fixture.RoomAsync();
        await Other.PutAsync($"/api/rooms/{room}/members/me").Succeeds();
        var first = (await Owner.SayAsync(room, $"@{Other.UserId} look")).Text("id");
        var second = (await Owner.SayAsync(room, "nobody yet")).Text("id");
        await Owner.PostAsync($"/api/rooms/{room}/messages", new { message = "@room all of you", thread = first }).Succeeds(HttpStatusCode.Created);
        Assert.Equal((2, 2), await CountsAsync());

        await Owner.PatchAsync($"/api/rooms/{room}/messages/{second}", new { message = $"@{Other.UserId} you after all" }).Succeeds();
        Assert.Equal((2, 3), await CountsAsync());
        await Owner.DeleteAsync($"/api/rooms/{room}/messages/{first}").Succeeds();
        Assert.Equal((1, 2), await CountsAsync());
        await Other.PutAsync($"/api/rooms/{room}/read", new { position = (await Other.GetAsync($"/api/rooms/{room}")).Text("position") }).Succeeds();
        Assert.Equal((0, 0), await CountsAsync());

        async Task<(long, long)> CountsAsync()
        {
            var shown = await Other.GetAsync($"/api/rooms/{room}").Succeeds();
            return (shown.Number("unread"), shown.Number("mentions"));
        }
    }

    [Fact]
    public async Task Rooms_are_found_by_a_part_of_name_topic_or_id_and_only_those_one_may_see()
    {
        using var finder = await fixture.Server.GuestAsync("Finder");
        await Owner.PostAsync("/api/rooms", new { id = "found-1", name = "Über 100% Äpfel" }).Succeeds(HttpStatusCode.Created);
        await Owner.PostAsync("/api/rooms", new { id = "found-2", name = "Birnen" }).Succeeds(HttpStatusCode.Created);
        await Owner.PostAsync("/api/rooms", new { id = "found-3", name = "secret äpfel", visibility = "private" }).Succeeds(HttpStatusCode.Created);

        await Owner.PatchAsync("/api/rooms/found-2", new { topic = "Kernobst & Sträucher" }).Succeeds();
        await Owner.PatchAsync("/api/rooms/found-3", new { topic = "Sträucher" }).Succeeds();

        Assert.Equal(["found-2"], await FindAsync(finder, "STRÄUCHER"));
        Assert.Equal(["found-1"], await FindAsync(finder, "äPFEL"));
        Assert.Equal(["found-1", "found-3"], await FindAsync(Owner, "äpfel"));
        Assert.Equal(["found-1"], await FindAsync(finder, "0% Ä"));
        Assert.Empty(await FindAsync(finder, "%pfel"));
        Assert.Empty(await FindAsync(finder, "found_1"));
        Assert.Equal(["found-1", "found-2"], await FindAsync(finder, " FOUND- "));
        Assert.Empty(await FindAsync(finder, "' OR 1=1 --"));
        await finder.GetAsync($"/api/rooms?q={new string('q', 65)}").Refused(HttpStatusCode.BadRequest, "bad_request");
        Assert.NotEmpty((await finder.GetAsync("/api/rooms?q=").Succeeds()).Json.GetProperty("rooms").EnumerateArray());

        static async Task<List<string>> FindAsync(HttpApi who, string part) =>
            [.. (await who.GetAsync($"/api/rooms?q={Uri.EscapeDataString(part)}").Succeeds()).Json.GetProperty("rooms").EnumerateArray().Select(r => r.GetProperty("id").GetString()!)];
    }

    private static async Task<List<string>> ListAsync(HttpApi who, int limit, string prefix = "list-")
    {
        var ids = new List<string>();
        string? after = null;
        do
        {
            var page = await who.GetAsync($"/api/rooms?limit={limit}{(after is null ? "" : $"&after={after}")}").Succeeds();
            var rooms = page.Json.GetProperty("rooms").EnumerateArray().ToList();
            Assert.True(rooms.Count <= limit);
            ids.AddRange(rooms.Select(r => r.GetProperty("id").GetString()!));
            after = page.Json.GetProperty("next").GetString();
        }
        while (after is not null);
        return [.. ids.Where(i => i.StartsWith(prefix, StringComparison.Ordinal))];
    }

    [Fact]
    public async Task A_topic_is_set_and_taken_away()
    {
        var room = await fixture.RoomAsync();
        Assert.False((await Owner.GetAsync($"/api/rooms/{room}").Succeeds()).Json.TryGetProperty("topic", out _));

        Assert.Equal("Lunch 🍜", (await Owner.PatchAsync($"/api/rooms/{room}", new { topic = "Lunch 🍜" }).Succeeds()).Text("topic"));
        Assert.Equal(2, (await Owner.PatchAsync($"/api/rooms/{room}", new { topic = "Lunch 🍜" }).Succeeds()).Number("head"));
        var told = (await Owner.EventsAsync(room, "last=1")).Json.GetProperty("events")[0];
        Assert.Equal(("room_topic", "Lunch 🍜"), (told.GetProperty("type").GetString(), told.GetProperty("topic").GetString()));
        Assert.False((await Owner.PatchAsync($"/api/rooms/{room}", new { topic = "" }).Succeeds()).Json.TryGetProperty("topic", out _));

        foreach (var topic in new[] { "two\nlines", "bell\a" })
            await Owner.PatchAsync($"/api/rooms/{room}", new { topic }).Refused(HttpStatusCode.BadRequest, "bad_request");
        await Owner.PatchAsync($"/api/rooms/{room}", new { topic = new string('ü', 513) }).Refused(HttpStatusCode.RequestEntityTooLarge, "too_large");
        await Owner.PatchAsync($"/api/rooms/{room}", new { topic = 7 }).Refused(HttpStatusCode.BadRequest, "bad_request");
    }

    [Fact]
    public async Task In_an_archived_room_everything_can_be_read_and_nothing_else_happens()
    {
        var room = await fixture.RoomAsync();
        var id = (await Owner.SayAsync(room, "hello")).Text("id");
        Assert.True((await Owner.PatchAsync($"/api/rooms/{room}", new { name = "Old", archived = true }).Succeeds()).Json.GetProperty("archived").GetBoolean());

        foreach (var (act, what) in new (Func<Task<Answer>>, string)[]
        {
            (() => Owner.PostAsync($"/api/rooms/{room}/messages", new { message = "x" }), "post"),
            (() => Owner.PatchAsync($"/api/rooms/{room}/messages/{id}", new { message = "x" }), "edit"),
            (() => Owner.DeleteAsync($"/api/rooms/{room}/messages/{id}"), "delete"),
            (() => Owner.PutAsync($"/api/rooms/{room}/messages/{id}/reactions/:tada:"), "react"),
            (() => Owner.PutAsync($"/api/rooms/{room}/messages/{id}/pin"), "pin"),
            (() => Owner.PatchAsync($"/api/rooms/{room}", new { topic = "x" }), "topic"),
            (() => Owner.PatchAsync($"/api/rooms/{room}", new { name = "x", archived = true }), "rename"),
            (() => Owner.PostAsync($"/api/rooms/{room}/invitations", new { }), "invite"),
            (() => Other.PutAsync($"/api/rooms/{room}/members/me"), "join"),
            (() => Other.PostAsync($"/api/rooms/{room}/typing"), "type"),
        })
        {
            var answer = await act();
            Assert.True((HttpStatusCode.Forbidden, "archived") == (answer.Status, answer.Code), $"{what}: {answer}");
        }

        await Other.GetAsync($"/api/rooms/{room}/messages/{id}").Succeeds();
        Assert.Equal(4, (await Other.EventsAsync(room, "after=0")).Json.GetProperty("events").GetArrayLength());
        Assert.Equal(4, (await Owner.PatchAsync($"/api/rooms/{room}", new { archived = true }).Succeeds()).Number("head"));

        var opened = await Owner.PatchAsync($"/api/rooms/{room}", new { archived = false, topic = "Again" }).Succeeds();
        Assert.Equal((6, "Again"), (opened.Number("head"), opened.Text("topic")));
        await Owner.SayAsync(room, "hello again");
    }

    [Fact]
    public async Task A_slow_room_tells_when_the_next_message_may_come()
    {
        var room = await fixture.RoomAsync();
        Assert.Equal(30, (await Owner.PatchAsync($"/api/rooms/{room}", new { slowModeSeconds = 30 }).Succeeds()).Number("slowModeSeconds"));
        await Other.SayAsync(room, "first");

        var refused = Other.PostAsync($"/api/rooms/{room}/messages", new { message = "second" });
        await refused.Refused(HttpStatusCode.TooManyRequests, "rate_limited");
        Assert.InRange(int.Parse((await refused).Headers["retry-after"], System.Globalization.CultureInfo.InvariantCulture), 1, 30);
        await Owner.SayAsync(room, "an owner");
        await Owner.SayAsync(room, "need not wait");
        foreach (var seconds in new object[] { -1, 21_601, 1.5, "30" })
            await Owner.PatchAsync($"/api/rooms/{room}", new { slowModeSeconds = seconds }).Refused(HttpStatusCode.BadRequest, "bad_request");
    }

    [Fact]
    public async Task Messages_are_pinned_to_their_room()
    {
        var room = await fixture.RoomAsync();
        var (one, two) = ((await Owner.SayAsync(room, "one")).Text("id"), (await Other.SayAsync(room, "two")).Text("id"));

        await Owner.PutAsync($"/api/rooms/{room}/messages/{one}/pin").Succeeds();
        await Owner.PutAsync($"/api/rooms/{room}/messages/{two}/pin").Succeeds();
        Assert.Equal(5, (await Owner.PutAsync($"/api/rooms/{room}/messages/{two}/pin").Succeeds()).Number("sequence"));
        Assert.Equal([(two, "two"), (one, "one")], await PinsAsync());

        await Owner.DeleteAsync($"/api/rooms/{room}/messages/{one}/pin").Succeeds();
        Assert.Equal([(two, "two")], await PinsAsync());
        await Other.DeleteAsync($"/api/rooms/{room}/messages/{two}").Succeeds();
        Assert.Empty(await PinsAsync());
        await Owner.PutAsync($"/api/rooms/{room}/messages/{two}/pin").Refused(HttpStatusCode.NotFound, "not_found");

        async Task<IEnumerable<(string?, string?)>> PinsAsync() => (await Other.GetAsync($"/api/rooms/{room}/pins").Succeeds()).Json.GetProperty("pins").EnumerateArray()
            .Select(p => (p.GetProperty("id").GetString(), p.GetProperty("message").GetString()));
    }
}
