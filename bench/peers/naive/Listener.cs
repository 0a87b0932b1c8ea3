using System.Net.WebSockets;

namespace Peers.Naive;

/// <summary>
/// A socket takes one send at a time. While one is on its way the next ones wait here, so that a slow peer delays nobody;
/// that they may be many is what is naive about it.
/// </summary>
internal sealed class Listener(WebSocket socket)
{
    private readonly Queue<byte[]> _waiting = [];
    private bool _sending;

    public void Send(byte[] text)
    {
        lock (_waiting)
        {
            if (_sending)
            {
                _waiting.Enqueue(text);
                return;
            }
            _sending = true;
        }
        _ = SendAllAsync(text);
    }

    private async Task SendAllAsync(byte[]? text)
    {
        try
        {
            while (text is not null)
            {
                await socket.SendAsync(text, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
                lock (_waiting)
                {
                    if (!_waiting.TryDequeue(out text))
                        _sending = false;
                }
            }
        }
        catch (Exception gone) when (gone is WebSocketException or ObjectDisposedException or OperationCanceledException or IOException)
        {
            // Its receive loop sees the same and takes it out of the room; what still waits is dropped with it.
        }
    }
}
