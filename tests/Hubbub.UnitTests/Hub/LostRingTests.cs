using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hubbub.UnitTests.Hubs;

/// <summary>
/// The last look of a pump and the ring of a room, at the same moment. The pump says "not marked" and then reads the lane's head; the room moves the head and then asks for the mark.
/// Without a full fence in both, each may miss the other (on x86 too: a store waits in the processor while the load behind it is done), and an event lies there until the next one comes.
/// </summary>
public sealed class LostRingTests
{
    private const int Rounds = 1_000_000;
    private static readonly RoomId Room = RoomId.Parse("room");
    private static readonly User Owner = new(UserId.Parse("owner"), "Owner");

    [Fact]
    public async Task An_event_that_comes_at_the_pumps_last_look_is_seen_or_rung_for()
    {
        var subscription = await SubscribeAsync();
        long head = 0;
        long seen = 0;
        var isMarkedAnew = false;
        var barrier = new SpinBarrier();
        var pump = Task.Factory.StartNew(
            () =>
            {
                for (var round = 1; round <= Rounds; round++)
                {
                    barrier.Meet();
                    subscription.Unmark();
                    seen = Volatile.Read(ref head);
                    barrier.Meet();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        var lost = 0;
        subscription.Mark();
        for (var round = 1; round <= Rounds; round++)
        {
            barrier.Meet();
            Volatile.Write(ref head, round);
            isMarkedAnew = subscription.Mark();
            barrier.Meet();
            if (!isMarkedAnew && seen != round)
                lost++;
            subscription.Mark();
        }

        await Eventually.WithinAsync("the pump ends", pump);
        Assert.Equal(0, lost);
    }

    private static async Task<Subscription> SubscribeAsync()
    {
        var store = new InMemoryStore(TimeProvider.System);
        var hub = new Hub(store, new InMemoryBroker.Exchange().Connect(), new HubOptions(), TimeProvider.System, NullLogger<Hub>.Instance);
        await store.AppendAsync([new Draft(Room, Owner, DateTimeOffset.UnixEpoch, null, new RoomCreated("Room", Visibility.Public), new Epoch(1))], default);
        var feed = hub.OpenFeed();
        feed.Identify(OneNode.User("reader"));
        Assert.Null(await feed.JoinAsync((await store.FindAsync(Room, default))!, StartAt.Head, default, default));
        return Assert.Single(feed.Subscriptions);
    }

    /// <summary>Lets two threads go on at the same moment, as nearly as can be.</summary>
    private sealed class SpinBarrier
    {
        private int _come;

        public void Meet()
        {
            var meeting = (Interlocked.Increment(ref _come) + 1) / 2;
            for (var spins = 0; Volatile.Read(ref _come) < meeting * 2; spins++)
            {
                // The other may not have a core now.
                if (spins > 10_000)
                    Thread.Yield();
            }
        }
    }
}
