using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Server.Files;
using Hubbub.Server.Operations;

namespace Hubbub.Server;

/// <summary>
/// What an operator may set, in configuration section <c>Hubbub</c> (file, environment as <c>Hubbub__Name</c>) or on the command line. Every limit has a default
/// and a behaviour when it is reached, named here.
/// </summary>
public sealed class HubbubOptions
{
    public const string Section = "Hubbub";

    /// <summary>The folder of the database and the signing key; made if absent.</summary>
    public string Data { get; set; } = "data";

    /// <summary>
    /// <c>sqlite</c> (durable, one node), <c>memory</c> (gone with the process; for tests and benchmarks), or the address of a PostgreSQL database that nodes share,
    /// <c>postgres://user:password@host:port/database</c>.
    /// </summary>
    public string Store { get; set; } = "sqlite";

    /// <summary>A file with the signing key, as <c>signing.key</c> of a data folder is one; null: the data folder's, or the shared database's, made at the first start.</summary>
    public string? SigningKeyFile { get; set; }

    /// <summary>
    /// What carries announcements between nodes: <c>memory</c> (one process), <c>redis://…</c>, <c>amqp://…</c>, <c>postgres://…</c>, or <c>auto</c>: the store's own database where nodes
    /// share it, <c>memory</c> otherwise. It may hold a password.
    /// </summary>
    public string Broker { get; set; } = OpenBroker.Auto;

    /// <summary>What carries WebSockets (docs/decisions/0007-two-carriers.md).</summary>
    public Carrier Carrier { get; set; } = Carrier.Auto;

    /// <summary>How loops hand the writes of a round to the kernel (docs/decisions/0011-io-uring.md).</summary>
    public SendIo Io { get; set; } = SendIo.Auto;

    /// <summary>Whether WebSocket clients that offer permessage-deflate get it (docs/decisions/0008-compressed-once.md).</summary>
    public bool Deflate { get; set; }

    /// <summary>Whether the first to use a room creates it; otherwise <c>not_found</c>.</summary>
    public bool CreateRooms { get; set; } = true;

    /// <summary>Live connections (sockets, streams, long polls); more are answered 503 <c>overloaded</c>.</summary>
    public int MaxConnections { get; set; } = 18_000;

    /// <summary>Live connections of one address, this machine's own excepted; more are answered 503 <c>overloaded</c>. 0: as many as it likes.</summary>
    public int MaxConnectionsPerAddress { get; set; } = 1_000;

    /// <summary>Live connections of one user on this node; more are answered 503 <c>overloaded</c>. 0: as many as they like.</summary>
    public int MaxConnectionsPerUser { get; set; } = 100;

    /// <summary>New live connections a second, in bursts of a second's worth; more are answered 503 <c>overloaded</c>. 0: as many as come.</summary>
    public int MaxNewConnectionsPerSecond { get; set; } = 10_000;

    /// <summary>Bytes of memory above which nobody is let in (503 <c>overloaded</c>); 0: nine tenths of what the process may have.</summary>
    public long MaxMemory { get; set; }

    /// <summary>What this node does of the whole.</summary>
    public NodeRole Role { get; set; } = NodeRole.All;

    /// <summary>Where clients reach this very node, if they can: <c>/api/connect</c> and <c>reconnect</c> frames then send them there. Null: only a balancer knows the way.</summary>
    public string? NodeUrl { get; set; }

