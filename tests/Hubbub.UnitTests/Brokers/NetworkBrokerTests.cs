using System.Collections.Concurrent;
using Hubbub.Brokers;
using Hubbub.Brokers.Announcements;
using Hubbub.Core.Broker;
using Hubbub.Protocol;
using Hubbub.TestKit;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hubbub.UnitTests.Brokers;

/// <summary>How a node lives with a broker that comes, goes and falls silent; the same for every kind, so that the kinds are only calls.</summary>
public sealed class NetworkBrokerTests : IAsyncLifetime
{
    private static readonly RoomId Lobby = RoomId.Parse("lobby");
    private static readonly RoomId Attic = RoomId.Parse("attic");
    private static readonly User Ann = new(UserId.Parse("ann"), "Ann");
    private static readonly BrokerOptions Quick = new()
    {
        PingInterval = TimeSpan.FromMilliseconds(300),
        ConnectTimeout = TimeSpan.FromSeconds(1),
        FirstRetry = TimeSpan.FromMilliseconds(5),
        LongestRetry = TimeSpan.FromMilliseconds(40),
        QueueLength = 5,
        SubscribeChunk = 2,
    };

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<IReadOnlyList<RoomId>> _subscribed = new();
    private readonly Story _story = new();
    private FakeDriver _driver = new();
    private NetworkBroker _broker = null!;
    private Task _running = Task.CompletedTask;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Eventually.WithinAsync("the broker's loop ends when it is stopped", _running);
    }

    [Fact]
    public async Task It_is_up_when_a_ping_has_come_back_and_every_room_is_subscribed_in_chunks()
    {
        Make();
        Assert.Equal((BrokerState.Down, "It has not been connected yet."), (_broker.Status.State, _broker.Status.Trouble));
        foreach (var room in new[] { "a", "b", "c" })
            _broker.Subscribe(RoomId.Parse(room));
        Run();
        await IsAsync(BrokerState.Up);
        Assert.Equal(["a", "b", "c"], _driver.Session.Rooms.Select(r => r.Value).Order());
        Assert.Equal([2, 1], _subscribed.Select(rooms => rooms.Count));
        Assert.Null(_broker.Status.Trouble);
        Assert.Equal(0, _broker.Status.Reconnects);
    }

    [Fact]
    public async Task A_change_of_mind_between_two_looks_is_followed()
    {
        await StartAsync();
        for (var i = 0; i < 50; i++)
        {
            _broker.Subscribe(Lobby);
            _broker.Unsubscribe(Lobby);
            _broker.Subscribe(Attic);
        }

        await Eventually.UntilAsync("the attic alone is subscribed", () => _driver.Session.Rooms.SequenceEqual([Attic]));
        _broker.Unsubscribe(Attic);
        _broker.Subscribe(Lobby);
        await Eventually.UntilAsync("the lobby alone is subscribed", () => _driver.Session.Rooms.SequenceEqual([Lobby]));
    }

    [Fact]
    public async Task A_connection_that_breaks_is_made_anew_with_all_rooms_which_are_then_compared()
    {
        _ = await StartAsync(Lobby, Attic);
        var first = _driver.Session;
        _subscribed.Clear();

        first.Break("the cable was pulled");

        await Eventually.UntilAsync("it is back", () => _broker.Status is { State: BrokerState.Up, Reconnects: 1 });
        Assert.True(first.IsDisposed);
        Assert.NotSame(first, _driver.Session);
        Assert.Equal([Attic, Lobby], _driver.Session.Rooms.OrderBy(r => r.Value));
        Assert.Equal([Attic, Lobby], _subscribed.SelectMany(r => r).OrderBy(r => r.Value));
        Assert.Contains(_story.Lines, line => line.Contains("the cable was pulled", StringComparison.Ordinal) && line.Contains("sweep", StringComparison.Ordinal));
        Assert.Contains(_story.Lines, line => line.Contains("is back", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_pings_that_do_not_come_back_make_it_suspect_and_then_it_connects_anew()
    {
        await StartAsync(Lobby);

        // Silent also to new connections, so that what it is does not change again at once.
        _driver.Refusal = _ => _driver.IsSilent ? Task.Delay(Timeout.Infinite, CancellationToken.None) : Task.CompletedTask;
        _driver.IsSilent = true;
        await IsAsync(BrokerState.Suspect);
        Assert.Contains("2 pings", _broker.Status.Trouble, StringComparison.Ordinal);
        await IsAsync(BrokerState.Down);
        Assert.Contains("did not answer within 1 s", _broker.Status.Trouble, StringComparison.Ordinal);

        _driver.IsSilent = false;
        await IsAsync(BrokerState.Up);
        Assert.Equal([Lobby], _driver.Session.Rooms);
    }

    [Fact]
    public async Task A_publishing_that_hangs_ends_with_the_pings_behind_it()
    {
        await StartAsync();
        var hanging = new TaskCompletionSource();
        _driver.Gate = hanging.Task;
        _broker.Announce(Posted(1));

        await IsAsync(BrokerState.Suspect);
        _driver.Gate = Task.CompletedTask;
        await IsAsync(BrokerState.Up);

        _broker.Announce(Posted(2));
        await Eventually.UntilAsync("what came after is sent", () => Published().Contains(2));
        Assert.Equal(1, _broker.Status.Dropped);
        hanging.SetResult();
    }

    [Fact]
    public async Task While_it_is_down_the_newest_events_wait_and_typing_does_not()
    {
        Make();
        for (var i = 1; i <= 7; i++)
            _broker.Announce(Posted(i));
        _broker.Announce(new TypingAnnounced(Lobby, Ann));
        Assert.Equal((0, 3), (_broker.Status.Sent, _broker.Status.Dropped));

        Run();
        await Eventually.UntilAsync("what waited is sent", () => _broker.Status.Sent == 5);
        Assert.Equal([3, 4, 5, 6, 7], Published());
        Assert.DoesNotContain(_driver.Published, e => e.Announcement is TypingAnnounced);

        await IsAsync(BrokerState.Up);
        _broker.Announce(new TypingAnnounced(Lobby, Ann));
        await Eventually.UntilAsync("typing is sent now", () => _driver.Published.Any(e => e.Announcement is TypingAnnounced));
    }

    [Fact]
    public async Task A_broker_that_cannot_be_reached_is_told_of_once_and_tried_again_and_again()
    {
        Make();
        _driver.Refusal = _ => throw new IOException("nobody is there");
        Run();
        await Eventually.UntilAsync("it was tried many times", () => _driver.Attempts >= 10);
        Assert.Equal((BrokerState.Down, "nobody is there"), (_broker.Status.State, _broker.Status.Trouble));
        Assert.Single(_story.Lines);

        _driver.Refusal = null;
        await IsAsync(BrokerState.Up);
    }

    [Fact]
    public async Task A_node_that_stops_sends_its_last_words()
    {
        await StartAsync();
        var held = new TaskCompletionSource();
        _driver.Gate = held.Task;
        _broker.Announce(Posted(1));
        await Eventually.UntilAsync("the first is on its way", () => _driver.Held > 0);
        _broker.Announce(Posted(2));
        await _stopping.CancelAsync();
        held.SetResult();
        await Eventually.WithinAsync("it stops", _running);
        Assert.Equal([1, 2], Published());
        Assert.Equal((2, 0), (_broker.Status.Sent, _broker.Status.Dropped));
        Assert.Equal(BrokerState.Down, _broker.Status.State);
    }

    [Fact]
    public async Task What_no_node_would_send_is_ignored_and_told_of_once()
    {
        var heard = await StartAsync(Lobby);
        byte[][] strangers =
        [
            [], "{"u8.ToArray(), "null"u8.ToArray(), "[]"u8.ToArray(), [0xff, 0xfe, 0], "{}"u8.ToArray(),
            """{"node":"n","type":"message","room":"not a room","position":"00000001:1"}"""u8.ToArray(),
            """{"node":"n","type":"head","room":"lobby","position":"0"}"""u8.ToArray(),
            """{"node":"n","type":"typing","room":"lobby","sender":{"id":"","name":"x"}}"""u8.ToArray(),
            """{"node":"n","type":"message","room":"lobby","position":"00000001:1","sentAt":9223372036854775807,"sender":{"id":"a","name":"A"},"content":{"text":"x"}}"""u8.ToArray(),
            new byte[EnvelopeJson.MaxBytes + 1],
        ];
        foreach (var payload in strangers)
            _driver.Session.Bring(payload);
        _driver.Session.Bring(EnvelopeJson.Write(new Envelope("another", Posted(9))));

        Assert.Equal([Posted(9)], heard);
        Assert.Equal(1, _broker.Status.Received);
        Assert.Single(_story.Lines, line => line.Contains("no node would send", StringComparison.Ordinal));
        Assert.Equal(BrokerState.Up, _broker.Status.State);
    }

    [Fact]
    public async Task Where_everything_is_heard_only_a_new_connection_may_have_missed_something()
    {
        _driver = new FakeDriver { HearsEverything = true };
        var heard = await StartAsync(Lobby);
        Assert.Equal([Lobby], _subscribed.SelectMany(r => r));
        _broker.Subscribe(Attic);
        await Eventually.UntilAsync("the change was looked at", () => _driver.Session.Rooms.Count == 2);
        _driver.Session.Bring(EnvelopeJson.Write(new Envelope("another", new HeadAnnounced(RoomId.Parse("elsewhere"), new Position(new Epoch(1), 1)))));
        Assert.Empty(heard);
        Assert.Single(_subscribed);

        _driver.Session.Break("gone");
        await Eventually.UntilAsync("it is back", () => _broker.Status is { State: BrokerState.Up, Reconnects: 1 });
        Assert.Equal([Attic, Lobby], _subscribed.Skip(1).SelectMany(r => r).OrderBy(r => r.Value));
    }

    [Fact]
    public async Task A_bug_of_a_listener_is_told_and_ends_no_connection()
    {
        var heard = await StartAsync(Lobby);
        using var faulty = _broker.Listen(_ => throw new InvalidOperationException("a bug"));
        _driver.Session.Bring(EnvelopeJson.Write(new Envelope("another", Posted(1))));
        _driver.Session.Bring(EnvelopeJson.Write(new Envelope("another", Posted(2))));
        Assert.Equal([Posted(1), Posted(2)], heard);
        Assert.Contains(_story.Lines, line => line.Contains("met a bug", StringComparison.Ordinal));
    }

    private static EventAnnounced Posted(long sequence) => new(new RoomEvent(
        Lobby, new Position(new Epoch(7), sequence), Ann, DateTimeOffset.UnixEpoch, null, new MessagePosted($"text {sequence}")));

    private long[] Published() => [.. _driver.Published.Select(e => e.Announcement).OfType<EventAnnounced>().Select(a => a.Event.Sequence)];

    private async Task<ConcurrentQueue<Announcement>> StartAsync(params RoomId[] rooms)
    {
        Make();
        var heard = new ConcurrentQueue<Announcement>();
        _broker.Listen(heard.Enqueue);
        foreach (var room in rooms)
            _broker.Subscribe(room);
        Run();
        await IsAsync(BrokerState.Up);
        return heard;
    }

    private void Make()
    {
        _broker = new NetworkBroker(_driver, Quick, TimeProvider.System, _story);
        _broker.Subscribed += _subscribed.Enqueue;
    }

    private void Run() => _running = _broker.RunAsync(_stopping.Token);

    private Task IsAsync(BrokerState state) => Eventually.UntilAsync($"the broker is {state}", () => _broker.Status.State == state);

    /// <summary>What an operator would read.</summary>
    private sealed class Story : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel > LogLevel.Information || formatter(state, exception).Contains("is back", StringComparison.Ordinal))
                Lines.Enqueue(formatter(state, exception));
        }
    }
}
