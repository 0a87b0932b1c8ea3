using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hubbub.UnitTests.Hubs;

/// <summary>A feed on real threads: joins, removals, deliveries and a pump at the same time.</summary>
public sealed class FeedRaceTests
{
    private static readonly RoomId Room = RoomId.Parse("room");
    private static readonly User Owner = new(UserId.Parse("owner"), "Owner");
    private static readonly UserId Reader = UserId.Parse("reader");

    /// <summary>
    /// A removal may hit a subscription between its entry into the room and its entry into the feed. Whatever comes first, a feed never keeps one that has ended: it would believe to
    /// read a room that no longer knows it.
    /// </summary>
    [Fact]
    public async Task A_feed_never_keeps_a_subscription_that_has_ended()
    {
        const int Joins = 300_000;
        var (hub, room, _) = await OpenAsync();
        var live = (await hub.OpenAsync(Room, Consistency.Strong, default))!;
        using var feed = hub.OpenFeed();
        feed.Identify(OneNode.User(Reader.Value));
        var isDone = false;
        var remover = Task.Run(() =>
        {
            while (!Volatile.Read(ref isDone))
                live.End(Reader, "removed");
        });
        var kept = await Eventually.WithinAsync("the joins are through", Task.Run(async () =>
        {
            var ended = 0;
            var sink = new ListSink();
            for (var i = 0; i < Joins && ended == 0; i++)
            {
                await feed.JoinAsync(room, StartAt.Head, default, default);

                // Ending and removing are one act under the feed's lock: whoever is seen to have ended is not there at a second look.
                var over = feed.Subscriptions.Where(s => s.HasEnded).ToArray();
                ended += feed.Subscriptions.Count(over.Contains);
                sink.Frames.Clear();
                await feed.FillAsync(sink, default);
            }

            return ended;
        }), TimeSpan.FromMinutes(2));
        Volatile.Write(ref isDone, true);
        await Eventually.WithinAsync("the remover stops", remover);
        Assert.Equal(0, kept);
    }

    /// <summary>Posts, a pump and many rooms: everything must arrive, in order, without any other ring than those of the hub.</summary>
    [Fact]
    public async Task A_pump_on_another_thread_hands_on_every_event_of_every_room_in_order()
    {
        const int Rooms = 8;
        const int Events = 4_000;
        var (hub, _, store) = await OpenAsync(new HubOptions { LaneFrames = 32 });
        using var feed = hub.OpenFeed();
        feed.Identify(OneNode.User(Reader.Value));
        var rooms = Enumerable.Range(0, Rooms).Select(i => RoomId.Parse($"room{i}")).ToArray();
        foreach (var id in rooms)
        {
            await store.AppendAsync([new Draft(id, Owner, DateTimeOffset.UnixEpoch, null, new RoomCreated("Room", Visibility.Public), new Epoch(1))], default);
            Assert.Null(await feed.JoinAsync((await store.FindAsync(id, default))!, StartAt.Head, default, default));
        }

        var next = rooms.ToDictionary(r => r, _ => 2L);
        var pump = Task.Run(async () =>
        {
            var sink = new CountingSink(capacity: 5);
            while (next.Values.Any(n => n <= Events + 1))
            {
                await feed.WaitAsync();
                await feed.FillAsync(sink, default);
                foreach (var e in sink.Take())
                    Assert.Equal(next[e.Room]++, e.Sequence);
            }
        });
        var posters = rooms.Chunk(Rooms / 2).Select(some => Task.Run(async () =>
        {
            for (var i = 0; i < Events; i++)
            {
                foreach (var id in some)
                {
                    var outcomes = await store.AppendAsync([new Draft(id, Owner, DateTimeOffset.UnixEpoch, null, new MessagePosted("x"))], default);
                    hub.Deliver([outcomes[0].Event!]);
                }
            }
        })).ToArray();
        foreach (var poster in posters)
            await Eventually.WithinAsync("a poster is through", poster, TimeSpan.FromMinutes(1));
        await Eventually.WithinAsync("the reader has everything", pump, TimeSpan.FromMinutes(1));
    }

    private static async Task<(Hub Hub, Room Room, InMemoryStore Store)> OpenAsync(HubOptions? options = null)
    {
        var store = new InMemoryStore(TimeProvider.System);
        await store.AppendAsync([new Draft(Room, Owner, DateTimeOffset.UnixEpoch, null, new RoomCreated("Room", Visibility.Public), new Epoch(1))], default);
        var hub = new Hub(store, new InMemoryBroker.Exchange().Connect(), options ?? new HubOptions(), TimeProvider.System, NullLogger<Hub>.Instance);
        return (hub, (await store.FindAsync(Room, default))!, store);
    }

    private sealed class CountingSink(int capacity) : IFrameSink
    {
        private readonly List<RoomEvent> _events = [];

        public bool IsFull => _events.Count >= capacity;

        public void Write(Frame frame, Subscription? subscription)
        {
            if (frame.Event is { } e)
                _events.Add(e);
        }

        public RoomEvent[] Take()
        {
            var taken = _events.ToArray();
            _events.Clear();
            return taken;
        }
    }
}
