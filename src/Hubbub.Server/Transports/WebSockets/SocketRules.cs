using System.Net.Sockets;
using Hubbub.Core.Hub;
using Hubbub.Protocol.WebSockets;

namespace Hubbub.Server.Transports.WebSockets;

/// <summary>What holds for a WebSocket on either carrier.</summary>
internal static class SocketRules
{
    /// <summary>With more bytes of answers waiting, no further request is read: a client that asks and does not listen waits for itself.</summary>
    public const int MaxAnswerBytes = 64 * 1024;

    /// <summary>Pings and pongs taken between two ticks, a second apart; a proper client sends one in some seconds.</summary>
    public const int MaxControlFrames = 100;

    /// <summary>How long a peer has to answer a close frame.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The same for everybody.</summary>
    public static readonly Frame Ping = Frame.Control(Opcode.Ping, []);

    public static bool IsDisconnect(Exception e) => e is IOException or OperationCanceledException or ObjectDisposedException or SocketException;
}
