namespace Hubbub.Brokers;

/// <summary>The limits of a node's connection to a broker that is another process.</summary>
public sealed record BrokerOptions
{
    /// <summary>How often the node announces a ping to itself, and how long one may take; two in a row that do not come back end the connection.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long connecting may take, with the password checked and our own topic subscribed.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the broker may take to subscribe a chunk of at most <see cref="SubscribeChunk"/> rooms.</summary>
    public TimeSpan SubscribeTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Rooms that are subscribed in one go after a reconnect.</summary>
    public int SubscribeChunk { get; init; } = 500;

    /// <summary>Announcements that wait to be sent; one more drops the oldest, and the other nodes find its event in the log.</summary>
    public int QueueLength { get; init; } = 4096;

    /// <summary>Announcements sent in one go.</summary>
    public int MaxBatch { get; init; } = 256;

    /// <summary>The first pause before connecting again. Each failure doubles it; a random half is taken off, so that nodes do not come back in step.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause before connecting again.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a node that stops goes on sending what still waits.</summary>
    public TimeSpan FlushTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
