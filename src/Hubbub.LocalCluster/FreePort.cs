using System.Net;
using System.Net.Sockets;

namespace Hubbub.LocalCluster;

/// <summary>Ports for the programs that tests start.</summary>
public static class FreePort
{
    /// <summary>A port that nobody listens on, below those that the kernel gives to outgoing connections: none of these takes it between two lives.</summary>
    public static int Find()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: try another.
            }
        }
    }
}
