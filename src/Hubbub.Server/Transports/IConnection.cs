using Hubbub.Protocol;

namespace Hubbub.Server.Transports;

/// <summary>A live connection as the node sees it: looked after every second, and told when the node stops.</summary>
internal interface IConnection
{
    /// <summary>Looks at the connection's clocks: pings, dead peers, slow readers, expiring tokens. Never waits.</summary>
    void Tick();

    /// <summary>Ends the connection in an orderly way: says why, closes, and is gone within a few seconds. May be called more than once.</summary>
    void Close(CloseCode code, string reason, TimeSpan? retryAfter = null);
}
