using System.Collections.Concurrent;
using Hubbub.Core.Broker;
using Hubbub.Protocol;
using Hubbub.TestKit;
using Xunit;

namespace Hubbub.ConformanceTests.Brokers;

/// <summary>
/// What every <see cref="IBroker"/> does when all is well. It may lose and delay, so whatever must arrive is announced again until it does; and what
/// must not arrive is proven by a later announcement that did.
/// </summary>
public abstract class BrokerContract : IAsyncLifetime
{
    private static readonly User Ann = new(UserId.Parse("ann"), "Ann");
    private static readonly User Bob = new(UserId.Parse("bob"), "Bob 🦉");
    private static readonly RoomId Lobby = RoomId.Parse("lobby");
    private static readonly RoomId Attic = RoomId.Parse("attic");

    private readonly List<Node> _nodes = [];

    public static TheoryData<EventContent> EveryContent => new(
        new MessagePosted("Grüße\n\tan alle 🦉 \"\\"),
        new MessagePosted("@Bob") { ReplyTo = 5, Thread = 4, Mentions = "bob @room" },
        new MessageEdited(2, "edited"),
        new ReactionAdded(2, "👍"),
        new ReactionRemoved(2, ":tada:"),
        new MessageEdited(2, "@Bob") { Mentions = "bob" },
        new MessageDeleted(2),
        new MemberJoined(Bob, Role.Owner),
        new MemberLeft(Bob, LeaveReason.Left),
        new MemberLeft(Bob, LeaveReason.Removed),
        new RoomCreated("Lobby", Visibility.Private),
        new RoomCreated("Stadium", Visibility.Public, Consistency.Relaxed),
        new RoomRenamed("Ünder the roof"),
        new TopicChanged("Ünder discussion"),
        new SlowModeChanged(30),
        new RoomArchived(),
        new RoomUnarchived(),
        new MessagePinned(2),
        new MessageUnpinned(2),
        new MemberLeft(Ann, LeaveReason.Kicked),
        new RoleChanged(Ann, Role.Moderator),
        new RoleChanged(Ann, Role.Reader),
        new MemberMuted(Ann, DateTimeOffset.UnixEpoch.AddDays(20_000)),
        new MemberUnmuted(Ann));

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    /// <summary>What becomes of an announcement on its way, where a broker does not carry events.</summary>
    protected virtual Announcement Carried(Announcement announcement) => announcement;

    /// <summary>Whether subscriptions take effect after Subscribe has returned, and then say so.</summary>
    protected abstract bool TakesEffectLater { get; }

    /// <summary>A new node of one cluster, the same for all calls of one test.</summary>
    protected abstract Task<IBroker> ConnectAsync();

    [Theory]
    [MemberData(nameof(EveryContent))]
    public async Task An_event_reaches_every_other_node_that_subscribed_just_as_it_is(EventContent content)
    {
        Node sender = await StartAsync(), first = await StartAsync(Lobby), second = await StartAsync(Lobby);
        var announced = new EventAnnounced(new RoomEvent(
            Lobby, new Position(new Epoch(0x9f3a01bc), long.MaxValue), Ann, new DateTimeOffset(2026, 3, 1, 12, 0, 0, 123, TimeSpan.Zero), "key-1", content));

        await AnnounceUntilHeardAsync(sender, announced, first, second);
    }

    [Fact]
    public async Task An_event_without_a_key_arrives_without_one()
    {
        Node sender = await StartAsync(), receiver = await StartAsync(Lobby);
        var announced = Posted(Lobby, 2) with { Event = Posted(Lobby, 2).Event with { Key = null } };

        await AnnounceUntilHeardAsync(sender, announced, receiver);
    }

    [Fact]
    public async Task Typing_reaches_the_other_nodes()
    {
        Node sender = await StartAsync(), receiver = await StartAsync(Lobby);

        await AnnounceUntilHeardAsync(sender, new TypingAnnounced(Lobby, Bob), receiver);
    }

    [Fact]
    public async Task How_far_users_have_read_reaches_the_other_nodes_also_as_many_as_there_may_be()
    {
        Node sender = await StartAsync(), receiver = await StartAsync(Lobby);
        var marks = Enumerable.Range(10, ReadAnnounced.MostMarks).Select(n => new ReadMark(
            UserId.Parse($"{n}{new string('u', UserId.MaxLength - 2)}"), new Position(new Epoch(uint.MaxValue), long.MaxValue)));

        await AnnounceUntilHeardAsync(sender, new ReadAnnounced(Lobby, [.. marks]), receiver);
    }

