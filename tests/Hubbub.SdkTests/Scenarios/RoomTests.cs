using Hubbub.SdkTests.Scripted;
using Hubbub.SdkTests.Sdks;

namespace Hubbub.SdkTests.Scenarios;

/// <summary>Several rooms on one connection, and rooms that one may not, cannot or must no more read.</summary>
public sealed class RoomTests : Scenario
{
    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task Two_rooms_on_one_connection_are_two_stories(string name, string transport)
    {
        var (sdk, connection) = await ReadTwoAsync(name, transport);
        await connection.JoinedAsync(("room1", At(0), 0), ("room2", At(0), 0));
        AppendAll("one", "two");
        Server.Room("room2").Append("uno");
        Server.Room("room2").Append("due");
        await connection.TellAsync("room2", 2);
        await connection.TellAsync("room1", 2, 1);
        await sdk.SaysAsync("event room2 2 due");
        await sdk.SaysAsync("event 2 two");

        // One is left, and the other goes on, where it is asked anew at its position.
        sdk.Leave("room2");
        if (transport == "websocket")
            await ((ScriptedSocket)connection).ExpectAsync("leave");
        else
        {
            connection = await connection.AgainAsync();
            await connection.JoinedAsync(At(2), 2);
        }

        AppendAll("three");
        await connection.TellAsync("room1", 3);
        await sdk.SaysAsync("event 3 three");
        Assert.Equal(["event 1 one", "event 2 two", "event 3 three"], sdk.Trace.Where(l => l.StartsWith("event", StringComparison.Ordinal) && !l.Contains("room2", StringComparison.Ordinal)));
        Assert.Equal(["event room2 1 uno", "event room2 2 due", "left room2 left"], sdk.Trace.Where(l => l.Contains("room2", StringComparison.Ordinal)));
        Assert.Equal(["state connecting", "state online"], sdk.Said("state"));
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_room_that_is_refused_is_over_and_the_others_are_read(string name, string transport)
    {
        var (sdk, connection) = await ReadTwoAsync(name, transport);
        await RefuseSecondAsync(connection, "forbidden", isRetryable: false);
        await sdk.SaysAsync("left room2 refused");
        AppendAll("one");
        await connection.TellAsync("room1", 1);
        await sdk.SaysAsync("event 1 one");
        Assert.Equal(["state connecting", "state online"], sdk.Said("state"));
        Assert.Equal(["left room2 refused", "event 1 one"], sdk.Said("left", "event"));
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_room_whose_last_few_may_not_be_read_does_not_keep_the_others_from_it(string name, string transport)
    {
        Server.Forbidden = "room2";
        var sdk = Start(name, transport);
        sdk.Join("room2", "last:3");
        sdk.Join("room1", At(0));
        sdk.Connect();
        var connection = await Server.NextAsync();
        await connection.WelcomeAsync();
        if (transport == "websocket")
            await RefuseSecondAsync(connection, "forbidden", isRetryable: false);
        else
            await connection.JoinedAsync(At(0), 0);

        await sdk.SaysAsync("left room2 refused");
        AppendAll("one");
        await connection.TellAsync("room1", 1);
        await sdk.SaysAsync("event 1 one");
        Assert.Equal(["state connecting", "state online"], sdk.Said("state"));
        Assert.Equal(["left room2 refused"], sdk.Said("left"));
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_room_that_cannot_be_read_now_is_asked_for_again_and_not_at_once(string name, string transport)
    {
        var (sdk, connection) = await ReadTwoAsync(name, transport);
        await RefuseSecondAsync(connection, "store_unavailable", isRetryable: true);
        await sdk.SaysAsync("state online");

        // It rests, and the other is read.
        AppendAll("one");
        await connection.TellAsync("room1", 1);
        await sdk.SaysAsync("event 1 one");
        sdk.Pass(TimeSpan.FromSeconds(20));
        connection = await connection.AgainAsync();
        if (transport == "websocket")
            await connection.JoinedAsync(("room2", At(0), 0));
        else
            await connection.JoinedAsync(("room1", At(1), 1), ("room2", At(0), 0));
        Server.Room("room2").Append("uno");
        await connection.TellAsync("room2", 1);
        await sdk.SaysAsync("event room2 1 uno");
        Expect(sdk, "state connecting", "state online", "event 1 one", "event room2 1 uno");
    }

    [Theory]
    [MemberData(nameof(Sockets))]
    public async Task A_room_that_was_left_while_it_rested_is_not_asked_for_again(string name, string transport)
    {
        var sdk = Start(name, transport);
        sdk.Join("room2", At(0));
        sdk.Connect();
        var connection = (ScriptedSocket)await Server.NextAsync();
        await connection.WelcomeAsync();
        await connection.AnswerAsync(await connection.AskedAsync("room2"), _ => new Verdict.Refuse("store_unavailable", Retryable: true));
        await sdk.SaysAsync("state online");
        sdk.Leave("room2");
        await connection.ExpectAsync("leave");
        sdk.Pass(TimeSpan.FromSeconds(20));

        // The next that it asks for is the room that it joins now.
        sdk.Join("room1", At(0));
        await connection.JoinedAsync(At(0), 0);
        AppendAll("one");
        await connection.TellAsync(1);
        await sdk.SaysAsync("event 1 one");
        Expect(sdk, "state connecting", "state online", "left room2 left", "event 1 one");
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Who_is_removed_is_told_and_hears_nothing_more(string name, string transport)
    {
        foreach (var reason in new[] { "removed", "gone", "left" })
        {
            Server.Room().Forget(after: 0);
            var (sdk, connection) = await FollowAsync(name, transport);
            AppendAll("heard", "unheard");
            await connection.TellAsync(1);
            await ((ScriptedFrames)connection).LeftAsync("room1", reason);
            await connection.TellAsync(2);
            await sdk.SaysAsync($"left {reason}");
            sdk.Join("room1", At(1));
            connection = await connection.AgainAsync();
            await connection.JoinedAsync(At(1), 1);
            await connection.TellAsync(2);

            await sdk.SaysAsync("event 2 unheard");
            Expect(sdk, "state connecting", "state online", "event 1 heard", $"left {reason}", "event 2 unheard");
            await sdk.DisposeAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Polls))]
    public async Task A_poll_that_is_refused_one_room_has_lost_it(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        AppendAll("one");
        await connection.TellAsync(1);
        await ((ScriptedPolls)connection).RefuseRoomAsync("room1", "forbidden");
        await sdk.SaysAsync("left refused");
        Expect(sdk, "state connecting", "state online", "event 1 one", "left refused");
    }

    /// <summary>A client that asks for room1 and room2 from before their first events, and was welcomed.</summary>
    private async Task<(Sdk Sdk, ScriptedConnection Connection)> ReadTwoAsync(string name, string transport)
    {
        var sdk = Start(name, transport);
        sdk.Join("room1", At(0));
        sdk.Join("room2", At(0));
        sdk.Connect();
        var connection = await Server.NextAsync();
        await connection.WelcomeAsync();
        return (sdk, connection);
    }

    /// <summary>Lets room1 begin, and refuses room2.</summary>
    private static async Task RefuseSecondAsync(ScriptedConnection connection, string code, bool isRetryable) => await connection.AnswerAsync(
        await connection.AskedAsync("room1", "room2"), asked => asked.Room == "room2" ? new Verdict.Refuse(code, isRetryable) : new Verdict.Begin(At(0), 0));
}
