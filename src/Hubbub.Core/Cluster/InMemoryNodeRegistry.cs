namespace Hubbub.Core.Cluster;

/// <summary>The reference registry, in the memory of one process. Thread-safe; every call completes synchronously.</summary>
/// <param name="lease">How long a node counts as alive after it said so last.</param>
/// <param name="time">The clock that leases run by.</param>
public sealed class InMemoryNodeRegistry(TimeSpan lease, TimeProvider time) : INodeRegistry
{
    private readonly Lock _lock = new();

    /// <summary>By id, in order; one whose lease has run out is dropped at the next renewal.</summary>
    private readonly SortedDictionary<string, (NodeStatus Status, DateTimeOffset LeaseUntil)> _nodes = new(StringComparer.Ordinal);

    public ValueTask RenewAsync(NodeStatus node, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(node);
        var now = time.GetUtcNow();
        lock (_lock)
        {
            foreach (var gone in _nodes.Where(n => n.Value.LeaseUntil <= now).Select(n => n.Key).ToList())
                _nodes.Remove(gone);
            _nodes[node.Id] = (node, now + lease);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<NodeStatus>> LiveAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<NodeStatus>>([.. _nodes.Values.Where(n => n.LeaseUntil > now).Select(n => n.Status)]);
    }

    public ValueTask RemoveAsync(string id, CancellationToken ct)
    {
        lock (_lock)
            _nodes.Remove(id);
        return ValueTask.CompletedTask;
    }
}
