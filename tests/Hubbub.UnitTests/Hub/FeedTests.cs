using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;
using Xunit;

namespace Hubbub.UnitTests.Hubs;

/// <summary>What one connection is handed, in which order, however much its sink takes at a time.</summary>
public sealed class FeedTests
{
    [Fact]
    public void Answers_come_before_events_and_joined_before_what_it_promises() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        await node.PostAsync("one");
        var feed = await node.ListenAsync(StartAt.Behind(Position.Start));
        feed.Answer(Frame.Encoder.Pong(default));
        await node.PostAsync("two");
        await node.QuietAsync();
        Assert.Equal(["joined", "pong", "1", "2", "3"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void A_sink_that_takes_one_frame_at_a_time_gets_everything_in_the_same_order() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        for (var i = 0; i < 200; i++)
            await node.PostAsync($"text {i}");
        var feed = await node.ListenAsync(StartAt.Behind(Position.Start));
        List<string> got = [];
        while (feed.WaitAsync() is { IsCompleted: true })
        {
            var sink = new ListSink(capacity: 1);
            await feed.FillAsync(sink, default);
            got.AddRange(sink.Words);
        }

        Assert.Equal(["joined", .. Enumerable.Range(1, 201).Select(i => $"{i}")], got);
    });

    [Fact]
    public void A_reader_that_fell_off_the_lane_reads_on_from_the_store_without_a_seam() => OneNode.Run(
        async node =>
        {
            await node.CreateAsync(OneNode.Room);
            var feed = await node.ListenAsync(StartAt.Head);
            await ListSink.AllOfAsync(feed);
            for (var i = 0; i < 300; i++)
                await node.PostAsync($"text {i}");
            await node.QuietAsync();
            Assert.Equal(Enumerable.Range(2, 300).Select(i => $"{i}"), await ListSink.AllOfAsync(feed));
        },
        new OneNode.Setup { Hub = new HubOptions { LaneFrames = 8 } });

    public static TheoryData<string, string[]> Starts => new()
    {
        { "head", ["joined"] },
        { "after 3", ["joined", "4", "5"] },
        { "after 5", ["joined"] },
        { "after 0", ["joined", "1", "2", "3", "4", "5"] },
        { "last 0", ["joined"] },
        { "last 2", ["joined", "4", "5"] },
        { "last 1000", ["joined", "1", "2", "3", "4", "5"] },
        { "after 6", ["joined", "gap"] },
        { "another life", ["joined", "gap"] },
    };

    [Theory]
    [MemberData(nameof(Starts))]
    public void A_reader_starts_where_it_asked(string where, string[] expected) => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        for (var i = 0; i < 4; i++)
            await node.PostAsync($"text {i}");
        var epoch = new Epoch(1);
        var feed = await node.ListenAsync(where.Split(' ') switch
        {
            ["after", "0"] => StartAt.Behind(Position.Start),
            ["after", var sequence] => StartAt.Behind(new Position(epoch, long.Parse(sequence, System.Globalization.CultureInfo.InvariantCulture))),
            ["last", var count] => StartAt.Newest(int.Parse(count, System.Globalization.CultureInfo.InvariantCulture)),
            ["another", _] => StartAt.Behind(new Position(new Epoch(77), 2)),
            _ => StartAt.Head,
        });
        Assert.Equal(expected, await ListSink.AllOfAsync(feed));

        // Whatever it was told, what comes now it gets.
        await node.PostAsync("news");
        await node.QuietAsync();
        Assert.Equal(["6"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void Who_is_too_far_behind_is_told_so_and_stands_at_the_head() => OneNode.Run(
        async node =>
        {
            await node.CreateAsync(OneNode.Room);
            for (var i = 0; i < 20; i++)
                await node.PostAsync($"text {i}");
            var feed = await node.ListenAsync(StartAt.Behind(Position.Start));
            var sink = new ListSink();
            await feed.FillAsync(sink, default);
            Assert.Equal(["joined", "gap"], sink.Words);
            Assert.Contains("""
                "from":"00000000:0","to":"00000001:21","reason":"too_far_behind"
                """, System.Text.Encoding.UTF8.GetString(sink.Frames[1].Json.Span), StringComparison.Ordinal);
        },
        new OneNode.Setup { Hub = new HubOptions { MaxReplay = 10 } });

    [Fact]
    public void Leaving_ends_the_stream_with_left_and_nothing_after_it() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var feed = await node.ListenAsync(StartAt.Head);
        await node.PostAsync("unread");
        Assert.True(feed.Leave(OneNode.Room, new FrameId(7)));
        Assert.False(feed.Leave(OneNode.Room, default));
        await node.PostAsync("after");
        await node.QuietAsync();
        Assert.Equal(["joined", "left"], await ListSink.AllOfAsync(feed));
        Assert.Empty(feed.Subscriptions);
        Assert.Equal(0, (await node.Hub.OpenAsync(OneNode.Room, Consistency.Strong, default))!.Listeners);
    });