    [Fact]
    public async Task Who_is_in_a_room_at_a_node_reaches_the_other_nodes()
    {
        Node sender = await StartAsync(), receiver = await StartAsync(Lobby);

        await AnnounceUntilHeardAsync(sender, new PresenceAnnounced(Lobby, "node-1", long.MaxValue, 2, [Ann, Bob]) { Asks = true }, receiver);
        await AnnounceUntilHeardAsync(sender, new PresenceAnnounced(Lobby, "node-1", 2, 5000, [Bob]) { Part = 1, Parts = 3 }, receiver);
        await AnnounceUntilHeardAsync(sender, new PresenceAnnounced(Lobby, "node-1", 3, 0, []) { Ends = true }, receiver);
    }

    [Fact]
    public async Task A_head_reaches_the_other_nodes()
    {
        Node sender = await StartAsync(), receiver = await StartAsync(Lobby);

        await AnnounceUntilHeardAsync(sender, new HeadAnnounced(Lobby, new Position(new Epoch(0x9f3a01bc), long.MaxValue)), receiver);
    }

    [Fact]
    public async Task A_node_that_is_up_says_so_and_counts_what_it_carries()
    {
        Node sender = await StartAsync(), receiver = await StartAsync(Lobby);
        await Eventually.UntilAsync("both are up", () => new[] { sender, receiver }.All(n => n.Broker.Status is { State: BrokerState.Up, Trouble: null }));

        await AnnounceUntilHeardAsync(sender, Posted(Lobby, 1), receiver);

        await Eventually.UntilAsync("it is counted", () => sender.Broker.Status.Sent > 0 && receiver.Broker.Status.Received > 0);
        Assert.Equal((0, 0), (sender.Broker.Status.Dropped, sender.Broker.Status.Reconnects));
        Assert.Equal((0, 0), (receiver.Broker.Status.Sent, sender.Broker.Status.Received));
    }

    [Fact]
    public async Task When_a_subscription_has_taken_effect_the_next_announcement_is_heard()
    {
        Node sender = await StartAsync(), receiver = await StartAsync();
        await Eventually.UntilAsync("both are up", () => new[] { sender, receiver }.All(n => n.Broker.Status.State == BrokerState.Up));
        var late = new ConcurrentQueue<RoomId>();
        receiver.Broker.Subscribed += rooms => rooms.ToList().ForEach(late.Enqueue);

        // Whoever does not say that it takes effect later has it in effect at once; where it is said, it is waited for.
        receiver.Broker.Subscribe(Lobby);
        if (TakesEffectLater)
            await Eventually.UntilAsync("the subscription takes effect", () => late.Contains(Lobby));
        sender.Broker.Announce(Posted(Lobby, 1));
        await Eventually.UntilAsync("the only announcement is heard", () => receiver.Heard.Contains(Carried(Posted(Lobby, 1))));
        Assert.Equal(TakesEffectLater, late.Contains(Lobby));
    }

    [Fact]
    public async Task A_node_that_stops_runs_no_longer_and_the_others_go_on()
    {
        Node sender = await StartAsync(Lobby), leaver = await StartAsync(Lobby), stayer = await StartAsync(Lobby);
        await AnnounceUntilHeardAsync(sender, Posted(Lobby, 1), leaver, stayer);

        await leaver.DisposeAsync();

        await AnnounceUntilHeardAsync(sender, Posted(Lobby, 2), stayer);
        Assert.DoesNotContain(Carried(Posted(Lobby, 2)), leaver.Heard);
    }

    [Fact]
    public async Task A_node_does_not_hear_what_it_announced_itself()
    {
        Node self = await StartAsync(Lobby), other = await StartAsync(Lobby);

        await AnnounceUntilHeardAsync(self, Posted(Lobby, 1), other);
        await AnnounceUntilHeardAsync(other, Posted(Lobby, 2), self);

        Assert.DoesNotContain(Carried(Posted(Lobby, 1)), self.Heard);
    }

    [Fact]
    public async Task A_node_hears_nothing_of_rooms_that_it_did_not_subscribe_to()
    {
        Node sender = await StartAsync(), lobby = await StartAsync(Lobby), both = await StartAsync(Lobby, Attic, RoomId.Parse("LOBBY"));

        await AnnounceUntilHeardAsync(sender, Posted(Attic, 1), both);
        await AnnounceUntilHeardAsync(sender, Posted(RoomId.Parse("LOBBY"), 1), both);
        await AnnounceUntilHeardAsync(sender, Posted(Lobby, 1), lobby);

        Assert.All(lobby.Heard, announcement => Assert.Equal(Lobby, announcement.Room));
    }

