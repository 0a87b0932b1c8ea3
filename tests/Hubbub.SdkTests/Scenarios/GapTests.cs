namespace Hubbub.SdkTests.Scenarios;

/// <summary>The past is lost: it is told once, and the story goes on behind it.</summary>
public sealed class GapTests : Scenario
{
    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_gap_is_told_once_and_the_story_goes_on_behind_it(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        for (var i = 1; i <= 7; i++)
            AppendAll($"text {i}");
        await connection.GapAsync("room1", At(0), At(5), "too_far_behind");
        await connection.TellAsync(6);
        await sdk.SaysAsync("event 6 text 6");

        // Of a stream that overlaps another: told before.
        await connection.GapAsync("room1", At(0), At(5), "too_far_behind");
        await connection.TellAsync(6, 7);

        await sdk.SaysAsync("event 7 text 7");
        Expect(sdk, "state connecting", "state online", $"gap {At(0)} {At(5)} too_far_behind", "event 6 text 6", "event 7 text 7");
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_store_that_has_lost_its_newest_goes_on_with_numbers_that_were_seen(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        AppendAll("one", "two", "three");
        await connection.TellAsync(1, 2, 3);
        await sdk.SaysAsync("event 3 three");
        Server.Room().Forget(after: 1);
        await connection.GapAsync("room1", At(3), At(1), "lost_past");
        AppendAll("another two");
        await connection.TellAsync(2);

        await sdk.SaysAsync("event 2 another two");
        Expect(sdk, "state connecting", "state online", "event 1 one", "event 2 two", "event 3 three", $"gap {At(3)} {At(1)} lost_past", "event 2 another two");
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task An_event_of_another_life_has_the_log_asked_where_the_story_goes_on(string name, string transport)
    {
        var (sdk, connection) = await FollowAsync(name, transport);
        AppendAll("one");
        await connection.TellAsync(1);
        await sdk.SaysAsync("event 1 one");
        Server.Room().BeginNewLife("0000beef");
        AppendAll("first again", "second again", "third again");
        Server.Room().PagesEndAt = 2;
        await connection.TellAsync(3);
        await sdk.SaysAsync($"gap {At(1)} 0000beef:2 lost_past");
        Server.Room().PagesEndAt = 3;

        await sdk.SaysAsync("event 3 third again");
        Expect(sdk, "state connecting", "state online", "event 1 one", $"gap {At(1)} 0000beef:2 lost_past", "event 3 third again");
    }
}
