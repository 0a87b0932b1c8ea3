using System.Net;
using System.Text.Json;
using Hubbub.ConformanceTests.Servers;
using Hubbub.Core.Log;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

/// <summary>Search as a client sees it: the answer's shape, its rules, and that it follows what is said, edited, deleted and who is removed.</summary>
public sealed class SearchTests
{
    [Theory]
    [InlineData(StoreKind.Memory)]
    [InlineData(StoreKind.Sqlite)]
    public async Task What_was_said_is_found_as_it_stands_with_its_highlights(StoreKind kind)
    {
        await using var store = await SharedStore.OfAsync(kind);
        await using var server = await InProcessServer.StartAsync(s => s.Store = store);
        using var ann = await server.GuestAsync("Ann");
        using var bob = await server.GuestAsync("Bob");
        var first = await ann.SayAsync("room1", "🦉 An owl, and another OWL");
        await ann.SayAsync("room1", "no bird here");

        var found = await FoundAsync(bob, "owl", 1);

        var result = found.Json.GetProperty("results")[0];
        Assert.Equal(
            ("room1", first.Text("id"), "🦉 An owl, and another OWL", first.Text("sentAt")),
            (result.GetProperty("roomId").GetString(), result.GetProperty("id").GetString(), result.GetProperty("message").GetString(), result.GetProperty("sentAt").GetString()));
        Assert.Equal(ann.UserId, result.GetProperty("sender").GetProperty("id").GetString());
        Assert.Equal("[[6,9],[23,26]]", result.GetProperty("highlights").GetRawText());
        Assert.Equal(JsonValueKind.Null, found.Json.GetProperty("next").ValueKind);

        await ann.PatchAsync($"/api/rooms/room1/messages/{first.Text("id")}", new { message = "a raven" }).Succeeds();
        await FoundAsync(bob, "raven", 1);
        await FoundAsync(bob, "owl", 0);
        await ann.DeleteAsync($"/api/rooms/room1/messages/{first.Text("id")}").Succeeds();
        await FoundAsync(bob, "raven", 0);
    }

    [Theory]
    [InlineData(StoreKind.Memory)]
    [InlineData(StoreKind.Sqlite)]
    public async Task Messages_that_bring_files_are_found_also_when_they_say_nothing_and_not_after_they_were_deleted(StoreKind kind)
    {
        await using var store = await SharedStore.OfAsync(kind);
        await using var server = await InProcessServer.StartAsync(s => s.Store = store);
        using var ann = await server.GuestAsync("Ann");
        await ann.SayAsync("room1", "no file");
        var silent = await BringAsync("");
        var edited = await BringAsync("the plan");
        await ann.PatchAsync($"/api/rooms/room1/messages/{edited.Text("id")}", new { message = "the better plan" }).Succeeds();
        Assert.Equal(["the better plan", ""], Texts(await FoundAsync(ann, "has:file", 2)));

        await ann.DeleteAsync($"/api/rooms/room1/messages/{silent.Text("id")}").Succeeds();
        Assert.Equal(["the better plan"], Texts(await ann.GetAsync("/api/search?q=has:file").Succeeds()));

        async Task<Answer> BringAsync(string text)
        {
            var file = await ann.UploadAsync("room1", "plan.txt", "a file"u8.ToArray()).Succeeds(HttpStatusCode.Created);
            return await ann.PostAsync("/api/rooms/room1/messages", new { message = text, files = new[] { file.Text("id") } }).Succeeds(HttpStatusCode.Created);
        }
    }

    [Fact]
    public async Task Pages_follow_one_another()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ann = await server.GuestAsync("Ann");
        for (var i = 0; i < 5; i++)
            await ann.SayAsync("room1", $"word {i}");
        await FoundAsync(ann, "word", 5);

        var first = await ann.GetAsync("/api/search?q=word&limit=3").Succeeds();
        var rest = await ann.GetAsync($"/api/search?q=word&limit=3&before={Uri.EscapeDataString(first.Text("next"))}").Succeeds();

