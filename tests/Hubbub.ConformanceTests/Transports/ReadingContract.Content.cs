using System.Net;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Transports.Readers;
using Xunit;

namespace Hubbub.ConformanceTests.Transports;

// What is told: every kind of event, in one order, and signals only as they happen.
public abstract partial class ReadingContract
{
    [Theory]
    [InlineData(StoreKind.Memory)]
    [InlineData(StoreKind.Sqlite)]
    public async Task Whatever_happens_in_a_room_is_told_in_one_order(StoreKind kind)
    {
        await using var store = await SharedStore.OfAsync(kind);
        await using var server = await InProcessServer.StartAsync(s => s.Store = store);
        using var ada = await server.GuestAsync("Ada");
        using var bob = await server.GuestAsync("Bob");
        (await ada.PostAsync("/api/rooms", new { id = Room, name = "First name" })).Expect(HttpStatusCode.Created);
        await using var live = await OpenAsync(ada, Start.Behind("0"));

        (await bob.PutAsync($"/api/rooms/{Room}/members/me")).Expect(HttpStatusCode.OK);
        var message = (await bob.SayAsync(Room, "helo", key: "k1")).Text("id");
        (await bob.PatchAsync($"/api/rooms/{Room}/messages/{message}", new { message = "hello" })).Expect(HttpStatusCode.OK);
        (await ada.PatchAsync($"/api/rooms/{Room}", new { name = "Second name" })).Expect(HttpStatusCode.OK);
        var told = await live.EventsAsync(5);
        (await ada.DeleteAsync($"/api/rooms/{Room}/messages/{message}")).Expect(HttpStatusCode.OK);
        (await bob.DeleteAsync($"/api/rooms/{Room}/members/me")).Expect(HttpStatusCode.NoContent);

        await using var replay = await OpenAsync(ada, Start.Behind("0"));
        told.AddRange(await live.EventsAsync(2));
        ExpectStory(told, message, bob.UserId, isErased: false);
        ExpectStory(await replay.EventsAsync(7), message, bob.UserId, isErased: true);
    }

    [Fact]
    public async Task Every_character_arrives_as_it_was_written()
    {
        // Quotes, markup, line ends (forged fields of an event stream), letters beyond ASCII and beyond the first plane, separators that end lines in JavaScript.
        string[] texts =
        [
            "a \"quoted\" \\ back\\slash </script><b>&amp;", "one\ntwo\r\nthree\rfour\ttab", "data: forged\n\nid: 1:1\n\n:comment", "Grüße, 世界, 🦜👩‍👩‍👧‍👦",
            "line\u2028and\u2029paragraph", "  spaces around  ", "{\"type\":\"message\"}", "\u00a0\u202eright to left\u202c",
        ];
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada \"the\" <b>\u2028");
        await using var reader = await OpenAsync(ada, Start.Head);

        foreach (var text in texts)
            await ada.SayAsync(Room, text);

        var events = await reader.EventsAsync(texts.Length);
        Assert.Equal(texts, events.Select(e => e.Text("message")));
        Assert.All(events, e => Assert.Equal("Ada \"the\" <b>\u2028", e.Fields.GetProperty("sender").GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Typing_is_told_to_others_as_it_happens_and_never_afterwards()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        using var bob = await server.GuestAsync("Bob");
        await using var typist = await OpenAsync(ada, Start.Head);
        await using var other = await OpenAsync(bob, Start.Head);

        (await ada.PostAsync($"/api/rooms/{Room}/typing")).Expect(HttpStatusCode.Accepted);
        await ada.SayAsync(Room, "what was typed");

        if (Transport.IsStream)
        {
            var signal = await other.NextAsync();
            Assert.Equal("typing", signal.Type);
            Assert.Equal(ada.UserId, signal.Fields.GetProperty("user").GetProperty("id").GetString());
            Assert.Equal(Room, signal.Text("roomId"));
        }

        Assert.Equal("what was typed", (await other.NextAsync()).Text("message"));
        Assert.Equal("what was typed", (await typist.NextAsync()).Text("message"));
        await using var later = await OpenAsync(bob, Start.Behind("0"));
        Assert.Equal(["room_created", "message"], (await later.EventsAsync(2)).Select(e => e.Type));
    }

    private static void ExpectStory(List<Told> events, string message, string bob, bool isErased)
    {
        Assert.Equal(
            ["room_created", "member_joined", "message", "message_edited", "room_renamed", "message_deleted", "member_left"],
            events.Select(e => e.Type));
        Assert.Equal(Enumerable.Range(1, 7).Select(s => (long)s), events.Select(e => e.Sequence));
        Assert.Equal("First name", events[0].Text("name"));
        Assert.Equal("public", events[0].Text("visibility"));
        Assert.Equal(bob, events[1].Fields.GetProperty("user").GetProperty("id").GetString());
        Assert.Equal("member", events[1].Text("role"));
        if (isErased)
        {
            Assert.All(events[2..4], e => Assert.True(e.Fields.GetProperty("deleted").GetBoolean()));
            Assert.All(events[2..4], e => Assert.False(e.Fields.TryGetProperty("message", out _) || e.Fields.TryGetProperty("key", out _)));
        }
        else
        {
            Assert.Equal(("helo", "k1", "hello"), (events[2].Text("message"), events[2].Text("key"), events[3].Text("message")));
        }

        Assert.Equal(message, events[2].Text("id"));
        Assert.Equal(message, events[3].Text("messageId"));
        Assert.Equal("Second name", events[4].Text("name"));
        Assert.Equal(message, events[5].Text("messageId"));
        Assert.Equal(bob, events[6].Fields.GetProperty("user").GetProperty("id").GetString());
        Assert.Equal("left", events[6].Text("reason"));
        Assert.All(events, e => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", e.Text("sentAt")));
    }
}
