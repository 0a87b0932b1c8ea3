using Hubbub.SdkTests.Scripted;

namespace Hubbub.SdkTests.Scenarios;

/// <summary>The outbox: posts go over HTTP, whatever carries the conversation.</summary>
public sealed class PostTests : Scenario
{
    [Theory]
    [MemberData(nameof(Sockets))]
    public async Task Posts_keep_their_order_over_retries_with_the_same_key_and_one_that_is_refused_holds_up_nobody(string name, string transport)
    {
        var (sdk, _) = await FollowAsync(name, transport);
        Server.RefuseNextPost(new Refusal(503, "store_unavailable", Retryable: true));
        Server.RefuseNextPost(new Refusal(400, "bad_message"));
        sdk.Post("room1", "k-1", "bad");
        sdk.Post("room1", "k-2", "good");
        sdk.Post("room1", "k-3", "better");

        await sdk.SaysAsync("posted k-3 2");
        Assert.Equal(["k-1", "k-1", "k-2", "k-3"], Server.Posts.Select(p => p.Key));
        Expect(sdk, "state connecting", "state online", "failed k-1 bad_message", "posted k-2 1", "posted k-3 2");
    }

    [Theory]
    [MemberData(nameof(Sockets))]
    public async Task A_post_whose_answer_is_lost_is_sent_again_and_stored_once(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        Server.LostAnswers = 3;
        sdk.Post("room1", "k-1", "once");
        sdk.Post("room1", "k-2", "then");

        await sdk.SaysAsync("posted k-2 2");
        Assert.Equal(["k-1", "k-1", "k-1", "k-1", "k-2"], Server.Posts.Select(p => p.Key));
        Assert.Equal(2, Server.Room().Head);
        await connection.TellAsync(1, 2);
        await sdk.SaysAsync("event 2 then");
        Expect(sdk, "state connecting", "state online", "posted k-1 1", "posted k-2 2", "event 1 once", "event 2 then");
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task Its_own_event_is_acknowledgement_enough(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        Server.LostAnswers = int.MaxValue;
        sdk.Post("room1", "k-1", "once");
        await Eventually.UntilAsync("it is stored", () => Server.Room().Head == 1, ScriptedServer.Patience);
        await connection.TellAsync(1);
        await sdk.SaysAsync("posted k-1 1");
        await sdk.SaysAsync("event 1 once");

        // And the next one goes on its way.
        Server.LostAnswers = 0;
        sdk.Post("room1", "k-2", "then");
        await sdk.SaysAsync("posted k-2 2");
        Assert.Equal(["state connecting", "state online"], sdk.Said("state"));
        Assert.Equal(["posted k-1 1", "posted k-2 2"], sdk.Said("posted", "failed"));
        Assert.Equal(["event 1 once"], sdk.Said("event"));
    }

    [Theory]
    [MemberData(nameof(Sockets))]
    public async Task Asked_to_wait_the_outbox_waits_so_long(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        foreach (var (status, code) in new[] { (429, "rate_limited"), (503, "overloaded") })
        {
            var before = Server.Posts.Count;
            Server.RefuseNextPost(new Refusal(status, code, Retryable: true, RetryAfter: 12));
            sdk.Post("room1", $"k-{status}", "patience");
            await Eventually.UntilAsync("it is refused", () => Server.Posts.Count == before + 1, ScriptedServer.Patience);
            await sdk.HurryUntilAsync("has waited", passed => passed >= TimeSpan.FromSeconds(8), TimeSpan.FromMilliseconds(500));
            Assert.Equal(before + 1, Server.Posts.Count);
            await sdk.HurryUntilAsync("posts again", _ => Server.Posts.Count > before + 1, TimeSpan.FromMilliseconds(500));
            await sdk.SaysAsync($"posted k-{status} {before / 2 + 1}");

            // Something is heard, or the silence of the server would be looked into.
            await connection.TellAsync(before / 2 + 1);
            await sdk.SaysAsync($"event {before / 2 + 1} patience");
        }

        Expect(sdk, "state connecting", "state online", "posted k-429 1", "event 1 patience", "posted k-503 2", "event 2 patience");
    }

    [Theory]
    [MemberData(nameof(Sockets))]
    public async Task A_room_whose_posts_do_not_get_through_does_not_hold_up_another(string name, string transport)
    {
        var (sdk, _) = await FollowAsync(name, transport);
        sdk.Join("room2", At(0));
        Server.RefuseNextPost(new Refusal(503, "overloaded", Retryable: true, RetryAfter: 60));
        sdk.Post("room1", "k-1", "waits");
        await Eventually.UntilAsync("it is refused", () => Server.Posts.Count == 1, ScriptedServer.Patience);
        sdk.Post("room2", "k-2", "goes");
        await Eventually.UntilAsync("the other is stored", () => Server.Room("room2").Head == 1, ScriptedServer.Patience);
        Assert.Equal([("room1", "k-1"), ("room2", "k-2")], Server.Posts);
    }
}
