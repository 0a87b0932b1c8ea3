using Hubbub.SdkTests.Scripted;
using Hubbub.SdkTests.Sdks;

namespace Hubbub.SdkTests.Scenarios;

/// <summary>Asked to reconnect: make before break, and nobody sees it (docs/protocol.md § 5, Moving).</summary>
public sealed class MoveTests : Scenario
{
    private ScriptedServer? _other;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (_other is not null)
            await _other.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task It_moves_before_it_breaks_and_nobody_sees_it(string name, string transport)
    {
        var (sdk, old) = await FollowAsync(name, transport);
        AppendAll("one", "two", "three");
        await old.TellAsync(1);
        await sdk.SaysAsync("event 1 one");

        await AskToMoveAsync(old);
        var fresh = await Server.NextAsync();
        await old.TellAsync(2);
        await sdk.SaysAsync("event 2 two");
        Assert.False(old.Ended.IsCompleted);
        await fresh.WelcomeAsync();
        await fresh.AnswerAsync(await fresh.AskedAsync("room1"), _ => new Verdict.Begin(At(1), 3));
        await Eventually.WithinAsync("the old one is closed by the client", old.Ended);
        await fresh.TellAsync(1, 2, 3);

        await sdk.SaysAsync("event 3 three");
        Expect(sdk, "state connecting", "state online", "event 1 one", "event 2 two", "event 3 three");
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_server_that_is_named_is_gone_to_and_posts_go_there_too(string name, string transport)
    {
        _other = await ScriptedServer.StartAsync();
        var (sdk, old) = await FollowAsync(name, transport);
        await AskToMoveAsync(old, _other.Url);
        var fresh = await _other.NextAsync();
        await fresh.WelcomeAsync();
        await fresh.JoinedAsync(At(0), 0);
        await Eventually.WithinAsync("the old one is closed by the client", old.Ended);
        sdk.Post("room1", "k-1", "hello");
        await sdk.SaysAsync("posted k-1 1");
        Assert.Equal("k-1", Assert.Single(_other.Posts).Key);
        await fresh.TellAsync(1);
        await sdk.SaysAsync("event 1 hello");
        Assert.Equal(["state connecting", "state online"], sdk.Said("state"));

        // Where it was sent nobody answers any more: the usual address knows where to go.
        await fresh.CutAsync();
        await _other.DisposeAsync();
        _other = null;
        await sdk.HurryUntilAsync("comes back", _ => Server.IsNextThere, TimeSpan.FromMilliseconds(500));
        var back = await Server.NextAsync();
        await back.WelcomeAsync();
        await back.JoinedAsync(At(1), 1);
        await sdk.SaysAsync("state online", times: 2);
        Assert.Equal(["state connecting", "state online", "state reconnecting", "state online"], sdk.Said("state"));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_new_connection_that_is_refused_at_first_is_tried_again_while_the_old_one_serves(string name, string transport)
    {
        var (sdk, old) = await FollowAsync(name, transport);
        Server.Doors = new Refusal(503, "draining", Retryable: true);
        await AskToMoveAsync(old);
        await Eventually.UntilAsync("the new one is refused", () => Server.Refused.Count > 0, ScriptedServer.Patience);
        AppendAll("one", "two");
        await old.TellAsync(1);
        await sdk.SaysAsync("event 1 one");
        Server.Doors = null;
        await sdk.HurryUntilAsync("tries again", _ => Server.IsNextThere, TimeSpan.FromMilliseconds(500));
        var fresh = await Server.NextAsync();
        await fresh.WelcomeAsync();
        await fresh.JoinedAsync(At(1), 1);
        await fresh.TellAsync(2);
        await sdk.SaysAsync("event 2 two");
        Expect(sdk, "state connecting", "state online", "event 1 one", "event 2 two");
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Where_nobody_is_or_a_token_must_not_go_the_usual_address_is_gone_to(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        foreach (var url in new[] { "ftp://127.0.0.1/", "http://127.0.0.1:1/" })
        {
            await ((ScriptedFrames)connection).SendAsync("reconnect", new { reason = "rebalance", deadline = 10, url });
            await sdk.HurryUntilAsync("goes to the usual address", _ => Server.IsNextThere, TimeSpan.FromMilliseconds(500));
            var old = connection;
            connection = await Server.NextAsync();
            await connection.WelcomeAsync();
            await connection.JoinedAsync(At(0), 0);
            await Eventually.WithinAsync("the old one is closed by the client", old.Ended);
        }

        AppendAll("one");
        await connection.TellAsync(1);
        await sdk.SaysAsync("event 1 one");
        Expect(sdk, "state connecting", "state online", "event 1 one");
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Who_could_not_move_in_time_comes_back_when_the_old_one_is_closed(string name, string transport)
    {
        var (sdk, old) = await FollowAsync(name, transport);
        Server.Doors = new Refusal(503, "draining", Retryable: true);
        await AskToMoveAsync(old);
        await Eventually.UntilAsync("the new one is refused", () => Server.Refused.Count > 0, ScriptedServer.Patience);
        await ((ScriptedFrames)old).CloseAsync(4000);
        await sdk.SaysAsync("state reconnecting");
        Server.Doors = null;
        await sdk.HurryUntilAsync("comes back", _ => Server.IsNextThere, TimeSpan.FromMilliseconds(500));
        var fresh = await Server.NextAsync();
        await fresh.WelcomeAsync();
        await fresh.JoinedAsync(At(0), 0);
        await sdk.SaysAsync("state online", times: 2);
        Expect(sdk, "state connecting", "state online", "state reconnecting", "state online");
    }

    [Theory]
    [MemberData(nameof(Sockets))]
    public async Task An_old_connection_that_ends_while_the_new_one_opens_is_not_missed(string name, string transport)
    {
        var (sdk, old) = await FollowAsync(name, transport);
        await AskToMoveAsync(old);
        var fresh = await Server.NextAsync();
        AppendAll("one");
        await old.TellAsync(1);
        await sdk.SaysAsync("event 1 one");
        await ((ScriptedFrames)old).CloseAsync(4000);
        await Eventually.WithinAsync("the old one is closed", old.Ended);
        await fresh.WelcomeAsync();
        await fresh.JoinedAsync(At(0), 1);
        AppendAll("two");
        await fresh.TellAsync(1, 2);
        await sdk.SaysAsync("event 2 two");
        Assert.False(Server.IsNextThere);
        Expect(sdk, "state connecting", "state online", "event 1 one", "event 2 two");
    }

    [Theory]
    [MemberData(nameof(Sockets))]
    public async Task A_new_connection_that_fails_after_the_old_one_has_ended_is_come_back_from(string name, string transport)
    {
        var (sdk, old) = await FollowAsync(name, transport);
        await AskToMoveAsync(old);
        var fresh = await Server.NextAsync();
        await ((ScriptedFrames)old).CloseAsync(4000);
        await Eventually.WithinAsync("the old one is closed", old.Ended);
        await fresh.CutAsync();
        await sdk.SaysAsync("state reconnecting");
        await sdk.HurryUntilAsync("comes back", _ => Server.IsNextThere, TimeSpan.FromMilliseconds(500));
        var back = await Server.NextAsync();
        await back.WelcomeAsync();
        await back.JoinedAsync(At(0), 0);
        await sdk.SaysAsync("state online", times: 2);
        Expect(sdk, "state connecting", "state online", "state reconnecting", "state online");
    }

    private static Task AskToMoveAsync(ScriptedConnection connection, Uri? url = null) =>
        ((ScriptedFrames)connection).SendAsync("reconnect", url is null ? new { reason = "drain", deadline = 10 } : (object)new { reason = "drain", deadline = 10, url = url.ToString() });
}
