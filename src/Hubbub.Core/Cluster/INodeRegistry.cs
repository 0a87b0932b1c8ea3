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
    /// <returns>Whether somebody has asked the node to drain since it became known.</returns>
    ValueTask<bool> RenewAsync(NodeStatus node, CancellationToken ct);

    /// <summary>The nodes whose lease has not run out, ordered by id (ordinal).</summary>
    ValueTask<IReadOnlyList<NodeStatus>> LiveAsync(CancellationToken ct);

    /// <summary>Asks a node to drain; it hears of it when it renews next. False if there is no such node alive.</summary>
    ValueTask<bool> AskToDrainAsync(string id, CancellationToken ct);

    /// <summary>Forgets a node that has stopped in good order. Nothing happens if it is not known.</summary>
    ValueTask RemoveAsync(string id, CancellationToken ct);
}
