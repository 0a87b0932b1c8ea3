using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Hubbub.Client.Wire;
using Hubbub.Protocol;

namespace Hubbub.Client.Links;

/// <summary>The WebSocket of docs/protocol.md § 5.</summary>
internal sealed class WebSocketLink(LinkHost host, Uri address, string token) : Link(host, address, token)
{
    /// <summary>Frames of ours that wait to be sent: joins of all rooms, and a few more.</summary>
    private const int MaxOutgoing = 512;

    private const int MaxFrame = 1024 * 1024;

    private readonly Channel<byte[]> _outgoing = Channel.CreateBounded<byte[]>(MaxOutgoing);
    private readonly ConcurrentDictionary<long, RoomId> _joins = new();
    private long _nextId;
    private long _heardAt;

    public override TransportName Transport => TransportName.WebSocket;

    public override void Join(RoomSubscription room)
    {
        if (!room.IsReadable)
            return;
        Forget(room.Id);
        var id = Interlocked.Increment(ref _nextId);
        _joins[id] = room.Id;
        var start = room.Start;
        Send(new { type = "join", id, payload = new { roomId = room.Id.Value, after = start.After is { } after ? HubbubApi.Word(after) : null, last = start.After is null ? start.Last : null } });
    }

    public override void Leave(RoomId room) => Send(new { type = "leave", id = Interlocked.Increment(ref _nextId), payload = new { roomId = room.Value } });

    public override void Authenticate(string fresh)
    {
        Token = fresh;
        Send(new { type = "auth", payload = new { token = fresh } });
    }

    public override bool Typing(RoomId room) => Send(new { type = "typing", payload = new { roomId = room.Value } });

    protected override async Task<LinkEnd> ServeAsync(CancellationToken ct)
    {
        using var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Authorization", $"Bearer {Token}");
        var at = new UriBuilder(new Uri(Address, "/ws")) { Scheme = Address.Scheme == "https" ? "wss" : "ws" }.Uri;
        try
        {
            await socket.ConnectAsync(at, ct);
        }
        catch (WebSocketException e)
        {
            var status = (int)socket.HttpStatusCode;
            if (status is 401 or 403)
                return new LinkEnd(4401, "The token was refused.");
            return status is 0 or 101 ? new LinkEnd(null, e.Message) : new LinkEnd(null, e.Message, Error: Refusal(socket, status, e.Message));
        }

        // Something must be said first, so that the server has something to answer.
        var rooms = Host.Rooms();
        foreach (var room in rooms)
            Join(room);
        if (rooms.Count == 0)
            Send(new { type = "ping" });
        _heardAt = Options.Time.GetTimestamp();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var writing = WriteAsync(socket, over.Token);
        var watching = WatchAsync(socket, over.Token);
        try
        {
            return await ReceiveAsync(socket, over.Token);
        }
        finally
        {
            await over.CancelAsync();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await CloseAsync(socket);
        }
    }

    private bool Send(object frame) => _outgoing.Writer.TryWrite(JsonSerializer.SerializeToUtf8Bytes(frame, Json));

    private static JsonSerializerOptions Json { get; } =
        new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    private async Task WriteAsync(ClientWebSocket socket, CancellationToken ct)
    {
        while (await _outgoing.Reader.WaitToReadAsync(ct))
        {
            while (_outgoing.Reader.TryRead(out var frame))
                await socket.SendAsync(frame, WebSocketMessageType.Text, true, ct);
        }
    }

    /// <summary>Pings a silent server, and gives one up that does not answer: only that finds a peer that stands still.</summary>
    private async Task WatchAsync(ClientWebSocket socket, CancellationToken ct)
    {
        while (true)
        {
            var quiet = Options.Time.GetElapsedTime(Volatile.Read(ref _heardAt));
            if (quiet < Options.PingAfter)
            {
                await Task.Delay(Options.PingAfter - quiet, Options.Time, ct);
                continue;
            }

            var asked = Volatile.Read(ref _heardAt);
            Send(new { type = "ping" });
            await Task.Delay(Options.AnswerWithin, Options.Time, ct);
            if (Volatile.Read(ref _heardAt) == asked)
            {
                socket.Abort();
                return;
            }
        }
    }

    private async Task<LinkEnd> ReceiveAsync(ClientWebSocket socket, CancellationToken ct)
    {
        var message = new ArrayBufferWriter<byte>(4096);
        while (true)
        {
            var part = await socket.ReceiveAsync(message.GetMemory(4096), ct);
            Volatile.Write(ref _heardAt, Options.Time.GetTimestamp());
            if (part.MessageType == WebSocketMessageType.Close)
                return new LinkEnd((int?)socket.CloseStatus, socket.CloseStatusDescription ?? "");
            message.Advance(part.Count);
            if (message.WrittenCount > MaxFrame)
                return new LinkEnd(null, "The server sent a frame that is too long.");
            if (!part.EndOfMessage)
                continue;
            var frame = ServerFrame.TryRead(message.WrittenMemory);
            message.ResetWrittenCount();
            if (frame is not null && Hear(frame) is { } end)
                return end;
        }
    }

    private LinkEnd? Hear(ServerFrame frame)
    {
        if (frame.Type == "welcome")
        {
            Host.Http.Credentials.User ??= frame.Payload.Person("user");
            SayOpened();
            return null;
        }

        // An answer to a leave is no news; one without our number is: our membership has ended.
        if (frame is { Type: "left", Id: not null })
            return null;
        if (frame.Id is { } id && _joins.TryRemove(id, out var asked) && frame.Type == "error")
        {
            Host.Find(asked)?.Receive(frame, Session);
            return null;
        }

        return Take(frame);
    }

    /// <summary>What a handshake was answered with: of a refusal only its status and headers can be seen.</summary>
    private static HubbubException Refusal(ClientWebSocket socket, int status, string message)
    {
        TimeSpan? after = socket.HttpResponseHeaders?.TryGetValue("Retry-After", out var values) == true
            && int.TryParse(values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(Math.Min(seconds, Http.LongestRetryAfter.TotalSeconds))
            : null;
        var code = status switch
        {
            503 => "overloaded",
            429 => "rate_limited",
            _ => $"http_{status}",
        };
        return new HubbubException(code, message, status, retryable: status is >= 500 or 408 or 429, after);
    }

    /// <summary>Says goodbye, within a moment.</summary>
    private static async Task CloseAsync(ClientWebSocket socket)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
            return;
        using var moment = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, moment.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // Then without.
        }
    }
}
