using System.Net;
using Hubbub.ConformanceTests.Servers;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

/// <summary>Rooms between two or a few people (docs/protocol.md § 4 and § 7).</summary>
public sealed class DirectRoomTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task The_same_people_have_one_room_whoever_opens_it_and_at_however_many_nodes_at_once()
    {
        await using var store = SharedStore.InMemory();
        await using var here = await InProcessServer.StartAsync(s => s.Store = store);
        await using var there = await InProcessServer.StartAsync(s => s.Store = store);
        using var ann = await KnownAsync(here, "Ann");
        using var bob = await KnownAsync(here, "Bob");
        using var annThere = new HttpApi(there.Url, ann.Token, ann.UserId);
        using var bobThere = new HttpApi(there.Url, bob.Token, bob.UserId);

        var opened = await Task.WhenAll(OpenAsync(ann, bob), OpenAsync(annThere, bob), OpenAsync(bob, ann), OpenAsync(bobThere, ann), OpenAsync(ann, bob, ann));

        Assert.Single(opened, answer => answer.Status == HttpStatusCode.Created);
        Assert.All(opened, answer => Assert.True(answer.Status is HttpStatusCode.Created or HttpStatusCode.OK, answer.ToString()));
        var room = Assert.Single(opened.Select(answer => answer.Text("id")).Distinct());
        Assert.True(RoomId.Parse(room).IsDirect);
        var members = (await bob.GetAsync($"/api/rooms/{room}/members").Succeeds()).Json.GetProperty("members").EnumerateArray().ToList();
        Assert.Equal(2, members.Count);
        Assert.All(members, member => Assert.Equal("member", member.GetProperty("role").GetString()));
        var created = (await bob.EventsAsync(room, "after=0").Succeeds()).Json.GetProperty("events").EnumerateArray().Count(e => e.GetProperty("type").GetString() == "room_created");
        Assert.Equal(1, created);
    }

    [Fact]
    public async Task It_says_who_is_in_it_and_is_called_by_the_others_names()
    {
        var (ann, bob, carol) = (await KnownAsync("Ann"), await KnownAsync("Bob"), await KnownAsync("Carol"));

        var room = await OpenAsync(ann, bob, carol).Succeeds(HttpStatusCode.Created);

        Assert.True(room.Json.GetProperty("direct").GetBoolean());
        Assert.Equal("private", room.Text("visibility"));
        var people = room.Json.GetProperty("people").EnumerateArray().Select(p => p.GetProperty("name").GetString()).Order(StringComparer.Ordinal);
        Assert.Equal(["Ann", "Bob", "Carol"], people);
        await carol.SayAsync(room.Text("id"), "hello");
        Assert.Equal(["Ann", "Bob"], Assert.Single(await ListedAsync(carol)).GetProperty("name").GetString()!.Split(", ").Order(StringComparer.Ordinal));

        // Another set of people is another room; and to strangers there is none.
        Assert.NotEqual(room.Text("id"), (await OpenAsync(ann, bob).Succeeds(HttpStatusCode.Created)).Text("id"));
        await fixture.Other.GetAsync($"/api/rooms/{room.Text("id")}").Refused(HttpStatusCode.NotFound, "not_found");
        Assert.False((await ann.GetAsync($"/api/rooms/{await fixture.RoomAsync()}").Succeeds()).Json.TryGetProperty("direct", out _));
    }

    [Fact]
    public async Task It_is_listed_when_something_is_said_and_after_leaving_when_something_is_said_again()
    {
        var (ann, bob) = (await KnownAsync("Ann"), await KnownAsync("Bob"));
        var room = (await OpenAsync(ann, bob).Succeeds(HttpStatusCode.Created)).Text("id");
        Assert.Single(await ListedAsync(ann));
        Assert.Empty(await ListedAsync(bob));
        await ann.SayAsync(room, "hello");
        Assert.Equal(1, Assert.Single(await ListedAsync(bob)).GetProperty("unread").GetInt32());

        await bob.DeleteAsync($"/api/rooms/{room}/members/me").Succeeds(HttpStatusCode.NoContent);
        Assert.Empty(await ListedAsync(bob));
        Assert.Single(await ListedAsync(ann));
        await ann.SayAsync(room, "still there?");
        Assert.Single(await ListedAsync(bob));
        await bob.SayAsync(room, "yes");

        // Or when one opens it oneself.
        await bob.DeleteAsync($"/api/rooms/{room}/members/me").Succeeds(HttpStatusCode.NoContent);
        Assert.Equal(room, (await OpenAsync(bob, ann).Succeeds()).Text("id"));
        Assert.Single(await ListedAsync(bob));
    }

    [Fact]
    public async Task Between_two_a_block_ends_writing_for_both_and_says_the_same_to_both()
    {
        var (ann, bob, carol) = (await KnownAsync("Ann"), await KnownAsync("Bob"), await KnownAsync("Carol"));
        var two = (await OpenAsync(ann, bob).Succeeds(HttpStatusCode.Created)).Text("id");
        var three = (await OpenAsync(ann, bob, carol).Succeeds(HttpStatusCode.Created)).Text("id");
        var said = await bob.SayAsync(two, "before");
        await ann.PutAsync($"/api/me/blocks/{bob.UserId}").Succeeds(HttpStatusCode.NoContent);
        fixture.Clock.Jump(RoomAccess.Freshness);

        var refusals = new List<string>();
        foreach (var (who, other) in new[] { (bob, ann), (ann, bob) })
        {
            refusals.Add((await OpenAsync(who, other)).Text("detail"));
            await OpenAsync(who, other).Refused(HttpStatusCode.Forbidden, "forbidden");
            await who.PostAsync($"/api/rooms/{two}/messages", new { message = "after" }).Refused(HttpStatusCode.Forbidden, "forbidden");
            await who.PutAsync($"/api/rooms/{two}/messages/{said.Text("id")}/reactions/:wave:").Refused(HttpStatusCode.Forbidden, "forbidden");
            await who.EventsAsync(two, "after=0").Succeeds();
            await who.SayAsync(three, "among three");
        }

        Assert.Single(refusals.Distinct());
        await ann.DeleteAsync($"/api/me/blocks/{bob.UserId}").Succeeds(HttpStatusCode.NoContent);
        fixture.Clock.Jump(RoomAccess.Freshness);
        await bob.SayAsync(two, "after");
        await OpenAsync(bob, ann).Succeeds();
    }

    [Fact]
    public async Task Nobody_keeps_order_in_it_and_nobody_gets_in_otherwise()
    {
        var (ann, bob) = (await KnownAsync("Ann"), await KnownAsync("Bob"));
        var room = (await OpenAsync(ann, bob).Succeeds(HttpStatusCode.Created)).Text("id");
        var path = $"/api/rooms/{room}";
        var message = (await bob.SayAsync(room, "hello")).Text("id");
        using var granted = fixture.Granted("the-application", new Dictionary<string, string> { ["*"] = "owner" });

        foreach (var attempt in new Func<Task<Answer>>[]
        {
            () => ann.PatchAsync(path, new { name = "x" }), () => ann.PatchAsync(path, new { topic = "x" }), () => ann.PatchAsync(path, new { archived = true }),
            () => ann.PatchAsync(path, new { slowModeSeconds = 1 }), () => ann.PostAsync($"{path}/members/{bob.UserId}/kick"), () => ann.DeleteAsync($"{path}/members/{bob.UserId}"),
            () => ann.PutAsync($"{path}/members/{bob.UserId}/mute", new { seconds = 60 }), () => ann.PutAsync($"{path}/members/{ann.UserId}", new { role = "owner" }),
            () => ann.PostAsync($"{path}/invitations", new { }), () => ann.DeleteAsync($"{path}/messages/{message}"), () => ann.PutAsync($"{path}/messages/{message}/pin"),
        })
            await attempt().Refused(HttpStatusCode.Forbidden, "forbidden");
        await bob.DeleteAsync($"{path}/messages/{message}").Succeeds();
        await granted.GetAsync(path).Refused(HttpStatusCode.NotFound, "not_found");
        await granted.PutAsync($"{path}/members/me").Refused(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Its_id_is_nobodys_to_choose()
    {
        var id = DirectRooms.IdOf([UserId.Parse("a"), UserId.Parse("b")]).Value;

        await fixture.Owner.PostAsync("/api/rooms", new { id }).Refused(HttpStatusCode.Forbidden, "forbidden");
        await fixture.Owner.EventsAsync(id, "after=0").Refused(HttpStatusCode.NotFound, "not_found");
        await fixture.Owner.PostAsync($"/api/rooms/{id}/messages", new { message = "x" }).Refused(HttpStatusCode.NotFound, "not_found");
        await fixture.Owner.PostAsync("/api/rooms", new { id = "direct.room" }).Succeeds(HttpStatusCode.Created);
    }

    [Fact]
    public async Task It_is_for_one_to_seven_others_who_are_known()
    {
        var ann = await KnownAsync("Ann");
        var many = Enumerable.Range(0, 8).Select(i => $"g-{i}").ToArray();

        foreach (var people in new object?[] { null, Array.Empty<string>(), new[] { ann.UserId }, many, new[] { "" } })
            await ann.PostAsync("/api/direct", new { people }).Refused(HttpStatusCode.BadRequest, "bad_request");
        await ann.PostAsync("/api/direct", new { people = "ann" }).Refused(HttpStatusCode.BadRequest, "bad_request");
        await ann.PostAsync("/api/direct", new { people = new[] { "nobody-of-this-id" } }).Refused(HttpStatusCode.NotFound, "not_found");
        Assert.Empty(await ListedAsync(ann));
    }

    private Task<HttpApi> KnownAsync(string name) => KnownAsync(fixture.Server, name);

    /// <summary>A guest of whom something is known: who was never connected and has said nothing of themselves is not.</summary>
    private static async Task<HttpApi> KnownAsync(InProcessServer server, string name)
    {
        var guest = await server.GuestAsync(name);
        await guest.PatchAsync("/api/me", new { color = "#00ff7f" }).Succeeds();
        return guest;
    }

    private static Task<Answer> OpenAsync(HttpApi who, params HttpApi[] others) => who.PostAsync("/api/direct", new { people = others.Select(o => o.UserId).ToArray() });

    private static async Task<List<System.Text.Json.JsonElement>> ListedAsync(HttpApi who) =>
        [.. (await who.GetAsync("/api/rooms?limit=1000").Succeeds()).Json.GetProperty("rooms").EnumerateArray().Where(r => r.TryGetProperty("direct", out var direct) && direct.GetBoolean())];
}
