namespace Hubbub.Server.Transports.WebSockets;

/// <summary>A WebSocket as the acts of its client see it, whichever carrier it is on.</summary>
internal interface IWebSocket : IConnection
{
    /// <summary>Cancelled when the connection is over, where somebody would wait for that.</summary>
    CancellationToken Ended { get; }
}
