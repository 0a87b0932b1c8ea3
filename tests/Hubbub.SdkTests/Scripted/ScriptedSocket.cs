using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Hubbub.SdkTests.Scripted;

/// <summary>The server's end of a WebSocket.</summary>
internal sealed class ScriptedSocket(ScriptedServer server, WebSocket socket, string token) : ScriptedFrames(server, token)
{
    private readonly Channel<JsonElement> _frames = Channel.CreateUnbounded<JsonElement>();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _writing = new(1, 1);

    public override Task Ended => _ended.Task;

    /// <summary>The next frame of this type; others before it are passed over.</summary>
    public Task<JsonElement> ExpectAsync(string type) => Eventually.WithinAsync($"the client says '{type}'", FindAsync(type), ScriptedServer.Patience);

    public override async Task SendAsync(string type, object payload, long? answers = null)
    {
        await _writing.WaitAsync();
        try
        {
            await socket.SendAsync(
                Encoding.UTF8.GetBytes(JsonSerializer.Serialize<object>(answers is null ? new { type, payload } : new { type, id = answers, payload })),
                WebSocketMessageType.Text, true, CancellationToken.None);
        }
        finally
        {
            _writing.Release();
        }
    }

    public override Task WelcomeAsync() => SendAsync("welcome", new { user = ScriptedServer.Ann, pingSeconds = 15 });

    public override async Task<IReadOnlyList<Asked>> AskedAsync(params string[] rooms)
    {
        var asked = new List<Asked>();
        while (asked.Count < rooms.Length)
        {
            var join = await ExpectAsync("join");
            var payload = join.GetProperty("payload");
            asked.Add(new Asked(
                payload.GetProperty("roomId").GetString()!, payload.TryGetProperty("after", out var after) ? after.GetString() : null,
                payload.TryGetProperty("last", out var last) ? last.GetInt64() : null, join.GetProperty("id").GetInt64()));
        }

        Assert.Equal(rooms.Order(), asked.Select(a => a.Room).Order());
        return asked;
    }

    public override async Task AnswerAsync(IReadOnlyList<Asked> asked, Func<Asked, Verdict> answer)
    {
        foreach (var one in asked)
        {
            await (answer(one) switch
            {
                Verdict.Begin begin => SendAsync("joined", Joined(one.Room, begin), one.Frame),
                Verdict.Refuse no => SendAsync("error", new { code = no.Code, message = "No.", retryable = no.Retryable }, one.Frame),
                _ => throw new ArgumentException("Neither yes nor no.", nameof(answer)),
            });
        }
    }

    public override async Task CloseAsync(int code, int? retryAfter = null)
    {
        await SendAsync("closing", Closing(code, retryAfter));
        try
        {
            await CloseWithoutWordsAsync(code);
        }
        catch (WebSocketException) when (socket.State is WebSocketState.Closed or WebSocketState.Aborted)
        {
            // The words were enough: the client was quicker.
        }
    }

    /// <summary>Only the close frame of the WebSocket.</summary>
    public Task CloseWithoutWordsAsync(int code) => socket.CloseOutputAsync((WebSocketCloseStatus)code, "because", CancellationToken.None);

    /// <summary>Only the words: something on the way has eaten the close frame.</summary>
    public async Task CloseWithoutFrameAsync(int code)
    {
        await SendAsync("closing", Closing(code, null));
        await Eventually.WithinAsync("the client takes the word for it", Ended, ScriptedServer.Patience);
    }

    public override Task CutAsync()
    {
        socket.Abort();
        return Task.CompletedTask;
    }

    public override Task<ScriptedConnection> AgainAsync() => Task.FromResult<ScriptedConnection>(this);

    internal async Task ReceiveAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var filled = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await socket.ReceiveAsync(buffer.AsMemory(filled), CancellationToken.None);
                    filled += part.Count;
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close)
                    break;
                using var document = JsonDocument.Parse(buffer.AsMemory(0, filled));
                _frames.Writer.TryWrite(document.RootElement.Clone());
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut, by either side.
        }

        _frames.Writer.TryComplete();
        _ended.TrySetResult();
    }

    private async Task<JsonElement> FindAsync(string type)
    {
        while (true)
        {
            JsonElement frame;
            try
            {
                frame = await _frames.Reader.ReadAsync();
            }
            catch (ChannelClosedException e)
            {
                throw new IOException($"The client has gone, without '{type}'.", e);
            }

            if (frame.GetProperty("type").GetString() == type)
                return frame;
        }
    }
}
