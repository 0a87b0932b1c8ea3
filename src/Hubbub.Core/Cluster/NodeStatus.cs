namespace Hubbub.Core.Cluster;

/// <summary>What one node says of itself.</summary>
/// <param name="Id">Drawn anew at each start: 1–64 visible ASCII characters.</param>
/// <param name="Address">Where it can be reached.</param>
/// <param name="IsReachable">Whether clients may be sent to <paramref name="Address"/>; if not, only a balancer knows the way.</param>
/// <param name="State">Whether it takes more.</param>
/// <param name="Connections">Live connections now.</param>
/// <param name="Capacity">How many it takes at most; 0 if it takes none, since its role is another.</param>
/// <param name="Rooms">Rooms with listeners now.</param>
/// <param name="Posted">Events that it has stored since its start.</param>
public sealed record NodeStatus(string Id, Uri Address, bool IsReachable, NodeState State, int Connections, int Capacity, int Rooms, long Posted)
{
    /// <summary>Whether it may be sent another client.</summary>
    public bool HasRoom => State == NodeState.Up && Connections < Capacity;

    /// <summary>How full it is, from 0 to 1.</summary>
    public double Load => Capacity == 0 ? 1 : (double)Connections / Capacity;
}

public enum NodeState : byte
{
    /// <summary>Takes connections.</summary>
    Up = 0,

    /// <summary>Takes no more, and sends away those that it has.</summary>
    Draining = 1,
}
