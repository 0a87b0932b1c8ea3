using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Hubs;

/// <summary>What a node does about events that it did not hear of, heard of twice, or in the wrong order.</summary>
public sealed class HubTests
{
    [Fact]
    public void Announcements_in_any_order_and_any_number_make_one_story() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var feed = await node.ListenAsync(StartAt.Head);
        var events = new List<RoomEvent>();
        for (var i = 0; i < 6; i++)
            events.Add(await node.CommitElsewhereAsync(new MessagePosted($"text {i}")));
        foreach (var i in new[] { 1, 1, 4, 0, 0, 5, 3, 2, 4, 5, 0 })
            node.Hub.Deliver([events[i]]);
        Assert.Equal(["joined", "2", "3", "4", "5", "6", "7"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void So_many_listeners_that_they_are_rung_behind_the_commit_all_hear_of_it_whoever_goes_meanwhile() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var sinks = new List<ListSink>();
        for (var i = 0; i < 300; i++)
        {
            var feed = await node.ListenAsync(StartAt.Head);
            var sink = new ListSink();
            sinks.Add(sink);
            _ = PumpAsync(feed, sink, leavesAfter: i % 3 == 0 ? 2 : int.MaxValue);
        }

        for (var i = 0; i < 3; i++)
            await node.PostAsync($"text {i}");
        await node.QuietAsync();
        Assert.All(sinks, (sink, i) => Assert.Equal(i % 3 == 0 ? ["joined", "2"] : ["joined", "2", "3", "4"], sink.Words.Take(i % 3 == 0 ? 2 : 9)));

        static async Task PumpAsync(Feed feed, ListSink sink, int leavesAfter)
        {
            while (sink.Frames.Count < leavesAfter)
            {
                await feed.WaitAsync();
                await feed.FillAsync(sink, default);
            }

            feed.Dispose();
        }
    });

