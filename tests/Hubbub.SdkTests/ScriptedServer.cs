using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hubbub.SdkTests;

/// <summary>
/// A server that speaks the protocol and does on its sockets what a scenario tells it, which a real one never would: it leaves out, repeats and disorders events, closes with any code, and refuses. One
/// room's log, from 1, of one life. Thread-safe.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    public const string Epoch = "9f3a01bc";

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly List<(string Key, string Text)> _log = [];
    private readonly Channel<ScriptedSocket> _sockets = Channel.CreateUnbounded<ScriptedSocket>();
    private readonly ConcurrentQueue<(int Status, string Code, bool Retryable)> _refusals = new();
    private readonly ConcurrentQueue<(string Key, string Text)> _posts = new();
    private readonly HashSet<long> _foreign = [];

    /// <summary>A log that lags: pages end here, as if the rest were not there yet.</summary>
    public long PagesEndAt { get; set; } = long.MaxValue;

    private ScriptedServer(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>Every attempt to post, in the order in which it came.</summary>
    public IReadOnlyList<(string Key, string Text)> Posts => [.. _posts];

    public static async Task<ScriptedServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var server = new ScriptedServer(app);
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        app.MapGet("/api/me", () => Results.Json(new { user = new { id = "u-1", name = "Ann" }, expiresAt = "2099-01-01T00:00:00.000Z" }));
        app.MapGet("/api/rooms/{room}/events", server.Page);
        app.MapPost("/api/rooms/{room}/messages", server.PostAsync);
        app.Map("/ws", server.SocketAsync);
        await app.StartAsync();
        server.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return server;
    }

    public static string At(long sequence) => $"{Epoch}:{sequence}";

    /// <summary>The next connection that a client opens, with its handshake done.</summary>
    public async Task<ScriptedSocket> NextSocketAsync() => await Eventually.WithinAsync("the client opens a connection", _sockets.Reader.ReadAsync().AsTask(), TimeSpan.FromSeconds(20));

    /// <summary>Puts a message into the log, and tells nobody.</summary>
    public long Append(string text, string? key = null)
    {
        lock (_lock)
        {
            _log.Add((key ?? $"k{_log.Count}", text));
            return _log.Count;
        }
    }

    /// <summary>Puts something of a later protocol into the log.</summary>
    public long AppendForeign()
    {
        lock (_lock)
        {
            var sequence = Append("never to be seen");
            _foreign.Add(sequence);
            return sequence;
        }
    }

    /// <summary>The next post is answered with this instead.</summary>
    public void RefuseNext(int status, string code, bool retryable) => _refusals.Enqueue((status, code, retryable));

    /// <summary>An event's fields, as a frame's payload.</summary>
    public Dictionary<string, object> Event(long sequence)
    {
        lock (_lock)
        {
            return new Dictionary<string, object>
            {
                ["roomId"] = "room1",
                ["sequence"] = sequence,
                ["id"] = At(sequence),
                ["sender"] = new { id = "u-2", name = "Bob" },
                ["sentAt"] = "2026-01-01T00:00:00.000Z",
                ["message"] = _log[(int)sequence - 1].Text,
                ["key"] = _log[(int)sequence - 1].Key,
            };
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private IResult Page(HttpRequest request)
    {
        lock (_lock)
        {
            var after = request.Query["after"].ToString() is { Length: > 1 } text ? long.Parse(text.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture) : 0;
            var limit = int.TryParse(request.Query["limit"], out var asked) ? asked : 100;
            var events = Enumerable.Range(1, _log.Count).Where(s => s > after && s <= PagesEndAt).Take(limit).Select(s => Event(s)).ToList();
            events.ForEach(e => e["type"] = _foreign.Contains((long)e["sequence"]) ? "of_a_later_protocol" : "message");
            return Results.Json(new { events, position = At(Math.Max(after, events.Count == 0 ? after : (long)events[^1]["sequence"])), head = _log.Count });
        }
    }

    private async Task<IResult> PostAsync(HttpRequest request)
    {
        using var body = await JsonDocument.ParseAsync(request.Body);
        var (key, text) = (body.RootElement.GetProperty("key").GetString()!, body.RootElement.GetProperty("message").GetString()!);
        _posts.Enqueue((key, text));
        if (_refusals.TryDequeue(out var refusal))
        {
            return Results.Json(
                new { type = "about:blank", title = refusal.Code, status = refusal.Status, detail = refusal.Code, code = refusal.Code, retryable = refusal.Retryable },
                contentType: "application/problem+json", statusCode: refusal.Status);
        }

        var sequence = Append(text, key);
        return Results.Json(new { room = "room1", sequence, epoch = Epoch, id = At(sequence), sentAt = "2026-01-01T00:00:00.000Z" }, statusCode: 201);
    }

    private async Task SocketAsync(HttpContext http)
    {
        // A browser's and Node's token comes as a subprotocol, another client's in a header.
        var offered = http.WebSockets.WebSocketRequestedProtocols;
        var token = offered.FirstOrDefault(p => p.StartsWith("hubbub.token.", StringComparison.Ordinal))?["hubbub.token.".Length..]
            ?? http.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);
        using var socket = await http.WebSockets.AcceptWebSocketAsync(offered.Contains("hubbub.v1") ? "hubbub.v1" : null);
        var scripted = new ScriptedSocket(socket, token);
        _sockets.Writer.TryWrite(scripted);
        await scripted.ReceiveAsync();
    }
}

/// <summary>The server's end of one socket, in the hands of a scenario.</summary>
internal sealed class ScriptedSocket(WebSocket socket, string token)
{
    private readonly Channel<JsonElement> _frames = Channel.CreateUnbounded<JsonElement>();
    private readonly TaskCompletionSource _ended = new();

    /// <summary>What the handshake showed.</summary>
    public string Token => token;

    /// <summary>Completes when the client has ended it.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The next frame of this type; others before it are passed over.</summary>
    public Task<JsonElement> ExpectAsync(string type) => Eventually.WithinAsync($"the client says '{type}'", FindAsync(type), TimeSpan.FromSeconds(20));

    public Task SendAsync(string type, object payload, object? id = null) => socket.SendAsync(
        Encoding.UTF8.GetBytes(JsonSerializer.Serialize<object>(id is null ? new { type, payload } : new { type, id, payload })), WebSocketMessageType.Text, true, CancellationToken.None);

    public Task WelcomeAsync() => SendAsync("welcome", new { user = new { id = "u-1", name = "Ann" }, pingSeconds = 15 });

    /// <summary>Answers a join, whose position it checks.</summary>
    public async Task JoinedAsync(string? after, long position)
    {
        var join = await ExpectAsync("join");
        var payload = join.GetProperty("payload");
        Assert.Equal("room1", payload.GetProperty("roomId").GetString());
        Assert.Equal(after, payload.TryGetProperty("after", out var asked) ? asked.GetString() : null);
        await SendAsync("joined", new { roomId = "room1", name = "room1", visibility = "public", consistency = "strong", position = ScriptedServer.At(position), head = position }, join.GetProperty("id").GetInt64());
    }

    /// <summary>Says why and closes, as a server does.</summary>
    public async Task CloseAsync(int code, int? retryAfter = null)
    {
        await SendAsync("closing", retryAfter is null ? (object)new { code, reason = "because" } : new { code, reason = "because", retryAfter });
        await socket.CloseOutputAsync((WebSocketCloseStatus)code, "because", CancellationToken.None);
    }

    public void Cut() => socket.Abort();

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
            var frame = await _frames.Reader.ReadAsync();
            if (frame.GetProperty("type").GetString() == type)
                return frame;
        }
    }
}
