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

        await Other.PatchAsync($"/api/rooms/{room}/messages/{mine}", new { message = "still there?" }).Refused(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task What_is_deleted_is_gone_from_every_answer_and_its_key_still_known()
    {
        var room = await fixture.RoomAsync();
        var id = (await Post(Other, room, "secret", "k").Succeeds(HttpStatusCode.Created)).Text("id");
        await Other.PatchAsync($"/api/rooms/{room}/messages/{id}", new { message = "more secret" }).Succeeds();

        await Other.DeleteAsync($"/api/rooms/{room}/messages/{id}").Succeeds();

        var events = await Owner.EventsAsync(room, "last=100");
        Assert.DoesNotContain("secret", events.Body, StringComparison.Ordinal);
        var posted = events.Json.GetProperty("events")[1];
        Assert.Equal(["deleted", "id", "roomId", "sender", "sentAt", "sequence", "type"], posted.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal(id, (await Post(Other, room, "secret", "k").Succeeds(HttpStatusCode.OK)).Text("id"));
        var message = await Owner.GetAsync($"/api/rooms/{room}/messages/{id}").Succeeds();
        Assert.Equal(["deleted", "edited", "id", "reactions", "sender", "sentAt"], message.Json.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.True(message.Json.GetProperty("deleted").GetBoolean());
        await Owner.GetAsync($"/api/rooms/{room}/messages/{id}/edits").Refused(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task A_message_is_given_as_it_stands_with_what_it_said_before()
    {
        var room = await fixture.RoomAsync();
        var id = (await Other.SayAsync(room, "frist")).Text("id");
        var plain = (await Owner.GetAsync($"/api/rooms/{room}/messages/{id}").Succeeds()).Json;
        Assert.Equal(("frist", false, false), (plain.GetProperty("message").GetString(), plain.GetProperty("edited").GetBoolean(), plain.GetProperty("deleted").GetBoolean()));

        var edit = await Other.PatchAsync($"/api/rooms/{room}/messages/{id}", new { message = "first" }).Succeeds();

        var edited = await Owner.GetAsync($"/api/rooms/{room}/messages/{id}").Succeeds();
        Assert.Equal((id, "first", edit.Text("sentAt")), (edited.Text("id"), edited.Text("message"), edited.Text("editedAt")));
        Assert.Equal(Other.UserId, edited.Json.GetProperty("sender").GetProperty("id").GetString());
        var edits = (await Owner.GetAsync($"/api/rooms/{room}/messages/{id}/edits").Succeeds()).Json.GetProperty("edits");
        Assert.Equal(
            [(id, "frist"), (edit.Text("id"), "first")],
            edits.EnumerateArray().Select(e => (e.GetProperty("id").GetString()!, e.GetProperty("message").GetString()!)));
    }

    [Fact]
    public async Task A_message_answers_another_and_stands_in_a_thread()
    {
        var room = await fixture.RoomAsync();
        var root = (await Owner.SayAsync(room, "root")).Text("id");
        var within = (await Other.PostAsync($"/api/rooms/{room}/messages", new { message = "within", thread = root, replyTo = root }).Succeeds(HttpStatusCode.Created)).Text("id");

        var stored = (await Owner.EventsAsync(room, "last=1")).Json.GetProperty("events")[0];
        Assert.Equal((root, root), (stored.GetProperty("thread").GetString(), stored.GetProperty("replyTo").GetString()));
        var message = await Owner.GetAsync($"/api/rooms/{room}/messages/{within}").Succeeds();
        Assert.Equal((root, root), (message.Text("thread"), message.Text("replyTo")));

        await Post(new { message = "x", thread = within }).Refused(HttpStatusCode.BadRequest, "bad_request");
        await Post(new { message = "x", thread = "x" }).Refused(HttpStatusCode.BadRequest, "bad_position");
        await Post(new { message = "x", replyTo = "" }).Refused(HttpStatusCode.BadRequest, "bad_position");
        await Post(new { message = "x", replyTo = 7 }).Refused(HttpStatusCode.BadRequest, "bad_request");
        await Post(new { message = "x", replyTo = root.Replace(":2", ":99", StringComparison.Ordinal) }).Refused(HttpStatusCode.NotFound, "not_found");
        await Post(new { message = "x", replyTo = "0" }).Refused(HttpStatusCode.NotFound, "not_found");

        Task<Answer> Post(object body) => Owner.PostAsync($"/api/rooms/{room}/messages", body);
    }

    [Fact]
    public async Task Reactions_are_put_and_taken_back_and_counted()
    {
        var room = await fixture.RoomAsync();
        var id = (await Owner.SayAsync(room, "hello")).Text("id");
        var thumb = $"/api/rooms/{room}/messages/{id}/reactions/%F0%9F%91%8D";

        var added = await Other.PutAsync(thumb).Succeeds();
        var again = await Other.PutAsync(thumb).Succeeds();
        await Owner.PutAsync(thumb).Succeeds();
        await Owner.PutAsync($"/api/rooms/{room}/messages/{id}/reactions/:tada:").Succeeds();

        Assert.Equal((3, 3), (added.Number("sequence"), again.Number("sequence")));
        Assert.Equal(["epoch", "id", "room", "sentAt", "sequence"], added.Json.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["epoch", "id", "room", "sequence"], again.Json.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal([("👍", 2, true), (":tada:", 1, false)], await ReactionsAsync());
        var told = (await Owner.EventsAsync(room, "last=3")).Json.GetProperty("events")[0];
        Assert.Equal(
            ("reaction_added", id, "👍"), (told.GetProperty("type").GetString(), told.GetProperty("messageId").GetString(), told.GetProperty("emoji").GetString()));

        await Other.DeleteAsync(thumb).Succeeds();
        Assert.Equal(6, (await Other.DeleteAsync(thumb).Succeeds()).Number("sequence"));
        Assert.Equal([("👍", 1, false), (":tada:", 1, false)], await ReactionsAsync());

        foreach (var none in new[] { "x", "%F0%9F%91%8D%F0%9F%91%8D", ":no%20name:", "%FF" })
            await Other.PutAsync($"/api/rooms/{room}/messages/{id}/reactions/{none}").Refused(HttpStatusCode.BadRequest, "bad_request");
        await Other.PutAsync($"/api/rooms/{room}/messages/{id.Split(':')[0]}:1/reactions/:tada:").Refused(HttpStatusCode.NotFound, "not_found");
        await Owner.DeleteAsync($"/api/rooms/{room}/messages/{id}").Succeeds();
        await Other.PutAsync(thumb).Refused(HttpStatusCode.NotFound, "not_found");
        Assert.Empty(await ReactionsAsync());

        async Task<IEnumerable<(string?, int, bool)>> ReactionsAsync() =>
            (await Other.GetAsync($"/api/rooms/{room}/messages/{id}").Succeeds()).Json.GetProperty("reactions").EnumerateArray()
            .Select(r => (r.GetProperty("emoji").GetString(), r.GetProperty("count").GetInt32(), r.GetProperty("mine").GetBoolean()));
    }

    [Fact]
    public async Task A_page_that_one_begins_with_says_what_has_happened_to_its_messages_since()
    {
        var room = await fixture.RoomAsync();
        var one = (await Other.SayAsync(room, "one")).Text("id");
        var two = (await Other.SayAsync(room, "two")).Text("id");
        await Other.PatchAsync($"/api/rooms/{room}/messages/{one}", new { message = "the first" }).Succeeds();
        await Owner.PutAsync($"/api/rooms/{room}/messages/{two}/reactions/:tada:").Succeeds();
        await Other.PostAsync($"/api/rooms/{room}/messages", new { message = "in a thread", thread = one }).Succeeds(HttpStatusCode.Created);
        await Other.DeleteAsync($"/api/rooms/{room}/messages/{one}").Succeeds();

        Assert.Equal([(2, "message"), (4, "message_edited"), (7, "message_deleted")], await LaterAsync($"before={two}"));
        Assert.Equal([(3, "message"), (4, "message_edited"), (5, "reaction_added"), (7, "message_deleted")], await LaterAsync($"around={one}&limit=3"));
        Assert.Equal([(3, "message"), (4, "message_edited"), (5, "reaction_added"), (7, "message_deleted")], await LaterAsync("last=6&limit=2"));
        Assert.False((await Owner.EventsAsync(room, "last=100")).Json.TryGetProperty("later", out _));
        Assert.False((await Owner.EventsAsync(room, "after=0&limit=2")).Json.TryGetProperty("later", out _));

        async Task<IEnumerable<(long, string)>> LaterAsync(string asked)
        {
            var page = (await Owner.EventsAsync(room, asked)).Json;
            return page.GetProperty("events").EnumerateArray().TakeLast(1).Concat(page.GetProperty("later").EnumerateArray())
                .Select(e => (e.GetProperty("sequence").GetInt64(), e.GetProperty("type").GetString()!));
        }
    }

    [Fact]
    public async Task A_thread_is_read_page_by_page()
    {
        var room = await fixture.RoomAsync();
        var root = (await Owner.SayAsync(room, "root")).Text("id");
        var replies = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            await Owner.SayAsync(room, "between");
            replies.Add((await Other.PostAsync($"/api/rooms/{room}/messages", new { message = $"reply {i}", thread = root }).Succeeds(HttpStatusCode.Created)).Text("id"));
        }

        await Other.PatchAsync($"/api/rooms/{room}/messages/{replies[1]}", new { message = "edited" }).Succeeds();

        var first = await Owner.GetAsync($"/api/rooms/{room}/messages/{root}/thread?limit=2").Succeeds();
        Assert.Equal(replies[..2], IdsOf(first, "events"));
        Assert.Equal("message_edited", Assert.Single(first.Json.GetProperty("later").EnumerateArray()).GetProperty("type").GetString());
        Assert.Equal((replies[1], 9), (first.Text("position"), first.Number("head")));
        var second = await Owner.GetAsync($"/api/rooms/{room}/messages/{root}/thread?limit=2&after={first.Text("position")}").Succeeds();
        Assert.Equal(replies[2..], IdsOf(second, "events"));
        Assert.Empty(IdsOf(await Owner.GetAsync($"/api/rooms/{room}/messages/{root}/thread?after={second.Text("position")}").Succeeds(), "events"));
        var standing = (await Owner.GetAsync($"/api/rooms/{room}/messages/{root}").Succeeds()).Json.GetProperty("replies");
        Assert.Equal((3, replies[2]), (standing.GetProperty("count").GetInt32(), standing.GetProperty("last").GetString()));

        await Owner.GetAsync($"/api/rooms/{room}/messages/{root}/thread?after=x").Refused(HttpStatusCode.BadRequest, "bad_position");
        await Owner.GetAsync($"/api/rooms/{room}/messages/{root}/thread?after=00000001:2").Refused(HttpStatusCode.BadRequest, "bad_position");
        await Owner.GetAsync($"/api/rooms/{room}/messages/{root}/thread?limit=0").Refused(HttpStatusCode.BadRequest, "bad_request");
        await Owner.GetAsync($"/api/rooms/{room}/messages/{root.Split(':')[0]}:1/thread").Refused(HttpStatusCode.NotFound, "not_found");

        static IEnumerable<string?> IdsOf(Answer page, string name) => page.Json.GetProperty(name).EnumerateArray().Select(e => e.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Members_are_mentioned_by_name_or_id()
    {
        var room = await fixture.RoomAsync();
        using var mary = await fixture.Server.GuestAsync("Mary Ann");
        using var stranger = await fixture.Server.GuestAsync("Zoe");
        await fixture.AcceptAsync(mary, room);

        foreach (var (text, mentioned) in new (string, string[])[]
        {
            ("hello @mary ann!", [mary.UserId]),
            ($"hello @{mary.UserId}, and @Owner", [mary.UserId, Owner.UserId]),
            ("@Mary Ann @MARY ANN", [mary.UserId]),
            ("@room: lunch", ["@room"]),
            ("@mary", []), ("@Mary Annabel", []), ("post@Owner", []), ("@Zoe", []), ("@", []), ("@rooms", []),
        })
        {
            var id = (await Owner.SayAsync(room, text)).Text("id");
            var message = (await Owner.GetAsync($"/api/rooms/{room}/messages/{id}").Succeeds()).Json;
            Assert.Equal(mentioned, message.TryGetProperty("mentions", out var told) ? told.EnumerateArray().Select(m => m.GetString()) : []);
        }
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
