namespace Hubbub.SdkTests.Scenarios;

/// <summary>Every event once and in order, whatever comes over the wire.</summary>
public sealed class EventTests : Scenario
{
    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task Events_come_once_and_in_order_whatever_comes_over_the_wire(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        AppendAll("one", "two", "three", "four", "five");

        // Disordered, repeated, and two and four are never told.
        await connection.TellAsync(1, 1, 3, 1, 5, 3);

        await sdk.SaysAsync("event 5 five");
        Expect(sdk, "state connecting", "state online", "event 1 one", "event 2 two", "event 3 three", "event 4 four", "event 5 five");
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task What_a_later_protocol_says_is_passed_over_live_and_in_the_log(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        AppendAll("one");
        Server.Room().AppendForeign();
        await connection.TellAsync(2);
        Server.Room().AppendForeign();
        AppendAll("four");
        await connection.TellAsync(4);
        Server.Room().AppendForeign();
        await connection.TellAsync(5);
        AppendAll("six");
        await connection.TellAsync(6);

        await sdk.SaysAsync("event 6 six");
        Expect(sdk, "state connecting", "state online", "event 1 one", "event 4 four", "event 6 six");
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_log_that_lags_is_asked_again_until_it_has_what_was_told(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        AppendAll("one", "two", "three");
        Server.Room().PagesEndAt = 1;
        await connection.TellAsync(3);
        await sdk.SaysAsync("event 1 one");
        Server.Room().PagesEndAt = 3;

        await sdk.SaysAsync("event 3 three");
        Expect(sdk, "state connecting", "state online", "event 1 one", "event 2 two", "event 3 three");
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task After_a_cut_it_goes_on_behind_the_last_that_was_handed_on(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        AppendAll("one");
        await connection.TellAsync(1);
        await sdk.SaysAsync("event 1 one");
        await connection.CutAsync();
        AppendAll("two");

        connection = await Server.NextAsync();
        await connection.WelcomeAsync();
        await connection.JoinedAsync(At(1), 1);
        await connection.TellAsync(2);

        await sdk.SaysAsync("event 2 two");
        Expect(sdk, "state connecting", "state online", "event 1 one", "state reconnecting", "state online", "event 2 two");
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task Who_reads_from_the_beginning_remembers_of_which_life_it_was(string name, string transport)
    {
        var sdk = Start(name, transport);
        sdk.Join("room1", "0");
        sdk.Connect();
        var connection = await Server.NextAsync();
        await connection.WelcomeAsync();
        await connection.JoinedAsync("0", 0);
        await sdk.SaysAsync("state online");

        // Now the room is another: what was asked for from the beginning cannot go on from there.
        await connection.CutAsync();
        connection = await Server.NextAsync();
        await connection.WelcomeAsync();
        await connection.JoinedAsync(At(0), 0);
        AppendAll("one");
        await connection.TellAsync(1);

        await sdk.SaysAsync("event 1 one");
        Expect(sdk, "state connecting", "state online", "state reconnecting", "state online", "event 1 one");
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task Who_asks_for_the_last_few_gets_them_and_goes_on_behind_them(string name, string transport)
    {
        AppendAll("one", "two", "three", "four");
        var sdk = Start(name, transport);
        sdk.Join("room1", "last:2");
        sdk.Connect();
        var connection = await Server.NextAsync();
        await connection.WelcomeAsync();
        if (transport == "websocket")
        {
            // The others read them as a page first.
            var asked = await connection.AskedAsync("room1");
            Assert.Equal(2, asked[0].Last);
            await connection.AnswerAsync(asked, _ => new Scripted.Verdict.Begin(At(2), 4));
            await connection.TellAsync(3, 4);
        }
        else
            await connection.JoinedAsync(At(4), 4);

        AppendAll("five");
        await connection.TellAsync(5);
        await sdk.SaysAsync("event 5 five");
        Assert.Equal(["event 3 three", "event 4 four", "event 5 five"], sdk.Said("event"));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task What_a_relaxed_room_skips_is_counted_and_not_asked_for(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        AppendAll("one", "two", "three", "four", "five", "six");
        var frames = (Scripted.ScriptedFrames)connection;
        await frames.TellAsync(1);
        await frames.SendAsync("skipped", new { roomId = "room1", from = At(1), to = At(3), count = 2 });

        // Told from further back, by whoever tells it: only the rest is news.
        await frames.SendAsync("skipped", new { roomId = "room1", from = At(2), to = At(5), count = 3 });
        await frames.TellAsync(6);

        await sdk.SaysAsync("event 6 six");
        Expect(sdk, "state connecting", "state online", "event 1 one", $"skipped {At(1)} {At(3)} 2", $"skipped {At(3)} {At(5)} 2", "event 6 six");
    }
}
