using Hubbub.SdkTests.Scripted;
using Hubbub.SdkTests.Sdks;

namespace Hubbub.SdkTests.Scenarios;

/// <summary>Ends of connections: docs/protocol.md § 5, close codes, and § 8 for what comes over HTTP.</summary>
public sealed class EndTests : Scenario
{
    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Sent_away_for_now_it_comes_back(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        var times = 1;
        foreach (var code in new[] { 1001, 1011, 4000, 4001 })
        {
            await ((ScriptedFrames)connection).CloseAsync(code);
            connection = await Server.NextAsync();
            await connection.WelcomeAsync();
            await connection.JoinedAsync(At(0), 0);
            await sdk.SaysAsync("state online", times: ++times);
        }

        AppendAll("one");
        await connection.TellAsync(1);
        await sdk.SaysAsync("event 1 one");
        Expect(sdk, ["state connecting", "state online", .. Enumerable.Repeat(new[] { "state reconnecting", "state online" }, 4).SelectMany(s => s), "event 1 one"]);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Asked_to_wait_it_waits_so_long(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        foreach (var code in new[] { 4100, 4101 })
        {
            await ((ScriptedFrames)connection).CloseAsync(code, retryAfter: 60);
            await sdk.SaysAsync("state reconnecting", times: code - 4099);
            connection = await NextAfterAMinuteAsync(sdk);
            await connection.WelcomeAsync();
            await connection.JoinedAsync(At(0), 0);
            await sdk.SaysAsync("state online", times: code - 4098);
        }

        Expect(sdk, "state connecting", "state online", "state reconnecting", "state online", "state reconnecting", "state online");
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Sent_away_for_good_it_does_not_come_back(string name, string transport)
    {
        foreach (var code in new[] { 1002, 1003, 1007, 1008, 1009, 4400, 4403 })
        {
            var (sdk, connection) = await FollowAsync(name, transport);
            await ((ScriptedFrames)connection).CloseAsync(code);
            await sdk.SaysAsync("state closed");
            sdk.Pass(TimeSpan.FromMinutes(10));
            await sdk.CarriedByAsync("none");
            Assert.False(Server.IsNextThere);

            // Of who is not allowed another token is asked for first, and there is none.
            var trace = code == 4403 ? new[] { "state connecting", "state online", "state reconnecting", "state closed" } : ["state connecting", "state online", "state closed"];
            Expect(sdk, trace);
            await sdk.DisposeAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Sockets))]
    public async Task The_words_are_enough_without_the_close_frame_and_the_frame_without_the_words(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        await ((ScriptedSocket)connection).CloseWithoutFrameAsync(4001);
        connection = await Server.NextAsync();
        await connection.WelcomeAsync();
        await sdk.SaysAsync("state online", times: 2);
        await ((ScriptedSocket)connection).CloseWithoutWordsAsync(4400);
        await sdk.SaysAsync("state closed");
        Expect(sdk, "state connecting", "state online", "state reconnecting", "state online", "state closed");
    }

    public static TheoryData<string, string, int, string> Shut
    {
        get
        {
            var shut = new TheoryData<string, string, int, string>();
            foreach (var one in Everywhere)
            {
                shut.Add((string)one[0], (string)one[1], 503, "overloaded");
                shut.Add((string)one[0], (string)one[1], 429, "rate_limited");
            }

            return shut;
        }
    }

    [Theory]
    [MemberData(nameof(Shut))]
    public async Task Doors_that_are_shut_for_now_are_knocked_at_when_they_say(string name, string transport, int status, string code)
    {
        Server.Doors = new Refusal(status, code, Retryable: true, RetryAfter: 60);
        var sdk = Start(name, transport);
        sdk.Join("room1", At(0));
        sdk.Connect();
        await Eventually.UntilAsync("it has knocked", () => Server.Refused.Count > 0, ScriptedServer.Patience);

        // A handshake does not tell everybody why, who cannot see it asks once more with a plain request; and so quickly time passes that an answer may be too late. Who did not wait would have knocked more
        // often by far.
        await sdk.HurryUntilAsync("has waited", passed => passed >= TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(2));
        Assert.InRange(Server.Refused.Count, 1, 6);
        Server.Doors = null;
        await sdk.HurryUntilAsync("comes", _ => Server.IsNextThere, TimeSpan.FromSeconds(2));
        var connection = await Server.NextAsync();
        await connection.WelcomeAsync();
        await connection.JoinedAsync(At(0), 0);
        await sdk.SaysAsync("state online");
        Expect(sdk, "state connecting", "state online");
    }

    [Theory]
    [MemberData(nameof(Polls))]
    public async Task A_poll_that_fails_for_now_is_asked_again(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        await ((ScriptedPolls)connection).EndAsync(new Refusal(500, "internal", Retryable: true));
        connection = await Server.NextAsync();
        await connection.JoinedAsync(At(0), 0);
        await sdk.SaysAsync("state online", times: 2);
        await ((ScriptedPolls)connection).EndAsync(new Refusal(503, "overloaded", Retryable: true, RetryAfter: 60));
        await sdk.SaysAsync("state reconnecting", times: 2);
        connection = await NextAfterAMinuteAsync(sdk);
        await connection.JoinedAsync(At(0), 0);
        await sdk.SaysAsync("state online", times: 3);
        Expect(sdk, "state connecting", "state online", "state reconnecting", "state online", "state reconnecting", "state online");
    }

    [Theory]
    [MemberData(nameof(Polls))]
    public async Task A_node_that_drains_sends_its_reader_on_and_nobody_sees_it(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        var polls = (ScriptedPolls)connection;
        await polls.SendOnAsync(milliseconds: 20);

        // A connection that was kept leads there once more.
        await polls.RefuseOnceAsync(new Refusal(503, "draining", Retryable: true));
        AppendAll("one");
        await polls.TellAsync(1);
        await sdk.SaysAsync("event 1 one");
        Expect(sdk, "state connecting", "state online", "event 1 one");
    }
}
