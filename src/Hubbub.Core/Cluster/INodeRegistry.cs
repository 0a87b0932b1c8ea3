namespace Hubbub.Core.Cluster;

/// <summary>
/// The nodes of a cluster, each with a lease that it has to renew: who does not is no longer listed. Kept in the store that the nodes share, so that the cluster needs no other
/// service to know itself. Defined by <c>NodeRegistryContract</c>.
/// </summary>
/// <remarks>
/// Thread-safe. Leases run by one clock, the store's. The registry is for balancing, draining and scaling; nothing that must be right depends on it. Operating errors
/// are <see cref="Log.StoreException"/>.
/// </remarks>
public interface INodeRegistry
{
    /// <summary>
    /// Says how the node is, and that it lives: its lease ends one lease's length from now. The first time this makes it known; so it does for one whose lease had run out. To
    /// be called well before that, say every third of the lease, and whenever the state changes.
    /// </summary>
    ValueTask RenewAsync(NodeStatus node, CancellationToken ct);

    /// <summary>The nodes whose lease has not run out, ordered by id (ordinal).</summary>
    ValueTask<IReadOnlyList<NodeStatus>> LiveAsync(CancellationToken ct);

    /// <summary>Forgets a node that has stopped in good order. Nothing happens if it is not known.</summary>
    ValueTask RemoveAsync(string id, CancellationToken ct);
}

/// <summary>What one node says of itself.</summary>
/// <param name="Id">Drawn anew at each start: 1–64 visible ASCII characters.</param>
/// <param name="Address">Where the balancer reaches it.</param>
/// <param name="Connections">Live connections now.</param>
/// <param name="Capacity">How many it takes at most.</param>
/// <param name="State">Whether it takes more.</param>
public sealed record NodeStatus(string Id, Uri Address, int Connections, int Capacity, NodeState State);

public enum NodeState : byte
{
    /// <summary>Takes connections.</summary>
    Up = 0,

    /// <summary>Takes no more, and sends away those that it has.</summary>
    Draining = 1,
}
