using Hubbub.Protocol;

namespace Hubbub.Client;

/// <summary>How a client reaches its server, and who it is.</summary>
public sealed record HubbubClientOptions
{
    /// <summary>The server's base address, http or https.</summary>
    public required Uri Url { get; init; }

    /// <summary>
    /// Gives a token whenever one is needed: at the beginning, when the last was refused (its argument) and before it expires. Null: the client becomes a guest, whose token it keeps as long as it lives.
    /// </summary>
    public Func<string?, CancellationToken, ValueTask<string>>? Token { get; init; }

    /// <summary>A guest's name, 1–64 characters.</summary>
    public string GuestName { get; init; } = "Guest";

    /// <summary>What may carry the conversation, best first: the first that works is used, and a better one is tried again now and then.</summary>
    public IReadOnlyList<TransportName> Transports { get; init; } = [TransportName.WebSocket, TransportName.EventStream, TransportName.LongPoll];

    /// <summary>After so much silence a WebSocket's server is pinged.</summary>
    public TimeSpan PingAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A server that does not answer a ping within this time is taken for dead; event streams are after this and <see cref="PingAfter"/>.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a request may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a long poll waits, in whole seconds up to 60.</summary>
    public TimeSpan PollWait { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Updates of a room that wait for their reader; of a slower one the rest is read from the log later.</summary>
    public int MaxUpdates { get; init; } = 1_024;

    /// <summary>Posts of a room that wait for their acknowledgement; one more fails with <c>outbox_full</c>.</summary>
    public int MaxPosts { get; init; } = 500;

    /// <summary>Decides the random part of waiting times.</summary>
    public int? Seed { get; init; }

    /// <summary>Hears what comes over the wire, before it is put in order; for tools that check the server. Null as a rule.</summary>
    public IWireObserver? Observer { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>What carries the conversation.</summary>
public enum TransportName
{
    WebSocket,
    EventStream,
    LongPoll,
}

/// <summary>Where the client stands.</summary>
public enum ConnectionState
{
    /// <summary>Not asked to connect yet.</summary>
    Idle,
    Connecting,
    Online,
    Reconnecting,

    /// <summary>By its owner, or since the server refuses it for good.</summary>
    Closed,
}

/// <summary>Hears the wire. Called from several threads; must return at once.</summary>
public interface IWireObserver
{
    /// <summary>The server has begun to tell a room, from behind this position, on a new session.</summary>
    void Joined(long session, RoomId room, Position from);

    /// <summary>An event came.</summary>
    void Received(long session, RoomEvent happened);

    /// <summary>The server has admitted that it cannot continue the story.</summary>
    void Gap(long session, RoomId room, Position from, Position to, string reason);

    /// <summary>A session is over, for whatever reason.</summary>
    void Ended(long session);
}