    [Fact]
    public void An_event_that_is_heard_twice_stands_in_the_lane_once() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var room = (await node.Hub.OpenAsync(OneNode.Room, Consistency.Strong, default))!;
        var e = await node.CommitElsewhereAsync(new MessagePosted("once"));
        node.Hub.Deliver([e, e]);
        node.Hub.Deliver([e]);
        Assert.Equal((1, 2), (room.Lane.Head, room.Lane.HeadSequence));
    });

    [Fact]
    public void A_gap_waits_a_moment_for_its_announcement_and_is_then_read_from_the_log() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var feed = await node.ListenAsync(StartAt.Head);
        await node.CommitElsewhereAsync(new MessagePosted("unannounced"));
        node.Hub.Deliver([await node.CommitElsewhereAsync(new MessagePosted("announced"))]);
        await node.Sim.Delay(TimeSpan.FromMilliseconds(15));
        Assert.Equal(["joined"], await ListSink.AllOfAsync(feed));
        await node.Sim.Delay(TimeSpan.FromMilliseconds(10));
        Assert.Equal(["2", "3"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void A_head_that_was_announced_is_read_from_the_log_at_once() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var feed = await node.ListenAsync(StartAt.Head);
        for (var i = 0; i < 1200; i++)
            await node.CommitElsewhereAsync(new MessagePosted("elsewhere"));
        var last = await node.CommitElsewhereAsync(new MessagePosted("the last"));
        node.Elsewhere.Announce(new HeadAnnounced(OneNode.Room, last.Position));
        await node.Sim.Delay(TimeSpan.FromMilliseconds(1));
        string[] all = ["joined", .. Enumerable.Range(2, 1201).Select(i => $"{i}")];
        Assert.Equal(all, await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void A_head_that_is_known_already_costs_no_read() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        await node.ListenAsync(StartAt.Head);
        var e = await node.CommitElsewhereAsync(new MessagePosted("elsewhere"));
        node.Hub.Deliver([e]);
        var room = (await node.Hub.OpenAsync(OneNode.Room, Consistency.Strong, default))!;
        Assert.False(room.Hear(e.Position));
        Assert.True(room.Hear(e.Position with { Sequence = e.Sequence + 1 }));
        Assert.False(room.Hear(e.Position with { Sequence = e.Sequence + 2 }));
    });

    [Fact]
    public void A_head_of_another_life_begins_the_room_anew() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var feed = await node.ListenAsync(StartAt.Head);
        node.Store.RenewEpochs(() => new Epoch(77));
        var e = await node.CommitElsewhereAsync(new MessagePosted("of the new life"));
        node.Elsewhere.Announce(new HeadAnnounced(OneNode.Room, e.Position));
        await node.Sim.Delay(TimeSpan.FromMilliseconds(25));
        Assert.Equal(["joined", "gap"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void Rooms_whose_subscriptions_took_effect_late_are_compared_with_the_log() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var feed = await node.ListenAsync(StartAt.Head);
        await node.CommitElsewhereAsync(new MessagePosted("announced before the subscription"));
        node.Broker.TellSubscribed([OneNode.Room, RoomId.Parse("not-served-here")]);
        await node.Sim.Delay(TimeSpan.FromMilliseconds(25));
        Assert.Equal(["joined", "2"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void What_nobody_announced_is_found_by_the_next_sweep() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var feed = await node.ListenAsync(StartAt.Head);
        for (var i = 0; i < 1200; i++)
            await node.CommitElsewhereAsync(new MessagePosted("unannounced"));
        await node.Sim.Delay(TimeSpan.FromSeconds(1.5));
        Assert.Equal(["joined"], await ListSink.AllOfAsync(feed));
        await node.Sim.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal(Enumerable.Range(2, 1200).Select(i => $"{i}"), await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void More_early_events_than_are_kept_are_read_from_the_log() => OneNode.Run(
        async node =>
        {
            await node.CreateAsync(OneNode.Room);
            var feed = await node.ListenAsync(StartAt.Head);
            await node.CommitElsewhereAsync(new MessagePosted("unannounced"));
            for (var i = 0; i < 50; i++)
                node.Hub.Deliver([await node.CommitElsewhereAsync(new MessagePosted($"text {i}"))]);
            await node.QuietAsync();
            var got = await ListSink.AllOfAsync(feed);
            Assert.Equal(["joined", .. Enumerable.Range(2, 51).Select(i => $"{i}")], got);
        },
        new OneNode.Setup { Hub = new HubOptions { MaxEarlyEvents = 4 } });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_healing_that_fails_is_tried_again_at_the_sweep(bool isBehind)
    {
        var fails = false;
        OneNode.Run(
            async node =>
            {
                await node.CreateAsync(OneNode.Room);
                var feed = await node.ListenAsync(StartAt.Head);
                await node.CommitElsewhereAsync(new MessagePosted("unannounced"));
                fails = true;
                var announced = await node.CommitElsewhereAsync(new MessagePosted("announced"));
                if (isBehind)
                    node.Hub.Deliver([announced]);
                else
                    node.Broker.TellSubscribed([OneNode.Room]);
                await node.Sim.Delay(TimeSpan.FromSeconds(1));
                fails = false;
                Assert.Equal(["joined"], await ListSink.AllOfAsync(feed));
                await node.QuietAsync();
                Assert.Equal(["2", "3"], await ListSink.AllOfAsync(feed));
            },
            new OneNode.Setup { Log = store => new FailingLog(store, () => fails) });
    }

    [Fact]
    public void A_room_that_nobody_listens_to_is_closed_after_a_minute_and_opened_again_with_everything() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var feed = await node.ListenAsync(StartAt.Head);
        await node.Sim.Delay(TimeSpan.FromMinutes(5));
        Assert.Equal(1, node.Hub.LiveRooms);
        feed.Dispose();
        await node.Sim.Delay(TimeSpan.FromSeconds(59));
        Assert.Equal(1, node.Hub.LiveRooms);
        await node.Sim.Delay(TimeSpan.FromSeconds(10));
        Assert.Equal(0, node.Hub.LiveRooms);
        await node.PostAsync("while nobody listened");
        var again = await node.ListenAsync(StartAt.Newest(1));
        Assert.Equal(["joined", "2"], await ListSink.AllOfAsync(again));
    });

    [Fact]
    public void A_room_that_vanishes_is_told_to_everyone_as_gone()
    {
        var isWiped = false;
        OneNode.Run(
            async node =>
            {
                await node.CreateAsync(OneNode.Room);
                var feed = await node.ListenAsync(StartAt.Head);
                isWiped = true;
                await node.QuietAsync();
                var sink = new ListSink();
                await feed.FillAsync(sink, default);
                Assert.Equal(["joined", "left"], sink.Words);
                Assert.Contains("\"reason\":\"gone\"", System.Text.Encoding.UTF8.GetString(sink.Frames[1].Json.Span), StringComparison.Ordinal);
            },
            new OneNode.Setup { Log = store => new WipedLog(store, () => isWiped) });
    }

    [Fact]
    public void Events_and_announcements_of_rooms_that_nobody_listens_to_cost_nothing() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        await node.PostAsync("to nobody");
        node.Hub.Typing(OneNode.Room, OneNode.User("anna"));
        await node.QuietAsync();
        Assert.Equal(0, node.Hub.LiveRooms);
    });

    [Fact]
    public void The_hub_stops_when_told_and_its_readers_stay_as_they_are() => OneNode.Run(
        async node =>
        {
            using var stopping = new CancellationTokenSource();
            var running = node.Hub.RunAsync(stopping.Token);
            await node.Sim.Delay(TimeSpan.FromSeconds(20));
            Assert.False(running.IsCompleted);
            stopping.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        },
        new OneNode.Setup { IsRunning = false });

    [Fact]
    public void A_loop_that_ends_by_a_bug_ends_the_hub_and_is_not_hidden_by_the_other()
    {
        var isBroken = false;
        OneNode.Run(
            async node =>
            {
                await node.Store.AppendAsync(
                    [new Draft(OneNode.Room, OneNode.User("owner"), node.Sim.Time.GetUtcNow(), null, new RoomCreated("Room", Visibility.Public), new Epoch(1))], default);
                var feed = await node.ListenAsync(StartAt.Head);
                var running = node.Hub.RunAsync(default);
                isBroken = true;
                await node.CommitElsewhereAsync(new MessagePosted("unannounced"));
                node.Hub.Deliver([await node.CommitElsewhereAsync(new MessagePosted("announced"))]);
                await node.Sim.Delay(TimeSpan.FromSeconds(1));
                await Assert.ThrowsAsync<InvalidCastException>(() => running);
                feed.Dispose();
            },
            new OneNode.Setup { IsRunning = false, Log = store => new BrokenLog(store, () => isBroken) });
    }

    [Fact]
    public void A_log_with_a_hole_is_asked_again_at_the_sweep_and_not_in_a_circle()
    {
        HoleyLog? log = null;
        OneNode.Run(
            async node =>
            {
                await node.CreateAsync(OneNode.Room);
                var feed = await node.ListenAsync(StartAt.Head);
                for (var i = 0; i < 5; i++)
                    node.Hub.Deliver([await node.CommitElsewhereAsync(new MessagePosted($"text {i}"))]);
                await node.QuietAsync();
                Assert.Equal(["joined", "2", "3", "4", "5", "6"], await ListSink.AllOfAsync(feed));
                log!.Missing = 7;
                for (var i = 0; i < 5; i++)
                    await node.CommitElsewhereAsync(new MessagePosted($"text {i}"));
                await node.QuietAsync();
                Assert.InRange(log.Reads, 1, 20);
                Assert.Empty(await ListSink.AllOfAsync(feed));
                log.Missing = 0;
                await node.QuietAsync();
                Assert.Equal(["7", "8", "9", "10", "11"], await ListSink.AllOfAsync(feed));
            },
            new OneNode.Setup { Log = store => log = new HoleyLog(store) });
    }

    private sealed class BrokenLog(IRoomLog inner, Func<bool> isBroken) : Simulation.LogAround(inner)
    {
        public override ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct) =>
            isBroken() ? throw new InvalidCastException() : base.ReadAsync(room, after, limit, ct);
    }

    private sealed class HoleyLog(IRoomLog inner) : Simulation.LogAround(inner)
    {
        public long Missing { get; set; }

        public int Reads { get; private set; }

        public override async ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct)
        {
            Reads++;
            return await base.ReadAsync(room, after, limit, ct) is { } page ? page with { Events = [.. page.Events.Where(e => e.Sequence != Missing)] } : null;
        }
    }

    private sealed class FailingLog(IRoomLog inner, Func<bool> fails) : Simulation.LogAround(inner)
    {
        public override ValueTask<IReadOnlyList<Position?>> HeadsAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct) =>
            fails() ? throw new StoreException("The disk is away.") : base.HeadsAsync(rooms, ct);

        public override ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct) =>
            fails() ? throw new StoreException("The disk is away.") : base.ReadAsync(room, after, limit, ct);
    }

    private sealed class WipedLog(IRoomLog inner, Func<bool> isWiped) : Simulation.LogAround(inner)
    {
        public override ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct) =>
            isWiped() ? ValueTask.FromResult<LogPage?>(null) : base.ReadAsync(room, after, limit, ct);

        public override ValueTask<IReadOnlyList<Position?>> HeadsAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct) =>
            isWiped() ? ValueTask.FromResult<IReadOnlyList<Position?>>(new Position?[rooms.Count]) : base.HeadsAsync(rooms, ct);
    }
}
