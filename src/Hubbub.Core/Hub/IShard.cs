namespace Hubbub.Core.Hub;

/// <summary>
/// A thread that serves many connections, each on that thread alone: it reads, acts and writes for them without locks or tasks of their own. Rings come from any thread and never wait;
/// the shard answers by serving on its own thread, <see cref="Feed.Fill"/> for a feed and <see cref="Audience.Serve"/> for an audience.
/// </summary>
public interface IShard
{
    /// <summary>The feed has something to write by itself: answers, or a room in which it is not where the others are. At most once until the next <see cref="Feed.Fill"/>.</summary>
    void Ring(Feed feed);

    /// <summary>A room has something to read for all its listeners of this shard. At most once until the next <see cref="Audience.Serve"/>.</summary>
    void Ring(Audience audience);
}

/// <summary>A connection as its shard's thread writes to it. Never waits; what the kernel does not take now stays a cursor's position.</summary>
public interface IShardConnection
{
    IShard Shard { get; }

    /// <summary>False while the kernel has not taken all of an earlier write, and when the connection is over.</summary>
    bool CanTake { get; }

    /// <summary>Writes whole frames. Only while <see cref="CanTake"/>.</summary>
    /// <returns>How many bytes the kernel took.</returns>
    int Write(ReadOnlySpan<byte> frames);

    /// <summary>The last write ended within this frame: its rest, from <paramref name="offset"/>, goes out before anything else.</summary>
    void Hold(Frame cut, int offset);
}
