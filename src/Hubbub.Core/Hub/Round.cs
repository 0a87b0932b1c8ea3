namespace Hubbub.Core.Hub;

/// <summary>
/// Members of an audience who stand at the same place and are written to together: first all of them are looked at, then the kernel gets their writes, then it is noted what it took. One after the other the kernel's work for
/// each would push the next member out of the processor's caches. A shard owns one, with the batch that it writes. Not thread-safe.
/// </summary>
public sealed class Round
{
    /// <summary>Writes that are handed to the kernel together: as many as stay in the caches between being looked at and being noted.</summary>
    public const int MaxWrites = 64;

    private readonly Subscription[] _members = new Subscription[MaxWrites];
    private readonly ShardConnection[] _connections = new ShardConnection[MaxWrites];
    private readonly int[] _taken = new int[MaxWrites];

    /// <summary>What they get.</summary>
    public Batch Batch { get; } = new();

    public int Count { get; private set; }

    internal Subscription this[int i] => _members[i];

    internal void Add(Subscription member, ShardConnection connection)
    {
        _members[Count] = member;
        _connections[Count++] = connection;
    }

    /// <summary>Writes the batch to all of them.</summary>
    /// <returns>How many bytes the kernel took of each, −1 where the peer is lost.</returns>
    internal ReadOnlySpan<int> Send(IShard shard)
    {
        var taken = _taken.AsSpan(0, Count);
        shard.Send(_connections.AsSpan(0, Count), Batch.Bytes, taken);
        return taken;
    }

    /// <summary>Lets go of them, so that nobody is kept in memory by having been written to last.</summary>
    internal void Clear()
    {
        _members.AsSpan(0, Count).Clear();
        _connections.AsSpan(0, Count).Clear();
        Count = 0;
    }
}
