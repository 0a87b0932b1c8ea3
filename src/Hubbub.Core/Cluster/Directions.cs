using Hubbub.Protocol;

namespace Hubbub.Core.Cluster;

/// <summary>Which node a client is best sent to, where nodes are reachable by themselves. Pure.</summary>
public static class Directions
{
    /// <summary>A node this full is a room's home no more: its other listeners need the rest.</summary>
    private const double Crowded = 0.9;

    /// <summary>The node with the most free places in proportion; null if none can be sent to.</summary>
    public static NodeStatus? LeastLoaded(IEnumerable<NodeStatus> live) => live.Where(CanBeSentTo).MinBy(n => n.Load);

    /// <summary>
    /// The room's home, so that its listeners meet on one node: the first of the nodes in the order of <see cref="Rendezvous"/> that is not crowded; the least loaded if all are. Null if none can be
    /// sent to.
    /// </summary>
    public static NodeStatus? HomeOf(RoomId room, IReadOnlyList<NodeStatus> live)
    {
        ArgumentNullException.ThrowIfNull(live);
        var hash = Rendezvous.HashOf(room.Value);

        // By address, not by id: a node that was started anew is the same home.
        return live.Where(n => CanBeSentTo(n) && n.Load < Crowded).MaxBy(n => Rendezvous.Weight(Rendezvous.HashOf(n.Address.AbsoluteUri), hash)) ?? LeastLoaded(live);
    }

    private static bool CanBeSentTo(NodeStatus node) => node.IsReachable && node.HasRoom;
}
