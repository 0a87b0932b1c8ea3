using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;

namespace Peers.Naive;

/// <summary>The rooms and who is in them.</summary>
internal sealed class Chat
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<Listener, bool>> _rooms = new();

    public async Task ServeAsync(WebSocket socket, CancellationToken cancel)
    {
        var listener = new Listener(socket);
        string? joined = null;
        var buffer = new byte[1024];
        try
        {
            while (await ReceiveAsync(socket, buffer, cancel) is { } length)
            {
                var said = JsonSerializer.Deserialize(buffer.AsSpan(0, length), Words.Default.Said)!;
                if (said.Join is { } room)
                {
                    joined = room;
                    _rooms.GetOrAdd(room, _ => new()).TryAdd(listener, true);
                    listener.Send(JsonSerializer.SerializeToUtf8Bytes(new Joined(room), Words.Default.Joined));
                }
                else
                {
                    Broadcast(new Event(said.Room!, said.Text!));
                }
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException)
        {
            // The peer is gone without a word.
        }
        finally
        {
            if (joined is not null)
                _rooms[joined].TryRemove(listener, out _);
        }
    }

    private void Broadcast(Event posted)
    {
        if (!_rooms.TryGetValue(posted.Room, out var room))
            return;
        var bytes = JsonSerializer.SerializeToUtf8Bytes(posted, Words.Default.Event);
        foreach (var (listener, _) in room)
            listener.Send(bytes);
    }

    private static async Task<int?> ReceiveAsync(WebSocket socket, byte[] buffer, CancellationToken cancel)
    {
        var length = 0;
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(length), cancel);
            if (received.MessageType == WebSocketMessageType.Close)
                return null;
            length += received.Count;
            if (received.EndOfMessage)
                return length;
        }
    }
}
