using System.Net;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

public class MessageTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private HttpApi Owner => fixture.Owner;

    private HttpApi Other => fixture.Other;

    [Fact]
    public async Task A_post_is_answered_by_where_it_stands_and_a_repeated_one_by_the_same()
    {
        var room = await fixture.RoomAsync();

        var posted = await Post(Owner, room, "hello", "k").Succeeds(HttpStatusCode.Created);
        await Post(Owner, room, "between", null).Succeeds(HttpStatusCode.Created);
        var repeated = await Post(Owner, room, "hello", "k").Succeeds(HttpStatusCode.OK);

        Assert.Equal((room, 2), (posted.Text("room"), posted.Number("sequence")));
        Assert.Equal($"{posted.Text("epoch")}:2", posted.Text("id"));
        Assert.Equal(["epoch", "id", "room", "sentAt", "sequence"], posted.Json.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal(posted.Body, repeated.Body);
        await Post(Owner, room, "other", "k").Refused(HttpStatusCode.Conflict, "key_reused");
        Assert.Equal(3, (await Owner.GetAsync($"/api/rooms/{room}")).Number("head"));
    }

    [Fact]
    public async Task A_key_belongs_to_its_sender_and_room()
    {
        var (one, two) = (await fixture.RoomAsync(), await fixture.RoomAsync());

        await Post(Owner, one, "mine", "k").Succeeds(HttpStatusCode.Created);
        await Post(Other, one, "theirs", "k").Succeeds(HttpStatusCode.Created);
        await Post(Owner, two, "elsewhere", "k").Succeeds(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Equal_posts_at_the_same_moment_are_stored_once()
    {
        var room = await fixture.RoomAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Post(Owner, room, "at once", "k")));

        Assert.Equal(1, answers.Count(a => a.Status == HttpStatusCode.Created));
        Assert.Equal(19, answers.Count(a => a.Status == HttpStatusCode.OK));
        Assert.Single(answers.Select(a => a.Body).Distinct());
        Assert.Equal(2, (await Owner.GetAsync($"/api/rooms/{room}")).Number("head"));
    }

    [Fact]
    public async Task Only_its_author_edits_a_message()
    {
        var room = await fixture.RoomAsync();
        var id = (await Other.SayAsync(room, "frist")).Text("id");

        var edited = await Other.PatchAsync($"/api/rooms/{room}/messages/{id}", new { message = "first", key = "e" }).Succeeds();
        var repeated = await Other.PatchAsync($"/api/rooms/{room}/messages/{id}", new { message = "first", key = "e" }).Succeeds();

        Assert.Equal(3, edited.Number("sequence"));
        Assert.Equal(edited.Body, repeated.Body);
        await Owner.PatchAsync($"/api/rooms/{room}/messages/{id}", new { message = "changed" }).Refused(HttpStatusCode.Forbidden, "forbidden");
        await Other.PatchAsync($"/api/rooms/{room}/messages/{id}", new { message = "other", key = "e" }).Refused(HttpStatusCode.Conflict, "key_reused");
        await Other.PatchAsync($"/api/rooms/{room}/messages/{id}", new { message = " " }).Refused(HttpStatusCode.BadRequest, "bad_message");
    }

    [Fact]
    public async Task A_message_is_deleted_by_its_author_or_an_owner_and_by_nobody_else()
    {
        var room = await fixture.RoomAsync();
        using var third = await fixture.Server.GuestAsync("Third");
        var mine = (await Other.SayAsync(room, "one")).Text("id");
        var theirs = (await Other.SayAsync(room, "two")).Text("id");

        await third.DeleteAsync($"/api/rooms/{room}/messages/{mine}").Refused(HttpStatusCode.Forbidden, "forbidden");
        var deleted = await Other.DeleteAsync($"/api/rooms/{room}/messages/{mine}").Succeeds();
        Assert.Equal(deleted.Body, (await Other.DeleteAsync($"/api/rooms/{room}/messages/{mine}").Succeeds()).Body);
        await Owner.DeleteAsync($"/api/rooms/{room}/messages/{theirs}").Succeeds();

        // An edit after a deletion is taken and changes nothing: the deletion stands.
        await Other.PatchAsync($"/api/rooms/{room}/messages/{mine}", new { message = "still there?" }).Succeeds();
    }

    [Fact]
    public async Task What_is_no_message_of_this_room_is_not_found()
    {
        var (room, elsewhere) = (await fixture.RoomAsync(), await fixture.RoomAsync());
        var message = (await Owner.SayAsync(room, "hello")).Text("id");
        await Owner.SayAsync(elsewhere, "hello");
        var epoch = message.Split(':')[0];

        foreach (var id in new[] { $"{epoch}:1", $"{epoch}:3", $"{epoch}:0", "0", "x", "00000001:2", $"{epoch}:-2", $"{epoch}:9223372036854775807" })
        {
            await Owner.PatchAsync($"/api/rooms/{room}/messages/{id}", new { message = "x" }).Refused(HttpStatusCode.NotFound, "not_found");
            await Owner.DeleteAsync($"/api/rooms/{room}/messages/{id}").Refused(HttpStatusCode.NotFound, "not_found");
        }

        await Owner.DeleteAsync($"/api/rooms/{elsewhere}/messages/{message}").Refused(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task No_key_of_a_client_stands_in_the_way_of_a_deletion()
    {
        var room = await fixture.RoomAsync();
        var id = (await Owner.SayAsync(room, "hello")).Text("id");
        foreach (var key in new[] { $"delete:{id}", $"delete-{id}", $"delete/{id}", id, "delete" })
            await Post(Owner, room, "a trap", key).Succeeds(HttpStatusCode.Created);

        await Owner.DeleteAsync($"/api/rooms/{room}/messages/{id}").Succeeds();

        var last = (await Owner.EventsAsync(room, "last=1")).Json.GetProperty("events")[0];
        Assert.Equal(("message_deleted", id), (last.GetProperty("type").GetString(), last.GetProperty("messageId").GetString()));
    }

    [Fact]
    public async Task Typing_is_taken_and_leaves_no_trace()
    {
        var room = await fixture.RoomAsync();

        await Other.PostAsync($"/api/rooms/{room}/typing").Succeeds(HttpStatusCode.Accepted);

        Assert.Equal(1, (await Owner.GetAsync($"/api/rooms/{room}")).Number("head"));
        await Other.PostAsync("/api/rooms/never-made/typing").Refused(HttpStatusCode.NotFound, "not_found");
    }

    private static Task<Answer> Post(HttpApi who, string room, string message, string? key) =>
        who.PostAsync($"/api/rooms/{room}/messages", new { message, key });
}
