namespace Hubbub.Core.Hub;

/// <summary>
/// Whose turn it is among the audiences of a shard that have something to read: in a turn every small one is served whole, and then one large one by a slice, which goes behind the others with its rest. So a
/// small room waits for one slice at most, however large its neighbours are. On the shard's thread.
/// </summary>
public sealed class Rota
{
    /// <summary>Writes of one slice, and the members of a small audience: 256 at some 8 µs are 2 ms.</summary>
    public const int SliceWrites = 256;

    private readonly Queue<Audience> _small = new();
    private readonly Queue<Audience> _large = new();
    private readonly Round _round = new();

    public bool IsEmpty => _small.Count + _large.Count == 0;

    /// <summary>An audience has rung.</summary>
    public void Add(Audience audience) => (audience.Members <= SliceWrites ? _small : _large).Enqueue(audience);

    /// <summary>Serves one turn; what is left is there for the next.</summary>
    public void Turn()
    {
        for (var left = _small.Count; left > 0; left--)
            Serve(_small);
        if (_large.Count > 0)
            Serve(_large);
    }

    private void Serve(Queue<Audience> queue)
    {
        var audience = queue.Dequeue();
        var writes = SliceWrites;
        if (!audience.Serve(_round, ref writes))
            queue.Enqueue(audience);
    }
}
