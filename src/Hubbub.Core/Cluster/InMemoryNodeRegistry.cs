namespace Hubbub.Core.Cluster;

/// <summary>The reference registry, in the memory of one process. Thread-safe; every call completes synchronously.</summary>
/// <param name="lease">How long a node counts as alive after it said so last.</param>
/// <param name="time">The clock that leases run by.</param>
public sealed class InMemoryNodeRegistry(TimeSpan lease, TimeProvider time) : INodeRegistry
{
    private readonly Lock _lock = new();

    /// <summary>By id, in order; one whose lease has run out is dropped at the next renewal.</summary>
    private readonly SortedDictionary<string, Row> _nodes = new(StringComparer.Ordinal);

    public ValueTask<bool> RenewAsync(NodeStatus node, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(node);
        var now = time.GetUtcNow();
        lock (_lock)
        {
            foreach (var gone in _nodes.Where(n => n.Value.LeaseUntil <= now).Select(n => n.Key).ToList())
                _nodes.Remove(gone);
            var drainAsked = _nodes.TryGetValue(node.Id, out var before) && before.DrainAsked;
            _nodes[node.Id] = new Row(node, now + lease, drainAsked);
            return ValueTask.FromResult(drainAsked);
        }
    }

    public ValueTask<IReadOnlyList<NodeStatus>> LiveAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<NodeStatus>>([.. _nodes.Values.Where(n => n.LeaseUntil > now).Select(n => n.Status)]);
    }

    public ValueTask<bool> AskToDrainAsync(string id, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (!_nodes.TryGetValue(id, out var node) || node.LeaseUntil <= now)
                return ValueTask.FromResult(false);
            _nodes[id] = node with { DrainAsked = true };
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask RemoveAsync(string id, CancellationToken ct)
    {
        lock (_lock)
            _nodes.Remove(id);
        return ValueTask.CompletedTask;
    }

    private readonly record struct Row(NodeStatus Status, DateTimeOffset LeaseUntil, bool DrainAsked);
}
