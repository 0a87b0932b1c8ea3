using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Hubbub.UnitTests.Load;

/// <summary>A server's socket on a free loopback port that says exactly the bytes a test wants said.</summary>
internal sealed class Listener : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public Listener() => _listener.Start();

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public Task<Socket> AcceptAsync(CancellationToken cancel) => _listener.AcceptSocketAsync(cancel).AsTask();

    /// <summary>
    /// The next connection that asks for a WebSocket, answered with 101; connections that say nothing are passed over.
    /// </summary>
    public async Task<Socket> AcceptWebSocketAsync(CancellationToken cancel)
    {
        while (true)
        {
            var socket = await AcceptAsync(cancel);
            var head = await ReadUntilAsync(socket, "\r\n\r\n", cancel);
            if (head.Length == 0)
            {
                socket.Dispose();
                continue;
            }
            var key = head.Split("\r\n").Single(line => line.StartsWith("Sec-WebSocket-Key: ", StringComparison.Ordinal))[19..];
#pragma warning disable CA5350 // RFC 6455 prescribes SHA-1 here.
            var proof = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {proof}\r\n\r\n"), cancel);
            return socket;
        }
    }

    /// <summary>What came up to and with <paramref name="end"/>; empty if the peer closed first.</summary>
    public static async Task<string> ReadUntilAsync(Socket socket, string end, CancellationToken cancel)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            if (await socket.ReceiveAsync(one, cancel) == 0)
                return "";
            text.Append((char)one[0]);
        }
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();
}
