using Hubbub.Core.Hub;
using Hubbub.Protocol;

namespace Hubbub.Server.Transports;

/// <summary>What is looked after every second, and told when the node stops: a live connection, or all those of a loop.</summary>
internal interface ILookedAfter
{
    /// <summary>Looks at the clocks: pings, dead peers, slow readers, expiring tokens. Never waits.</summary>
    void Tick();

    /// <summary>Ends in an orderly way: says why, closes, and is gone within a few seconds. May be called more than once, from any thread.</summary>
    void Close(CloseCode code, string reason, TimeSpan? retryAfter = null);
}

/// <summary>A live connection as the node sees it.</summary>
internal interface IConnection : ILookedAfter
{
    /// <summary>Whether it has ended.</summary>
    bool IsOver { get; }

    /// <summary>Asks the client to go on elsewhere (docs/protocol.md § 5, <c>reconnect</c>). A waiting poll is answered instead. From any thread.</summary>
    void AskToMove(Frame reconnect);
}

/// <summary>Connections that have one owner, which looks after them all.</summary>
internal interface IConnectionGroup : ILookedAfter
{
    /// <summary>Those that are open now.</summary>
    Task<IReadOnlyList<IConnection>> AllAsync();
}
