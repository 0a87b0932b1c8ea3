using Hubbub.SdkTests.Scripted;

namespace Hubbub.SdkTests.Scenarios;

/// <summary>Who is here, and who types.</summary>
public sealed class SignalTests : Scenario
{
    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Who_is_in_a_room_is_asked_once_and_kept_right_by_changes(string name, string transport)
    {
        Server.Present = ["ann", "bob"];
        var (sdk, connection) = await FollowAsync(name, transport);
        var frames = (ScriptedFrames)connection;
        await frames.SendAsync("presence", Change(9, ["nobody"], []));
        AppendAll("one");
        await frames.TellAsync(1);
        await sdk.SaysAsync("event 1 one");
        Assert.Equal(0, Server.PresenceAsked);

        sdk.WatchPresence("room1");
        await sdk.SaysAsync("presence 2 ann,bob");
        await frames.SendAsync("presence", Change(2, ["cid"], ["bob"]));
        await sdk.SaysAsync("presence 2 ann,cid");

        // Dan's coming was not heard: the count says so, and it is asked again after some seconds.
        Server.Present = ["ann", "cid", "dan", "eve"];
        await frames.SendAsync("presence", Change(4, ["eve"], []));
        await sdk.SaysAsync("presence 4 ann,cid,eve");
        Assert.Equal(1, Server.PresenceAsked);
        await sdk.HurryUntilAsync("asks again", _ => sdk.Trace.Contains("presence 4 ann,cid,dan,eve"), TimeSpan.FromSeconds(1));
        Assert.Equal(2, Server.PresenceAsked);
        Expect(sdk, "state connecting", "state online", "event 1 one", "presence 2 ann,bob", "presence 2 ann,cid", "presence 4 ann,cid,eve", "presence 4 ann,cid,dan,eve");
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task After_a_reconnect_the_list_begins_anew(string name, string transport)
    {
        Server.Present = ["ann"];
        var (sdk, connection) = await FollowAsync(name, transport);
        sdk.WatchPresence("room1");
        await sdk.SaysAsync("presence 1 ann");
        Server.Present = ["ann", "bob"];
        await connection.CutAsync();
        connection = await Server.NextAsync();
        await connection.WelcomeAsync();
        await connection.JoinedAsync(At(0), 0);
        await sdk.SaysAsync("presence 2 ann,bob");

        // So many that no names are told.
        await ((ScriptedFrames)connection).SendAsync("presence", new { roomId = "room1", count = 300 });
        await sdk.SaysAsync("presence 300 ann,bob sampled");
        Assert.Equal(["presence 1 ann", "presence 2 ann,bob", "presence 300 ann,bob sampled"], sdk.Said("presence"));
    }

    [Theory]
    [MemberData(nameof(Polls))]
    public async Task Over_polls_the_list_is_asked_for_once(string name, string transport)
    {
        Server.Present = ["ann"];
        var (sdk, connection) = await FollowAsync(name, transport);
        sdk.WatchPresence("room1");
        await sdk.SaysAsync("presence 1 ann");
        AppendAll("one", "two");
        await connection.TellAsync(1);
        await connection.TellAsync(2);
        await sdk.SaysAsync("event 2 two");
        Assert.Equal(1, Server.PresenceAsked);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task How_far_the_user_has_read_is_handed_on_and_only_forward(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        AppendAll("one", "two");
        await connection.TellAsync(1);
        await sdk.SaysAsync("event 1 one");
        foreach (var position in new[] { At(3), At(3), At(2), At(7), "nonsense" })
            await ((ScriptedFrames)connection).SendAsync("read", new { roomId = "room1", user = ScriptedServer.Ann, position });
        await connection.TellAsync(2);
        await sdk.SaysAsync("event 2 two");
        Expect(sdk, "state connecting", "state online", "event 1 one", $"read {At(3)}", $"read {At(7)}", "event 2 two");
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Who_types_is_told_and_tells_the_others_once_in_a_while(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        await ((ScriptedFrames)connection).SendAsync("typing", new { roomId = "room1", user = new { id = "u-2", name = "Bob" } });
        await sdk.SaysAsync("typing u-2");
        for (var keystroke = 0; keystroke < 5; keystroke++)
            sdk.Type("room1");
        await HeardAsync(connection);

        // A message ends it, and who writes on at once is to be shown again at once.
        sdk.Post("room1", "k-1", "hello");
        await sdk.SaysAsync("posted k-1 1");
        sdk.Type("room1");
        await HeardAsync(connection);
        sdk.Pass(TimeSpan.FromSeconds(3));
        sdk.Type("room1");
        await HeardAsync(connection);

        // A fence: whatever more was said would have come before it.
        sdk.Post("room1", "k-2", "over");
        await sdk.SaysAsync("posted k-2 2");
        Assert.Equal(transport == "websocket" ? 0 : 3, Server.Typed.Count);
        Expect(sdk, "state connecting", "state online", "typing u-2", "posted k-1 1", "posted k-2 2");
    }

    private int _heard;

    /// <summary>Over a socket as a frame, otherwise as a request.</summary>
    private Task HeardAsync(ScriptedConnection connection)
    {
        _heard++;
        return connection is ScriptedSocket socket
            ? socket.ExpectAsync("typing")
            : Eventually.UntilAsync($"it is told {_heard} times", () => Server.Typed.Count == _heard, ScriptedServer.Patience);
    }

    private static object Change(int count, string[] joined, string[] left) =>
        new { roomId = "room1", count, joined = joined.Select(id => new { id, name = id }), left = left.Select(id => new { id, name = id }) };
}
