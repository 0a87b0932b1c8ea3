namespace Hubbub.Core.Hub;

/// <summary>
/// A thread that serves many connections, each on that thread alone: it reads, acts and writes for them without locks or tasks of their own. Rings come from any thread and never wait;
/// the shard answers on its own thread, by <see cref="ShardConnection.WriteOwn"/> for a feed and <see cref="Audience.Serve"/> for an audience.
/// </summary>
public interface IShard
{
    /// <summary>Where its connections gather what is their own, one after the other.</summary>
    Outbox Outbox { get; }

    /// <summary>
    /// Hands the same bytes to many connections, without waiting. Here and not at the connection, since a kernel that takes the writes of a round together takes them cheaper than one by one.
    /// </summary>
    /// <param name="to">At most <see cref="Round.MaxWrites"/>, all of this shard.</param>
    /// <param name="bytes">Stay as they are until this returns.</param>
    /// <param name="taken">For each how many bytes the kernel took, or −1 if the peer is lost.</param>
    void Send(ReadOnlySpan<ShardConnection> to, ReadOnlySpan<byte> bytes, Span<int> taken);

    /// <summary>The feed has something to write by itself: answers, or a room in which it is not where the others are. At most once until it is filled.</summary>
    void Ring(Feed feed);

    /// <summary>A room has something to read for all its listeners of this shard. At most once until the audience's next round begins.</summary>
    void Ring(Audience audience);
}