    [Fact]
    public void Joining_again_restarts_the_stream_at_the_new_position() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var first = await node.PostAsync("one");
        var feed = await node.ListenAsync(StartAt.Behind(first));
        await node.PostAsync("two");
        await node.QuietAsync();
        Assert.Null(await node.Node.Rooms.ListenAsync(feed, OneNode.Caller("reader"), OneNode.Room, StartAt.Behind(Position.Start), default, default));
        Assert.Equal(["joined", "joined", "1", "2", "3"], await ListSink.AllOfAsync(feed));
        Assert.Single(feed.Subscriptions);
        Assert.Equal(1, (await node.Hub.OpenAsync(OneNode.Room, Consistency.Strong, default))!.Listeners);
    });

    [Fact]
    public void A_connection_reads_at_most_so_many_rooms_and_knows_them_in_the_order_of_joining() => OneNode.Run(async node =>
    {
        var feed = node.OpenFeed();
        for (var i = 1; i <= 129; i++)
        {
            var refusal = await JoinAsync(node, feed, RoomId.Parse($"room{i}"));
            Assert.Equal(i <= 128 ? null : "too_many_rooms", refusal?.Code);
        }

        Assert.Equal(Enumerable.Range(1, 128).Select(i => $"room{i}"), feed.Subscriptions.Select(s => s.RoomId.Value));

        // One that is read already is no further room; one that was left makes room.
        Assert.Null(await JoinAsync(node, feed, RoomId.Parse("room5")));
        Assert.True(feed.Leave(RoomId.Parse("room1"), default));
        Assert.Null(await JoinAsync(node, feed, RoomId.Parse("room129")));
        Assert.Equal("room5", feed.Subscriptions[^2].RoomId.Value);
    });

    [Fact]
    public void A_removal_ends_every_subscription_of_that_user_and_of_nobody_else() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var desk = await node.ListenAsync(StartAt.Head, "reader");
        var phone = await node.ListenAsync(StartAt.Head, "reader");
        var other = await node.ListenAsync(StartAt.Head, "other");
        Assert.Null(await node.Node.Members.RemoveAsync(OneNode.Caller("owner"), OneNode.Room, UserId.Parse("reader"), default));
        await node.PostAsync("about the one who left");
        await node.QuietAsync();
        foreach (var feed in new[] { desk, phone })
        {
            var got = await ListSink.AllOfAsync(feed);
            Assert.Equal("joined", got[0]);
            Assert.Contains("left", got);
            Assert.DoesNotContain("3", got);
            Assert.Empty(feed.Subscriptions);
        }

        Assert.Equal(["joined", "2", "3"], await ListSink.AllOfAsync(other));
        Assert.Equal("forbidden", (await JoinAsync(node, desk, OneNode.Room))?.Code);
    });

    [Fact]
    public void Typing_reaches_the_others_who_are_there_and_nobody_who_comes_later() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var own = await node.ListenAsync(StartAt.Head, "typist");
        var other = await node.ListenAsync(StartAt.Head, "other");
        Assert.Equal(["joined"], await ListSink.AllOfAsync(other));
        Assert.Null(await node.Node.Conversation.TypingAsync(OneNode.Caller("typist"), OneNode.Room, default));
        var late = await node.ListenAsync(StartAt.Head, "late");
        await node.PostAsync("text");
        await node.QuietAsync();
        Assert.Equal(["joined", "2"], await ListSink.AllOfAsync(own));
        Assert.Equal(["typing", "2"], await ListSink.AllOfAsync(other));
        Assert.Equal(["joined", "2"], await ListSink.AllOfAsync(late));
    });

    [Fact]
    public void A_store_that_fails_under_a_reader_loses_nothing()
    {
        var fails = false;
        OneNode.Run(
            async node =>
            {
                await node.CreateAsync(OneNode.Room);
                for (var i = 0; i < 20; i++)
                    await node.PostAsync($"text {i}");
                var feed = await node.ListenAsync(StartAt.Behind(Position.Start));
                var sink = new ListSink();
                fails = true;
                await Assert.ThrowsAsync<StoreException>(async () => await feed.FillAsync(sink, default));
                fails = false;

                // It has rung already, so that whoever waits for the bell asks again.
                Assert.True(feed.WaitAsync().IsCompleted);
                await feed.FillAsync(sink, default);
                Assert.Equal(["joined", .. Enumerable.Range(1, 21).Select(i => $"{i}")], sink.Words);
            },
            new OneNode.Setup { Hub = new HubOptions { LaneFrames = 8 }, Log = store => new FailingReads(store, () => fails) });
    }

    [Fact]
    public void Whoever_leaves_while_a_page_is_under_way_gets_nothing_of_it() => ReadSlowly(async (node, feed, page) =>
    {
        var sink = new ListSink();
        var filling = feed.FillAsync(sink, default).AsTask();
        Assert.True(feed.Leave(OneNode.Room, default));
        page.SetResult();
        await filling;
        Assert.Equal(["joined", "left"], sink.Words);
    });

    [Fact]
    public void A_room_that_vanishes_under_a_page_is_told_as_gone_at_once()
    {
        var isWiped = false;
        ReadSlowly(
            async (node, feed, page) =>
            {
                var sink = new ListSink();
                var filling = feed.FillAsync(sink, default).AsTask();
                isWiped = true;
                page.SetResult();
                await filling;
                Assert.Equal(["joined", "left"], sink.Words);
                Assert.Empty(feed.Subscriptions);
            },
            () => isWiped);
    }

    [Fact]
    public void Bytes_of_answers_are_counted_until_they_are_written_and_their_going_is_told() => OneNode.Run(async node =>
    {
        var feed = node.OpenFeed();
        var drained = feed.DrainedAsync();
        feed.Answer(new byte[1000]);
        feed.Answer(new byte[500]);
        Assert.InRange(feed.AnswerBytes, 1500, 1600);
        Assert.False(drained.IsCompleted);
        await feed.FillAsync(new ListSink(capacity: 1), default);
        Assert.InRange(feed.AnswerBytes, 500, 550);
        Assert.True(drained.IsCompleted);
        await feed.FillAsync(new ListSink(), default);
        Assert.Equal(0, feed.AnswerBytes);
    });

    [Fact]
    public void A_disposed_feed_is_known_to_no_room_and_joins_none() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var feed = await node.ListenAsync(StartAt.Head);
        feed.Dispose();
        Assert.Equal(0, (await node.Hub.OpenAsync(OneNode.Room, Consistency.Strong, default))!.Listeners);
        Assert.NotNull(await JoinAsync(node, feed, OneNode.Room));
        Assert.Equal(0, (await node.Hub.OpenAsync(OneNode.Room, Consistency.Strong, default))!.Listeners);
    });

    [Fact]
    public void A_feed_belongs_to_one_user() => OneNode.Run(node =>
    {
        var feed = node.Hub.OpenFeed();
        feed.Identify(OneNode.User("anna"));
        feed.Identify(OneNode.User("anna"));
        Assert.Throws<InvalidOperationException>(() => feed.Identify(OneNode.User("bert")));
        return Task.CompletedTask;
    });

    /// <summary>A reader of twenty events behind a lane of eight, whose page from the store comes when the test says so.</summary>
    private static void ReadSlowly(Func<OneNode, Feed, TaskCompletionSource, Task> story, Func<bool>? isWiped = null)
    {
        var page = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        OneNode.Run(
            async node =>
            {
                await node.CreateAsync(OneNode.Room);
                for (var i = 0; i < 20; i++)
                    await node.PostAsync($"text {i}");
                var feed = await node.ListenAsync(StartAt.Head);
                for (var i = 0; i < 20; i++)
                    await node.PostAsync($"more {i}");
                await node.Sim.Delay(TimeSpan.FromMilliseconds(10));
                await story(node, feed, page);
            },
            new OneNode.Setup { Hub = new HubOptions { LaneFrames = 8 }, Log = store => new SlowPages(store, page.Task, isWiped ?? (() => false)) });
    }

    private static async Task<Refusal?> JoinAsync(OneNode node, Feed feed, RoomId room) =>
        await node.Node.Rooms.ListenAsync(feed, OneNode.Caller("reader"), room, StartAt.Head, default, default);

    private sealed class SlowPages(IRoomLog inner, Task page, Func<bool> isWiped) : Simulation.LogAround(inner)
    {
        public override async ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct)
        {
            await page;
            return isWiped() ? null : await base.ReadAsync(room, after, limit, ct);
        }
    }

    private sealed class FailingReads(IRoomLog inner, Func<bool> fails) : Simulation.LogAround(inner)
    {
        public override ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct) =>
            fails() ? throw new StoreException("The disk is away.") : base.ReadAsync(room, after, limit, ct);
    }
}
