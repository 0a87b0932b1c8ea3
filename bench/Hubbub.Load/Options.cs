namespace Hubbub.Load;

/// <summary>Closed-loop posting: every client posts, waits for the acknowledgement and posts the next.</summary>
public sealed record PostOptions
{
    /// <summary>The server's <c>http</c> address; a loopback address only.</summary>
    public required Uri Target { get; init; }

    /// <summary>Further nodes of the same cluster; the clients spread over all.</summary>
    public IReadOnlyList<Uri> Others { get; init; } = [];

    /// <summary>
    /// Posts a second that all clients offer together, 1–1 000 000: each posts when its turn has come and its last was acknowledged, and latency counts from the moment a post was due. 0: each
    /// posts again as soon as it is acknowledged.
    /// </summary>
    public double RatePerSecond { get; init; }

    /// <summary>Clients with a guest identity and a connection each, 1–4 096.</summary>
    public int Clients { get; init; } = 64;

    /// <summary>The measured time after <see cref="WarmUp"/>, 1 s to 1 h.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Posted and checked, but not measured: 0 to 10 min.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Fresh rooms that the clients spread over, 1–1 024.</summary>
    public int Rooms { get; init; } = 8;

    /// <summary>Length of a message's text, 32 bytes to 16 KiB.</summary>
    public int MessageBytes { get; init; } = 128;

    /// <summary><c>http</c> or <c>ws</c>.</summary>
    public string Via { get; init; } = "http";

    /// <summary>The server's data folder, where the disk's own commit rate is measured; the temporary folder if null.</summary>
    public string? DataFolder { get; init; }

    /// <summary>How many commits a second the store makes by itself, where it is no disk of this process's; asked before and after the load. Null: the disk is measured.</summary>
    public Func<CancellationToken, Task<double>>? StoreCommitRate { get; init; }

    /// <summary>The server's process; if null, the one that listens at the target's port, where it can be seen.</summary>
    public int? ServerPid { get; init; }

    /// <summary>Standard output gets one JSON object and nothing else.</summary>
    public bool Json { get; init; }

    /// <summary>A file for the same object, beside whatever is printed.</summary>
    public string? JsonFile { get; init; }

    /// <summary>Decides the messages' texts.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>One room, many listeners, one poster.</summary>
public sealed record FanoutOptions
{
    /// <inheritdoc cref="PostOptions.Target"/>
    public required Uri Target { get; init; }

    /// <summary>Further nodes of the same cluster: the listeners spread over all, the poster is at the first.</summary>
    public IReadOnlyList<Uri> Others { get; init; } = [];

    /// <summary>
    /// WebSocket listeners of the one room, 1 or more; with the idle ones bounded by open files and local ports.
    /// </summary>
    public int Listeners { get; init; } = 1000;

    /// <summary>
    /// Joined connections of other rooms that stay open and hear nothing; opened first; 0 skips them and their memory figure.
    /// </summary>
    public int Idle { get; init; } = 10_000;

    /// <summary>Rooms that the idle connections spread over.</summary>
    public int IdleRooms { get; init; } = 1;

    /// <summary>
    /// <c>open</c>: posts at a fixed rate whatever happens, latency from the moment a post was due; <c>closed</c>: the next
    /// post when every listener has the last one.
    /// </summary>
    public string Mode { get; init; } = "open";

    /// <summary>Posts a second in the open mode, 0.1–10 000.</summary>
    public double RatePerSecond { get; init; } = 50;

    /// <inheritdoc cref="PostOptions.Duration"/>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <inheritdoc cref="PostOptions.WarmUp"/>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(2);

    /// <inheritdoc cref="PostOptions.MessageBytes"/>
    public int MessageBytes { get; init; } = 128;

    /// <summary>How the poster posts: <c>http</c> (16 connections in the open mode) or <c>ws</c> (one).</summary>
    public string Via { get; init; } = "http";

    /// <summary>Threads that the listeners spread over, 1–8. One handles some 200 000 deliveries a second.</summary>
    public int Loops { get; init; } = 1;

    /// <inheritdoc cref="PostOptions.ServerPid"/>
    public int? ServerPid { get; init; }

    /// <inheritdoc cref="PostOptions.Json"/>
    public bool Json { get; init; }

    /// <inheritdoc cref="PostOptions.JsonFile"/>
    public string? JsonFile { get; init; }

    /// <inheritdoc cref="PostOptions.Seed"/>
    public ulong Seed { get; init; } = 1;
}

/// <summary>Connections that join and then do nothing but answer pings: what one costs.</summary>
public sealed record IdleOptions
{
    /// <inheritdoc cref="PostOptions.Target"/>
    public required Uri Target { get; init; }

    public int Connections { get; init; } = 10_000;

    /// <summary>Rooms that they spread over.</summary>
    public int Rooms { get; init; } = 1;

    /// <summary>How long they are held: 20 s is longer than the server's 15 s of silence, so each is pinged once.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(20);

    /// <inheritdoc cref="PostOptions.ServerPid"/>
    public int? ServerPid { get; init; }

    /// <inheritdoc cref="PostOptions.Json"/>
    public bool Json { get; init; }

    /// <inheritdoc cref="PostOptions.JsonFile"/>
    public string? JsonFile { get; init; }
}