    /// <summary>Over how long a draining node spreads its <c>reconnect</c> frames at most; less for few clients.</summary>
    public TimeSpan DrainWindow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a client that was asked to reconnect may take; then its connection is closed (4000).</summary>
    public TimeSpan DrainDeadline { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether a node with clearly more than its share of the cluster's connections sends the surplus to the others.</summary>
    public bool Rebalance { get; set; } = true;

    /// <summary>What an operator's requests to <c>/api/nodes</c> carry as bearer token; null: nobody's are taken. At least 16 characters.</summary>
    public string? OperatorToken { get; set; }

    /// <summary>Rooms on one connection; more are refused with <c>too_many_rooms</c>.</summary>
    public int MaxRoomsPerConnection { get; set; } = 128;

    /// <summary>The largest client message on a WebSocket, in bytes over all fragments; a larger one closes the socket with 1009.</summary>
    public int MaxFrameBytes { get; set; } = 64 * 1024;

    /// <summary>Fragments of one client message; more close the socket with 1008.</summary>
    public int MaxFragments { get; set; } = 128;

    /// <summary>The largest message text, in bytes of UTF-8; a larger one is refused with <c>too_large</c>.</summary>
    public int MaxMessageBytes { get; set; } = Texts.MaxMessageBytes;

    /// <summary>The largest file that somebody uploads, in bytes, at most 1 GiB; a larger one is refused with <c>too_large</c>. 0: nobody uploads anything.</summary>
    public long MaxFileSize { get; set; } = 25L << 20;

    /// <summary>How many bytes of one person's files may wait for a message; more are refused with <c>too_many_files</c>.</summary>
    public long MaxWaitingFileBytes { get; set; } = 100L << 20;

    /// <summary>How many files of one person may wait for a message, those that are coming and thumbnails included; more are refused with <c>too_many_files</c>.</summary>
    public int MaxWaitingFiles { get; set; } = 100;

    /// <summary>How long an uploaded file waits for a message; then it is deleted.</summary>
    public TimeSpan WaitingFileLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How often what is deleted is taken off the disk; from 100 ms to an hour.</summary>
    public TimeSpan FileSweepPause { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Events that may wait for their commit; more are refused with <c>overloaded</c>.</summary>
    public int AppendQueue { get; set; } = 10_000;

    /// <summary>How far behind a returning reader may be, in events; beyond it is told <c>gap</c> with <c>too_far_behind</c>.</summary>
    public long MaxReplay { get; set; } = 100_000;

    /// <summary>Frames kept in memory per room with listeners; slower readers read from the store.</summary>
    public int LaneFrames { get; set; } = 512;

    /// <summary>How long the events of a relaxed room are gathered before all of its listeners are told; from a millisecond to 5 s.</summary>
    public TimeSpan RelaxedWindow { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Events a second that one connection is told of a relaxed room, from 1 to 10 000; older ones beyond are skipped, and counted.</summary>
    public int RelaxedRate { get; set; } = 20;

    /// <summary>How far behind a returning reader of a relaxed room may be, in events, to be told them all; from further behind it skips to the newest.</summary>
    public int RelaxedReplay { get; set; } = 100;

    /// <summary>How long a user whose last connection to a room has ended still counts as present; from 0 to 5 minutes.</summary>
    public TimeSpan PresenceGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>After this much silence the server pings a WebSocket, and writes a comment or line into a stream.</summary>
    public TimeSpan PingAfter { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>After this much silence a WebSocket peer is taken for dead.</summary>
    public TimeSpan DeadAfter { get; set; } = TimeSpan.FromSeconds(40);

    /// <summary>How long one write may wait for a peer that takes nothing; then the connection ends (4001).</summary>
    public TimeSpan SlowAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a socket without credentials may wait with its <c>auth</c> where guests are not allowed.</summary>
    public TimeSpan AuthWithin { get; set; } = TimeSpan.FromSeconds(5);

    internal HubOptions ForHub() => new()
    {
        MaxReplay = MaxReplay,
        LaneFrames = LaneFrames,
        MaxRoomsPerConnection = MaxRoomsPerConnection,
        RelaxedWindow = TimeSpan.FromSeconds(Math.Clamp(RelaxedWindow.TotalSeconds, 0.001, 5)),
        RelaxedRate = Math.Clamp(RelaxedRate, 1, 10_000),
        RelaxedReplay = Math.Max(RelaxedReplay, 0),
        PresenceGrace = TimeSpan.FromSeconds(Math.Clamp(PresenceGrace.TotalSeconds, 0, 300)),
    };

    internal UploadOptions ForUploads() => new()
    {
        MaxSize = Math.Clamp(MaxFileSize, 0, 1L << 30),
        MaxWaitingBytes = MaxWaitingFileBytes,
        MaxWaiting = MaxWaitingFiles,
        Lifetime = WaitingFileLifetime,
        SweepPause = TimeSpan.FromSeconds(Math.Clamp(FileSweepPause.TotalSeconds, 0.1, 3600)),
    };

    internal AppenderOptions ForAppender() => new() { QueueLength = AppendQueue };

    internal RoomsOptions ForRooms() => new() { CreateOnFirstUse = CreateRooms, MaxMessageBytes = MaxMessageBytes };
}

/// <summary>What a node does of the whole. Nodes of different roles share store and broker.</summary>
public enum NodeRole
{
    /// <summary>Everything.</summary>
    All,

    /// <summary>Writes and queries; no live connections.</summary>
    Api,

    /// <summary>Live connections, and what is read over them; other requests are for the API's nodes.</summary>
    Gateway,
}

/// <summary>How loops write to many listeners. What is written is the same.</summary>
public enum SendIo
{
    /// <summary>Through io_uring where the kernel permits it, else one by one.</summary>
    Auto,

    /// <summary>One system call for each.</summary>
    Send,

    /// <summary>Through io_uring, or not at all: the node does not start where it is not permitted.</summary>
    Uring,
}

/// <summary>What carries WebSockets. The frames are the same.</summary>
public enum Carrier
{
    /// <summary>Loops on Linux, streams elsewhere.</summary>
    Auto,

    /// <summary>Epoll loops for plain-text connections, one a core; whatever comes over TLS, or on a connection that Kestrel holds already, is on a stream even so.</summary>
    Loop,

    /// <summary>Kestrel's streams for everybody.</summary>
    Stream,
}