    [Fact]
    public async Task A_room_unsubscribed_falls_silent_and_can_be_subscribed_again()
    {
        Node sender = await StartAsync(), receiver = await StartAsync(Lobby, Attic);
        await AnnounceUntilHeardAsync(sender, Posted(Lobby, 1), receiver);

        receiver.Broker.Unsubscribe(Lobby);

        // An unsubscription may take its time, so the silence is awaited: one announcement of the attic heard with none of the lobby before it.
        var sequence = 1;
        await Eventually.UntilAsync("announcements of the room end", async () =>
        {
            sequence++;
            sender.Broker.Announce(Posted(Lobby, sequence));
            await AnnounceUntilHeardAsync(sender, Posted(Attic, sequence), receiver);
            return !receiver.Heard.Contains(Carried(Posted(Lobby, sequence)));
        });

        receiver.Broker.Subscribe(Lobby);
        await AnnounceUntilHeardAsync(sender, Posted(Lobby, 1000), receiver);
    }

    [Fact]
    public async Task Unsubscribing_from_a_room_that_was_not_subscribed_is_nothing()
    {
        Node sender = await StartAsync(), receiver = await StartAsync(Lobby);

        receiver.Broker.Unsubscribe(Attic);

        await AnnounceUntilHeardAsync(sender, Posted(Lobby, 1), receiver);
    }

    [Fact]
    public async Task A_listener_that_is_disposed_hears_no_more_and_the_others_of_its_node_do()
    {
        Node sender = await StartAsync(), receiver = await StartAsync(Lobby);
        var heard = new ConcurrentQueue<Announcement>();
        var second = receiver.Broker.Listen(heard.Enqueue);
        await Eventually.UntilAsync("the second listener hears", () =>
        {
            sender.Broker.Announce(Posted(Lobby, 1));
            return !heard.IsEmpty;
        });

        second.Dispose();
        second.Dispose();
        await AnnounceUntilHeardAsync(sender, Posted(Lobby, 2), receiver);
        await AnnounceUntilHeardAsync(sender, Posted(Lobby, 3), receiver);

        Assert.DoesNotContain(Carried(Posted(Lobby, 3)), heard);
    }

    [Fact]
    public async Task Announcing_what_nobody_listens_to_is_nothing()
    {
        Node sender = await StartAsync(), receiver = await StartAsync(Lobby);

        sender.Broker.Announce(Posted(Attic, 1));

        await AnnounceUntilHeardAsync(sender, Posted(Lobby, 1), receiver);
    }

    [Fact]
    public async Task Many_threads_announce_and_subscribe_at_once()
    {
        Node sender = await StartAsync(), receiver = await StartAsync();
        var rooms = Enumerable.Range(0, 50).Select(n => RoomId.Parse($"room{n}")).ToList();

        await Task.WhenAll(rooms.Select(room => Task.Run(() =>
        {
            receiver.Broker.Subscribe(room);
            return AnnounceUntilHeardAsync(sender, Posted(room, 1), receiver);
        })));

        Assert.Equal(rooms.Count, receiver.Heard.Distinct().Count());
    }

    private static EventAnnounced Posted(RoomId room, long sequence) => new(new RoomEvent(
        room, new Position(new Epoch(7), sequence), Ann, DateTimeOffset.UnixEpoch.AddDays(20_000), $"k{sequence}", new MessagePosted($"{sequence}")));

    private Task AnnounceUntilHeardAsync(Node sender, Announcement announcement, params Node[] receivers) =>
        Eventually.UntilAsync($"{announcement} is heard", () =>
        {
            if (receivers.All(receiver => receiver.Heard.Contains(Carried(announcement))))
                return true;
            sender.Broker.Announce(announcement);
            return receivers.All(receiver => receiver.Heard.Contains(Carried(announcement)));
        });

    private async Task<Node> StartAsync(params RoomId[] rooms)
    {
        var node = new Node(await ConnectAsync());
        _nodes.Add(node);
        foreach (var room in rooms)
            node.Broker.Subscribe(room);
        return node;
    }

    /// <summary>A node that writes down what it hears.</summary>
    private sealed class Node : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly IDisposable _listening;
        private readonly Task _running;

        public Node(IBroker broker)
        {
            Broker = broker;
            _listening = broker.Listen(Heard.Enqueue);
            _running = broker.RunAsync(_stopping.Token);
        }

        public IBroker Broker { get; }

        public ConcurrentQueue<Announcement> Heard { get; } = new();

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await Eventually.WithinAsync("the broker stops", _running);
            _listening.Dispose();
        }
    }
}
