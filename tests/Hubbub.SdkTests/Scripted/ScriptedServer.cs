using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hubbub.SdkTests.Scripted;

/// <summary>An answer of § 8 in place of what was asked for.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The word for it.</param>
/// <param name="Retryable">Whether it may be asked again.</param>
/// <param name="RetryAfter">Seconds.</param>
internal sealed record Refusal(int Status, string Code, bool Retryable = false, int? RetryAfter = null)
{
    public IResult ToResult() => new Answer(this);

    private sealed class Answer(Refusal no) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            if (no.RetryAfter is { } seconds)
                httpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return Results.Json(
                new { type = "about:blank", title = no.Code, status = no.Status, detail = no.Code, code = no.Code, retryable = no.Retryable },
                contentType: "application/problem+json", statusCode: no.Status).ExecuteAsync(httpContext);
        }
    }
}

/// <summary>
/// A server that speaks the protocol over all its live transports and does on each connection what a scenario tells it, which a real one never would: it leaves out, repeats and disorders events, closes with
/// any code, and refuses. What is asked of its logs over HTTP it answers truly. Thread-safe.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    public const string Epoch = "9f3a01bc";

    /// <summary>Long enough for a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static readonly object Ann = new { id = "u-1", name = "Ann" };

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, ScriptedLog> _rooms = new();
    private readonly Channel<ScriptedConnection> _connections = Channel.CreateUnbounded<ScriptedConnection>();
    private readonly ConcurrentQueue<Refusal> _refusals = new();
    private readonly ConcurrentQueue<(string Room, string Key)> _posts = new();
    private readonly ConcurrentQueue<string> _refused = new();
    private readonly ConcurrentQueue<string> _typed = new();
    private readonly ConcurrentQueue<ScriptedConnection> _served = new();
    private ScriptedPolls? _polls;
    private int _guests;

    private ScriptedServer(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>Every attempt to post, in the order in which it came.</summary>
    public IReadOnlyList<(string Room, string Key)> Posts => [.. _posts];

    /// <summary>Rooms that a request has said somebody types in.</summary>
    public IReadOnlyList<string> Typed => [.. _typed];

    /// <summary>The ways in whose doors were shut, in the order of the knocks.</summary>
    public IReadOnlyList<string> Refused => [.. _refused];

    /// <summary>So many posts are stored, and their answers are lost.</summary>
    public int LostAnswers { get; set; }

    /// <summary>Nobody is let in: every live connection, and the question who one is, is answered with this.</summary>
    public Refusal? Doors { get; set; }

    /// <summary>Something on the way that knows no WebSocket.</summary>
    public bool IsWithoutSockets { get; set; }

    /// <summary>Something on the way keeps event streams to itself.</summary>
    public bool HoldsStreams { get; set; }

    /// <summary>A room that may not be read over HTTP.</summary>
    public string? Forbidden { get; set; }

    /// <summary>Who is in a room, and how often that was asked.</summary>
    public string[] Present { get; set; } = [];

    public int PresenceAsked { get; private set; }

    public static async Task<ScriptedServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var server = new ScriptedServer(app);
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        app.Use(server.GuardAsync);
        app.MapPost("/api/guests", server.MakeGuest);
        app.MapGet("/api/me", () => Results.Json(new { user = Ann, expiresAt = "2099-01-01T00:00:00.000Z" }));
        app.MapGet("/api/events", server.EventsAsync);
        app.MapGet("/api/rooms/{room}/events", server.Page);
        app.MapGet("/api/rooms/{room}/presence", server.Presence);
        app.MapPost("/api/rooms/{room}/typing", server.Type);
        app.MapPost("/api/rooms/{room}/messages", server.PostAsync);
        app.Map("/ws", server.SocketAsync);
        await app.StartAsync();
        server.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return server;
    }

    public static string At(long sequence) => $"{Epoch}:{sequence}";

    public ScriptedLog Room(string id = "room1") => _rooms.GetOrAdd(id, static id => new ScriptedLog(id));

    /// <summary>The next connection that a client opens, with its handshake done.</summary>
    public Task<ScriptedConnection> NextAsync() => Eventually.WithinAsync("the client opens a connection", _connections.Reader.ReadAsync().AsTask(), Patience);

    public async Task<ScriptedFrames> NextFramesAsync() => (ScriptedFrames)await NextAsync();

    /// <summary>Whether a connection waits to be taken by <see cref="NextAsync"/>.</summary>
    public bool IsNextThere => _connections.Reader.TryPeek(out _);

    /// <summary>Serves every connection as a server should, for one room.</summary>
    public async Task ServeAsync(string room, CancellationToken ct)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var connection = await _connections.Reader.ReadAsync(ct);
                _served.Enqueue(connection);
                serving.Add(connection.ServeAsync(room, ct));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    /// <summary>Breaks what is served.</summary>
    public async Task CutAllAsync()
    {
        while (_served.TryDequeue(out var connection))
            await connection.CutAsync();
    }

    /// <summary>The next post is answered with this instead.</summary>
    public void RefuseNextPost(Refusal refusal) => _refusals.Enqueue(refusal);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private static string TokenOf(HttpContext http) =>
        // A browser's and Node's comes as a subprotocol, another client's in a header.
        http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(p => p.StartsWith("hubbub.token.", StringComparison.Ordinal))?["hubbub.token.".Length..]
            ?? http.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);

    private async Task GuardAsync(HttpContext http, RequestDelegate next)
    {
        var isDoor = http.Request.Path == "/ws" || http.Request.Path == "/api/events" || http.Request.Path == "/api/me";
        if (isDoor && Doors is { } no)
        {
            _refused.Enqueue(http.Request.Path);
            await no.ToResult().ExecuteAsync(http);
        }
        else
            await next(http);
    }

    private IResult MakeGuest()
    {
        var number = Interlocked.Increment(ref _guests);
        return Results.Json(new { token = $"guest-{number}", user = new { id = $"g-{number}", name = "Guest" }, expiresAt = "2099-01-01T00:00:00.000Z" }, statusCode: 201);
    }

    private IResult Page(string room, HttpRequest request) => room == Forbidden ? new Refusal(403, "forbidden").ToResult() : Results.Json(Room(room).Page(
        request.Query["after"].ToString() is { Length: > 0 } after ? after : null,
        int.TryParse(request.Query["last"], out var last) ? last : null,
        int.TryParse(request.Query["limit"], out var limit) ? limit : 100));

    private IResult Presence()
    {
        lock (_lock)
        {
            PresenceAsked++;
            return Results.Json(new { count = Present.Length, users = Present.Select(name => new { id = name, name }), sampled = false });
        }
    }

    private IResult Type(string room)
    {
        _typed.Enqueue(room);
        return Results.StatusCode(202);
    }

    private async Task<IResult> PostAsync(string room, HttpContext http)
    {
        using var body = await JsonDocument.ParseAsync(http.Request.Body);
        var (key, text) = (body.RootElement.GetProperty("key").GetString()!, body.RootElement.GetProperty("message").GetString()!);
        _posts.Enqueue((room, key));
        if (_refusals.TryDequeue(out var refusal))
            return refusal.ToResult();
        long sequence;
        bool isKnown;
        lock (_lock)
        {
            var known = Room(room).Find(key);
            isKnown = known is not null;
            sequence = known ?? Room(room).Append(text, key, "u-1");
            if (LostAnswers > 0)
            {
                LostAnswers--;
                http.Abort();
                return Results.Empty;
            }
        }

        return Results.Json(new { room, sequence, epoch = Epoch, id = At(sequence), sentAt = "2026-01-01T00:00:00.000Z" }, statusCode: isKnown ? 200 : 201);
    }

    private async Task SocketAsync(HttpContext http)
    {
        if (IsWithoutSockets || !http.WebSockets.IsWebSocketRequest)
        {
            http.Response.StatusCode = 400;
            return;
        }

        var token = TokenOf(http);
        using var socket = await http.WebSockets.AcceptWebSocketAsync(http.WebSockets.WebSocketRequestedProtocols.Contains("hubbub.v1") ? "hubbub.v1" : null);
        var scripted = new ScriptedSocket(this, socket, token);
        _connections.Writer.TryWrite(scripted);
        await scripted.ReceiveAsync();
    }

    private async Task EventsAsync(HttpContext http)
    {
        var rooms = http.Request.Query["rooms"].ToString().Split(',').Select(r => r.Split('@')).Select(r => new Asked(r[0], r.Length > 1 ? r[1] : null)).ToList();
        if (http.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.Ordinal))
        {
            if (HoldsStreams)
            {
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }

            var stream = new ScriptedStream(this, http, rooms, TokenOf(http));
            await stream.RunAsync(() => _connections.Writer.TryWrite(stream));
            return;
        }

        var poll = new Poll(http, rooms, TokenOf(http));
        lock (_lock)
        {
            if (_polls is null or { IsOver: true })
                _connections.Writer.TryWrite(_polls = new ScriptedPolls(this, poll.Token));
            _polls.Add(poll);
        }

        await poll.RunAsync();
    }
}
