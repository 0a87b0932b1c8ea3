using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Hubs;

/// <summary>When the listeners of a relaxed room are told, of how much, and what is said of the rest.</summary>
public sealed class RelaxedRoomTests
{
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(250);
    private static readonly OneNode.Setup Setup = new() { Hub = new HubOptions { RelaxedWindow = Window, RelaxedRate = 4, RelaxedReplay = 6, LaneFrames = 8 } };

    [Fact]
    public void The_first_event_after_a_quiet_window_is_told_at_once_and_the_next_ones_together_at_its_end() => Run(async (node, feed) =>
    {
        await TellAsync(node, 2, 2);
        Assert.Equal(["2"], await ListSink.AllOfAsync(feed));
        await TellAsync(node, 3, 3);
        await TellAsync(node, 4, 4);
        Assert.Empty(await ListSink.AllOfAsync(feed));
        await node.Sim.Delay(Window / 2);
        Assert.Empty(await ListSink.AllOfAsync(feed));
        await node.Sim.Delay(Window);
        Assert.Equal(["3", "4"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void What_is_deleted_before_it_is_told_is_told_without_its_text() => Run(async (node, feed) =>
    {
        await TellAsync(node, 2, 2);
        await ListSink.AllOfAsync(feed);
        await TellAsync(node, 3, 3);
        node.Hub.Deliver([await node.CommitElsewhereAsync(new MessageDeleted(3))]);
        await node.Sim.Delay(Window * 1.2);
        var sink = new ListSink();
        await feed.FillAsync(sink, default);
        Assert.Equal([new MessagePosted(""), new MessageDeleted(3)], sink.Frames.Select(f => f.Event?.Content).OfType<EventContent>());
    });

    [Fact]
    public void A_listener_is_rung_once_for_a_window() => Run(async (node, feed) =>
    {
        await TellAsync(node, 2, 2);
        await feed.WaitAsync();
        await ListSink.AllOfAsync(feed);
        var bell = feed.WaitAsync();
        for (var i = 3; i <= 5; i++)
        {
            await TellAsync(node, i, i);
            Assert.False(bell.IsCompleted);
        }

        await bell;
        Assert.Equal(["3", "4", "5"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void Beyond_the_allowance_the_oldest_are_skipped_and_counted_and_a_quiet_second_fills_it_again() => Run(async (node, feed) =>
    {
        await TellAsync(node, 2, 40);
        Assert.Equal(["skipped 35", "37", "38", "39", "40"], await ListSink.AllOfAsync(feed));

        // Four a second: one for a window of a quarter.
        await TellAsync(node, 41, 44);
        await node.Sim.Delay(Window * 1.2);
        Assert.Equal(["skipped 3", "44"], await ListSink.AllOfAsync(feed));
        await node.Sim.Delay(TimeSpan.FromSeconds(1));
        await TellAsync(node, 45, 48);
        Assert.Equal(["45", "46", "47", "48"], await ListSink.AllOfAsync(feed));
        Assert.Equal(48, (await node.Store.ReadAsync(OneNode.Room, 0, 100, default))!.Events.Count);
    });

    [Fact]
    public void Who_has_fallen_off_the_lane_skips_to_the_newest() => Run(async (node, feed) =>
    {
        await ListSink.AllOfAsync(feed);
        for (var i = 2; i <= 41; i++)
        {
            await TellAsync(node, i, i);
            await node.Sim.Delay(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(["skipped 36", "38", "39", "40", "41"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void Who_comes_back_is_told_all_of_a_little_and_the_newest_of_much() => Run(async (node, _) =>
    {
        await TellAsync(node, 2, 30);
        var life = (await node.Store.HeadsAsync([OneNode.Room], default))[0]!.Value.Epoch;
        Assert.Equal(["joined", "25", "26", "27", "28", "29", "30"], await ListSink.AllOfAsync(await node.ListenAsync(StartAt.Behind(new Position(life, 24)))));

        // Of 2–30 the lane has the frame that counts, and the newest four.
        Assert.Equal(
            ["joined", "skipped 3", "27", "28", "29", "30"], await ListSink.AllOfAsync(await node.ListenAsync(StartAt.Behind(new Position(life, 23)))));
    });

    [Fact]
    public void The_newest_that_are_asked_for_are_told_however_many() => Run(async (node, _) =>
    {
        await TellAsync(node, 2, 200);
        var newest = await ListSink.AllOfAsync(await node.ListenAsync(StartAt.Newest(150)));
        Assert.Equal(["joined", .. Enumerable.Range(51, 150).Select(i => $"{i}")], newest);
    });

    [Fact]
    public void Typing_is_not_told() => Run(async (node, feed) =>
    {
        node.Hub.Typing(OneNode.Room, OneNode.User("somebody"));
        await node.PostAsync("2");
        await node.QuietAsync();
        Assert.Equal(["2"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void Whose_removal_is_among_the_skipped_is_told_and_reads_nothing_more() => Run(async (node, feed) =>
    {
        await node.PostAsync("2");
        await ListSink.AllOfAsync(feed);
        Assert.Null(await node.Node.Members.RemoveAsync(OneNode.Caller("owner"), OneNode.Room, UserId.Parse("reader"), default));
        for (var i = 0; i < 30; i++)
            await node.PostAsync("behind its back");
        await node.QuietAsync();
        Assert.Equal(["left"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void What_comes_early_waits_for_its_turn_as_in_every_room() => Run(async (node, feed) =>
    {
        var missed = await node.CommitElsewhereAsync(new MessagePosted("2"));
        var early = await node.CommitElsewhereAsync(new MessagePosted("3"));
        node.Hub.Deliver([early]);
        Assert.Empty(await ListSink.AllOfAsync(feed));
        node.Hub.Deliver([missed]);
        Assert.Equal(["2", "3"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void A_room_of_the_same_name_that_is_strong_is_another_room() => OneNode.Run(
        async node =>
        {
            await node.CreateAsync(OneNode.Room, consistency: Consistency.Relaxed);
            var feed = await node.ListenAsync(StartAt.Head);
            await ListSink.AllOfAsync(feed);

            // The directory now tells of a strong room with the life that the lane has.
            var room = (await node.Store.FindAsync(OneNode.Room, default))! with { Consistency = Consistency.Strong };
            var other = node.OpenFeed("other");
            Assert.Null(await other.JoinAsync(room, StartAt.Head, default, default));
            Assert.Equal(["left"], await ListSink.AllOfAsync(feed));
            for (var i = 2; i <= 40; i++)
                await node.PostAsync($"{i}");
            await node.QuietAsync();
            var all = await ListSink.AllOfAsync(other);
            Assert.Equal(["joined", .. Enumerable.Range(2, 39).Select(i => $"{i}")], all);
        },
        Setup);

    /// <summary>Another node commits messages with these sequences, and this one hears of them together.</summary>
    private static async Task TellAsync(OneNode node, int first, int last)
    {
        var told = new List<RoomEvent>();
        for (var i = first; i <= last; i++)
            told.Add(await node.CommitElsewhereAsync(new MessagePosted($"{i}")));
        node.Hub.Deliver(told);
    }

    /// <summary>A relaxed room with one listener, who has been told of its joining.</summary>
    private static void Run(Func<OneNode, Feed, Task> story) => OneNode.Run(
        async node =>
        {
            await node.CreateAsync(OneNode.Room, consistency: Consistency.Relaxed);
            var feed = await node.ListenAsync(StartAt.Head);
            await ListSink.AllOfAsync(feed);
            await story(node, feed);
        },
        Setup);
}
