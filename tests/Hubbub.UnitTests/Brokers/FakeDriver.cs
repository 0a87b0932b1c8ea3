using System.Collections.Concurrent;
using Hubbub.Brokers;
using Hubbub.Brokers.Announcements;
using Hubbub.Protocol;

namespace Hubbub.UnitTests.Brokers;

/// <summary>A broker's other side in the test's hands: it answers, falls silent, breaks, and tells what it was told.</summary>
internal sealed class FakeDriver : IBrokerDriver
{
    public string Name => "fake://";

    /// <summary>What a connection attempt meets, if not success.</summary>
    public Func<CancellationToken, Task>? Refusal { get; set; }

    /// <summary>Whether pings come back.</summary>
    public volatile bool IsSilent;

    /// <summary>Holds every publishing up until it completes.</summary>
    public volatile Task Gate = Task.CompletedTask;

    public int Attempts;

    /// <summary>Announcements that the gate holds up.</summary>
    public int Held;

    public ConcurrentQueue<FakeSession> Sessions { get; } = new();

    public FakeSession Session => Sessions.Last();

    /// <summary>All that was published, over all connections, without pings.</summary>
    public ConcurrentQueue<Envelope> Published { get; } = new();

    public bool HearsEverything { get; init; }

    public async Task<IBrokerSession> ConnectAsync(string node, PayloadReceiver receive, CancellationToken ct)
    {
        Interlocked.Increment(ref Attempts);
        if (Refusal is { } refusal)
            await refusal(ct);
        var session = new FakeSession(this, receive);
        Sessions.Enqueue(session);
        return session;
    }

    public string Explain(Exception e) => e.Message;
}

internal sealed class FakeSession(FakeDriver driver, PayloadReceiver receive) : IBrokerSession
{
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<RoomId, byte> _rooms = new();

    public bool HearsEverything => driver.HearsEverything;

    public Task Closed => _closed.Task;

    public bool IsDisposed { get; private set; }

    public IReadOnlyCollection<RoomId> Rooms => [.. _rooms.Keys];

    public void Break(string why) => _closed.TrySetException(new IOException(why));

    public void Bring(ReadOnlySpan<byte> payload) => receive(payload);

    public async Task PublishAsync(IReadOnlyList<Envelope> envelopes, CancellationToken ct)
    {
        // Held up as a dead line holds up: whether or not anybody still waits.
        var announcements = envelopes.Count(e => e.Announcement is not null);
        Interlocked.Add(ref driver.Held, announcements);
        await driver.Gate;
        Interlocked.Add(ref driver.Held, -announcements);
        foreach (var envelope in envelopes)
        {
            if (envelope.Announcement is not null)
                driver.Published.Enqueue(envelope);
            else if (!driver.IsSilent)
                receive(EnvelopeJson.Write(envelope));
        }
    }

    public Task SubscribeAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct)
    {
        foreach (var room in rooms)
            _rooms[room] = 0;
        return Task.CompletedTask;
    }

    public Task UnsubscribeAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct)
    {
        foreach (var room in rooms)
            _rooms.TryRemove(room, out _);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}
