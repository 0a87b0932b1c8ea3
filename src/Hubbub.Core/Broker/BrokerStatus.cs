namespace Hubbub.Core.Broker;

/// <summary>What an operator wants to know of a node's connection to its broker.</summary>
/// <param name="State">Whether announcements travel now.</param>
/// <param name="Trouble">Why not, as one sentence without secrets; null while <see cref="BrokerState.Up"/>.</param>
/// <param name="Sent">Announcements handed to the broker.</param>
/// <param name="Dropped">Announcements that were not: the queue was full, or the connection broke under them. The others find the events in the log.</param>
/// <param name="Received">Announcements of other nodes about subscribed rooms.</param>
/// <param name="Reconnects">How often it came back after it was up.</param>
public readonly record struct BrokerStatus(BrokerState State, string? Trouble, long Sent, long Dropped, long Received, long Reconnects);

/// <summary>Whether announcements travel. The order is from good to bad.</summary>
public enum BrokerState : byte
{
    /// <summary>The broker gave a ping of ours back, and has not been silent since.</summary>
    Up = 0,

    /// <summary>Two pings in a row were not given back; the node connects anew.</summary>
    Suspect = 1,

    /// <summary>Not connected: rooms live on the sweep until it is back.</summary>
    Down = 2,
}
