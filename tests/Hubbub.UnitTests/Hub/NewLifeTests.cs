using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Hubs;

/// <summary>A log that has lost its past: every reader is told, whatever it was doing at that moment.</summary>
public sealed class NewLifeTests
{
    private static readonly Epoch Next = new(0xbeef);

    [Fact]
    public void A_listener_is_told_and_goes_on_in_the_new_life() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var feed = await node.ListenAsync(StartAt.Head);
        Assert.Equal(["joined"], await ListSink.AllOfAsync(feed));
        node.Store.RenewEpochs(() => Next);
        await node.QuietAsync();
        Assert.Equal(["gap"], await ListSink.AllOfAsync(feed));
        await node.PostAsync("after");
        await node.QuietAsync();
        Assert.Equal(["2"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void A_position_of_the_old_life_is_told_at_once() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var held = await node.PostAsync("before");
        node.Store.RenewEpochs(() => Next);
        var feed = await node.ListenAsync(StartAt.Behind(held));
        Assert.Equal(["joined", "gap"], await ListSink.AllOfAsync(feed));
    });

    [Fact]
    public void A_life_that_begins_between_the_look_and_the_joining_is_told_too()
    {
        // The look: the store says that the old life goes on. While the answer travels, the life ends and another reader's look tells the room.
        Latecomer? log = null;
        OneNode.Run(
            async node =>
            {
                await node.CreateAsync(OneNode.Room);
                var first = await node.ListenAsync(StartAt.Head);
                var held = (await node.CommitElsewhereAsync(new MessagePosted("seen on another node"))).Position;
                log!.Time = node.Sim.Time;
                log.DelayNext = TimeSpan.FromSeconds(1);
                var joining = node.ListenAsync(StartAt.Behind(held));
                await node.Sim.Delay(TimeSpan.FromMilliseconds(100));
                node.Store.RenewEpochs(() => Next);
                var second = await node.ListenAsync(StartAt.Behind(new Position(Next, 1)));
                var feed = await joining;

                // It must not wait at 2 of the old life for a 3 of the new one.
                Assert.Equal(["joined", "gap"], await ListSink.AllOfAsync(feed));
                Assert.Equal(["joined", "2"], await ListSink.AllOfAsync(second));
                Assert.Equal(["joined", "gap"], await ListSink.AllOfAsync(first));
                await node.PostAsync("after");
                await node.QuietAsync();
                foreach (var reader in new[] { first, second, feed })
                    Assert.Equal(["3"], await ListSink.AllOfAsync(reader));
            },
            new OneNode.Setup { Log = store => log = new Latecomer(store) });
    }

    /// <summary>A log whose heads may take a while to arrive.</summary>
    private sealed class Latecomer(IRoomLog inner) : IRoomLog
    {
        public TimeSpan DelayNext { get; set; }

        public TimeProvider Time { get; set; } = TimeProvider.System;

        public ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct) => inner.AppendAsync(batch, ct);

        public ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct) => inner.ReadAsync(room, after, limit, ct);

        public async ValueTask<IReadOnlyList<Position?>> HeadsAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct)
        {
            var heads = await inner.HeadsAsync(rooms, ct);
            var delay = DelayNext;
            DelayNext = TimeSpan.Zero;
            if (delay > TimeSpan.Zero)
                await Task.Delay(delay, Time, ct);
            return heads;
        }
    }
}
