namespace Hubbub.Core.Hub;

/// <summary>The limits of this node's table of who listens to what.</summary>
public sealed record HubOptions
{
    /// <summary>Frames kept per room that has listeners. What falls off is read from the store.</summary>
    public int LaneFrames { get; init; } = 512;

    /// <summary>Bytes of frames kept per room that has listeners.</summary>
    public int LaneBytes { get; init; } = 1024 * 1024;

    /// <summary>How many events a returning reader may be behind before it is told <c>too_far_behind</c>.</summary>
    public long MaxReplay { get; init; } = 100_000;

    /// <summary>How many rooms one connection may read.</summary>
    public int MaxRoomsPerConnection { get; init; } = 128;

    /// <summary>How long a gap waits for its announcement before the store is asked.</summary>
    public TimeSpan GapPatience { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How often the heads of all rooms with listeners are compared with the store; bounds the delay when the broker is silently dead.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a room without listeners keeps its lane.</summary>
    public TimeSpan IdleRoomLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>In a relaxed room: how long events are gathered before they are told all at once. The first after a quiet window is told at once.</summary>
    public TimeSpan RelaxedWindow { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>In a relaxed room: events a second that a connection is told of, in bursts of at most a second's worth; older ones beyond are skipped, and counted. At least 1.</summary>
    public int RelaxedRate { get; init; } = 20;

    /// <summary>In a relaxed room: how many events a reader who comes with a position may be behind to be told all of them; beyond, it skips to the newest.</summary>
    public int RelaxedReplay { get; init; } = 100;

    /// <summary>How long a user who has gone counts as present: a reconnect, a change of node and the pause between two long polls are no news.</summary>
    public TimeSpan PresenceGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Events that came before their turn and are kept per room until the gap closes; more are dropped and read from the store.</summary>
    public int MaxEarlyEvents { get; init; } = 256;
}
