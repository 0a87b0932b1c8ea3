using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Hubbub.TestKit.Clients;

/// <summary>
/// The simplest proper client: JSON frames in and out over a standard WebSocket. What arrives waits in an inbox until it is asked for, so looking for one frame
/// loses no other. Over TLS it trusts <see cref="TestCertificate"/>; it compresses where the run asks for it (<see cref="Variant.Deflate"/>). Asking is for one thread at a time.
/// </summary>
public sealed class PlainWebSocket : IAsyncDisposable
{
    private readonly ClientWebSocket _socket;
    private readonly Lock _lock = new();
    private readonly List<JsonElement> _inbox = [];
    private readonly CancellationTokenSource _over = new();
    private Task _receiving = Task.CompletedTask;
    private volatile bool _ended;

    private PlainWebSocket(ClientWebSocket socket) => _socket = socket;

    /// <summary>The close code the server gave; null while open, or if it ended without one.</summary>
    public int? CloseCode => (int?)_socket.CloseStatus;

    public string? SubProtocol => _socket.SubProtocol;

    /// <summary>True when nothing more can come.</summary>
    public bool HasEnded => _ended;

    /// <summary>Everything that came and was not taken yet.</summary>
    public IReadOnlyList<JsonElement> Inbox
    {
        get
        {
            lock (_lock)
                return [.. _inbox];
        }
    }

    /// <param name="server">The server's address, http or https.</param>
    /// <param name="token">For the Authorization header; null for none.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="configure">Headers and subprotocols.</param>
    public static async Task<PlainWebSocket> ConnectAsync(Uri server, string? token = null, string path = "/ws", Action<ClientWebSocketOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        socket.Options.CollectHttpResponseDetails = true;
        if (token is not null)
            socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        if (server.Scheme == Uri.UriSchemeHttps)
            socket.Options.RemoteCertificateValidationCallback = TestCertificate.IsShown;
        if (Variant.Deflate)
            socket.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
        configure?.Invoke(socket.Options);
        var address = new UriBuilder(new Uri(server, path)) { Scheme = server.Scheme == "https" ? "wss" : "ws" }.Uri;
        try
        {
            await Eventually.WithinAsync("the WebSocket connects", socket.ConnectAsync(address, CancellationToken.None));
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var client = new PlainWebSocket(socket);
        client._receiving = client.ReceiveAsync();
        return client;
    }

    public Task SendAsync(string type, object? payload = null, object? id = null) => SendTextAsync(
        JsonSerializer.Serialize(new Dictionary<string, object?> { ["type"] = type, ["id"] = id, ["payload"] = payload }));

    public Task SendTextAsync(string text) => Eventually.WithinAsync(
        "the server takes a frame", _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None));

    /// <summary>Takes the oldest frame out of the inbox, waiting for it; but presence, which comes by the clock, between all others.</summary>
    public Task<JsonElement> NextAsync(TimeSpan? deadline = null) => TakeAsync("a frame comes", frame => !frame.GetProperty("type").ValueEquals("presence"), deadline);

    /// <summary>Takes the oldest frame of this type out of the inbox, waiting for it; the others stay.</summary>
    public Task<JsonElement> ExpectAsync(string type, TimeSpan? deadline = null) =>
        TakeAsync($"a frame of type '{type}' comes", frame => frame.GetProperty("type").GetString() == type, deadline);

    /// <summary>Takes the answer to the frame with this id, whatever its type.</summary>
    public Task<JsonElement> AnswerAsync(string id, TimeSpan? deadline = null) => TakeAsync(
        $"an answer with id '{id}' comes",
        frame => frame.TryGetProperty("id", out var found) && found.ValueKind == JsonValueKind.String && found.GetString() == id,
        deadline);

    /// <summary>Takes the oldest event of a room's log out of the inbox.</summary>
    public Task<JsonElement> NextEventAsync(TimeSpan? deadline = null) => TakeAsync(
        "an event comes", frame => !frame.GetProperty("type").ValueEquals("ack") && frame.GetProperty("payload").TryGetProperty("sequence", out _), deadline);

    /// <summary>Joins a room and returns the <c>joined</c> frame.</summary>
    public async Task<JsonElement> JoinAsync(string room, string? after = null, int? last = null)
    {
        await SendAsync("join", new { roomId = room, after, last });
        return await ExpectAsync("joined");
    }

    /// <summary>Waits until the server has ended the connection, and returns its close code; null if it gave none.</summary>
    public async Task<int?> EndAsync(TimeSpan? deadline = null)
    {
        await Eventually.UntilAsync("the server ends the WebSocket", () => _ended, deadline);
        return CloseCode;
    }

    /// <summary>Closes in good order.</summary>
    public Task CloseAsync() => Eventually.WithinAsync(
        "the server answers the close", _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None));

    /// <summary>Cuts the connection without a word.</summary>
    public void Cut() => _socket.Abort();

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _receiving;
        _socket.Dispose();
        _over.Dispose();
    }

    private async Task<JsonElement> TakeAsync(string reason, Predicate<JsonElement> wanted, TimeSpan? deadline)
    {
        JsonElement? taken = null;
        await Eventually.UntilAsync(
            reason,
            () =>
            {
                // Looked at before the inbox: what came last is then certainly in it.
                var ended = _ended;
                lock (_lock)
                {
                    var index = _inbox.FindIndex(wanted);
                    if (index >= 0)
                    {
                        taken = _inbox[index];
                        _inbox.RemoveAt(index);
                        return true;
                    }
                }

                return ended ? throw new EndOfStreamException($"The WebSocket has ended (code {CloseCode}) before this: {reason}.") : false;
            },
            deadline);
        return taken!.Value;
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer, _over.Token);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    if (_socket.State == WebSocketState.CloseReceived)
                        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", _over.Token);
                    break;
                }

                message.Write(buffer, 0, part.Count);
                if (!part.EndOfMessage)
                    continue;
                using var document = JsonDocument.Parse(message.ToArray());
                lock (_lock)
                    _inbox.Add(document.RootElement.Clone());
                message.SetLength(0);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Cut, by us or by the server.
        }
        finally
        {
            _ended = true;
        }
    }
}