        Assert.Equal(["word 4", "word 3", "word 2", "word 1", "word 0"], Texts(first).Concat(Texts(rest)));
        Assert.Equal(JsonValueKind.Null, rest.Json.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task What_is_no_search_is_refused_with_a_sentence()
    {
        await using var server = await InProcessServer.StartAsync();
        using var nobody = server.Nobody();
        await nobody.GetAsync("/api/search?q=x").Refused(HttpStatusCode.Unauthorized, "unauthenticated");
        foreach (var bad in new[]
        {
            "", "q=", "q=%20%20", "q=!!!", "q=%22%22", $"q={new string('x', 257)}", $"q={string.Join('+', Enumerable.Range(0, 17))}", "q=has:x", "q=before:x", "q=after:2026-02-30",
            "q=before:0001-01-01", "q=after:9999-12-31", "q=x&limit=0", "q=x&limit=101", "q=x&limit=x", "q=x&before=x", "q=x&before=1~2", "q=x&q=y",
        })
        {
            using var ann = await server.GuestAsync("Ann");
            await ann.GetAsync($"/api/search?{bad}").Refused(HttpStatusCode.BadRequest, "bad_request");
        }
    }

    [Fact]
    public async Task Who_searches_without_end_is_slowed_down_and_others_are_not()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ann = await server.GuestAsync("Ann");
        using var bob = await server.GuestAsync("Bob");
        var answers = new List<Answer>();
        for (var i = 0; i < 40; i++)
            answers.Add(await ann.GetAsync("/api/search?q=x"));

        Assert.All(answers.Take(20), a => Assert.Equal(HttpStatusCode.OK, a.Status));
        var refused = answers.First(a => a.Status != HttpStatusCode.OK);
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limited"), (refused.Status, refused.Code));
        Assert.True(refused.Headers.ContainsKey("retry-after"));
        await bob.GetAsync("/api/search?q=x").Succeeds();
    }

    [Theory]
    [InlineData(StoreKind.Memory)]
    [InlineData(StoreKind.Sqlite)]
    public async Task After_a_removal_nothing_is_found_any_more_at_any_node(StoreKind kind)
    {
        await using var store = await SharedStore.OfAsync(kind);
        await using var here = await InProcessServer.StartAsync(s => s.Store = store);
        await using var there = await InProcessServer.StartAsync(s => s.Store = store);
        using var owner = await here.GuestAsync("Owner");
        using var bob = await there.GuestAsync("Bob");
        await owner.PostAsync("/api/rooms", new { id = "secrets", visibility = "private" }).Succeeds(HttpStatusCode.Created);
        var invitation = (await owner.PostAsync("/api/rooms/secrets/invitations", new { }).Succeeds(HttpStatusCode.Created)).Text("token");
        await owner.SayAsync("secrets", "a secret word");
        await FoundAsync(owner, "secret", 1);
        Assert.Empty(Texts(await bob.GetAsync("/api/search?q=secret").Succeeds()));

        await bob.PostAsync($"/api/invitations/{invitation}").Succeeds();
        Assert.Single(Texts(await bob.GetAsync("/api/search?q=secret").Succeeds()));
        await owner.DeleteAsync($"/api/rooms/secrets/members/{bob.UserId}").Succeeds(HttpStatusCode.NoContent);
        Assert.Empty(Texts(await bob.GetAsync("/api/search?q=secret").Succeeds()));
    }

    [Fact]
    public async Task What_no_node_had_taken_in_before_it_died_is_found_after_the_next_start()
    {
        await using var store = await SharedStore.InSqliteAsync();
        await store.Log.AppendAsync(
            [
                new Draft(Protocol.RoomId.Parse("room1"), new Protocol.User(Protocol.UserId.Parse("x"), "X"), DateTimeOffset.UnixEpoch, null, new Protocol.RoomCreated("room1", Protocol.Visibility.Public), new Protocol.Epoch(1)),
                new Draft(Protocol.RoomId.Parse("room1"), new Protocol.User(Protocol.UserId.Parse("x"), "X"), DateTimeOffset.UnixEpoch, null, new Protocol.MessagePosted("left behind")),
            ],
            default);
        await using var server = await InProcessServer.StartAsync(s => s.Store = store);
        using var ann = await server.GuestAsync("Ann");

        await FoundAsync(ann, "left", 1);
        await Eventually.UntilAsync("the index has nothing to follow", () => server.Services.GetRequiredService<Core.Search.Indexer>().Behind == 0);
    }

    private static IEnumerable<string> Texts(Answer found) => found.Json.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("message").GetString()!);

    /// <summary>Searches, at a person's pace, until so many are found.</summary>
    private static async Task<Answer> FoundAsync(HttpApi who, string query, int count)
    {
        Answer? found = null;
        await Eventually.UntilAsync($"'{query}' finds {count}", async () =>
        {
            found = await who.GetAsync($"/api/search?q={Uri.EscapeDataString(query)}");
            if (found.Status == HttpStatusCode.TooManyRequests)
                return false;
            found.Expect(HttpStatusCode.OK);
            return found.Json.GetProperty("results").GetArrayLength() == count;
        });
        return found!;
    }
}
