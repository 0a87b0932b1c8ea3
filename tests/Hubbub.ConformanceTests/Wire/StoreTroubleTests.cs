using System.Net;
using System.Text.Json;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Transports.Readers;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>A store that is slow or fails: nothing is acknowledged that is not stored, and everybody is told whether to try again.</summary>
public class StoreTroubleTests : IAsyncLifetime
{
    private readonly SharedStore _store = SharedStore.InMemory();
    private readonly TroubledLog _log;
    private InProcessServer _server = null!;
    private HttpApi _ada = null!;

    public StoreTroubleTests() => _log = new TroubledLog(_store.Log);

    public async Task InitializeAsync()
    {
        _server = await InProcessServer.StartAsync(s =>
        {
            s.Store = _store;
            s.Options = o => (o.AppendQueue, o.LaneFrames) = (3, 8);
            s.Services = services => services.AddSingleton<IRoomLog>(_log);
        });
        _ada = await _server.GuestAsync("Ada");
        await _ada.SayAsync("room1", "first");
    }

    public async Task DisposeAsync()
    {
        _log.Trouble = Trouble.None;
        _log.Release();
        _ada.Dispose();
        await _server.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_stores_nothing_of_what_it_refused()
    {
        await using var socket = await PlainWebSocket.ConnectAsync(_server.Url, _ada.Token);
        await socket.JoinAsync("room1");
        var accepted = await FillQueueAsync();

        var refused = await _ada.PostAsync("/api/rooms/room1/messages", new { message = "too much", key = "http" });
        await socket.SendAsync("message", new { message = "too much", key = "socket" }, id: "m");
        var told = await socket.AnswerAsync("m");
        var ready = await _ada.GetAsync("/health/ready");
        _log.Release();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
        Assert.Equal("overloaded", refused.Code);
        Assert.True(refused.Json.GetProperty("retryable").GetBoolean());
        Assert.True(int.Parse(refused.Headers["retry-after"]) > 0);
        Assert.Equal("error", told.GetProperty("type").GetString());
        Assert.Equal("overloaded", told.GetProperty("payload").GetProperty("code").GetString());
        Assert.True(told.GetProperty("payload").GetProperty("retryable").GetBoolean());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.Status);
        Assert.All(await Task.WhenAll(accepted), a => Assert.Equal(HttpStatusCode.Created, a.Status));
        Assert.Equal(["first", "held 0", "held 1", "held 2", "held 3"], await MessagesAsync());

        // What was refused may be tried again, with its key, and is then stored once.
        Assert.Equal(HttpStatusCode.Created, (await _ada.SayAsync("room1", "too much", "http")).Status);
        Assert.Equal(HttpStatusCode.OK, (await _ada.SayAsync("room1", "too much", "http")).Status);
    }

    [Fact]
    public async Task While_a_commit_is_under_way_nothing_is_acknowledged_or_told()
    {
        await using var socket = await PlainWebSocket.ConnectAsync(_server.Url, _ada.Token);
        await socket.JoinAsync("room1");
        _log.Hold();

        await socket.SendAsync("message", new { message = "on its way", key = "k" }, id: "m");
        await Eventually.UntilAsync("the store has the message in hand", () => _log.Appends == 3); // the room, "first", and this one
        await socket.SendAsync("ping", id: "fence");
        await socket.AnswerAsync("fence");
        Assert.DoesNotContain(socket.Inbox, f => f.GetProperty("type").GetString() is "ack" or "message");
        Assert.Equal(["first"], await MessagesAsync());
        _log.Release();

        Assert.Equal("ack", (await socket.AnswerAsync("m")).GetProperty("type").GetString());
        Assert.Equal("on its way", Text(await socket.ExpectAsync("message"), "message"));
    }

    [Theory]
    [InlineData(Trouble.Appends, HttpStatusCode.Created)]
    [InlineData(Trouble.AfterStoring, HttpStatusCode.OK)]
    internal async Task A_failed_commit_is_not_acknowledged_and_a_retry_stores_it_once(Trouble trouble, HttpStatusCode retried)
    {
        await using var socket = await PlainWebSocket.ConnectAsync(_server.Url, _ada.Token);
        await socket.JoinAsync("room1");
        _log.Trouble = trouble;

        var failed = await _ada.PostAsync("/api/rooms/room1/messages", new { message = "by http", key = "http" });
        await socket.SendAsync("message", new { message = "by socket", key = "socket" }, id: "m");
        var told = await socket.AnswerAsync("m");
        Assert.DoesNotContain(socket.Inbox, f => f.GetProperty("type").GetString() is "ack" or "message");
        _log.Trouble = Trouble.None;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.Status);
        Assert.Equal("store_unavailable", failed.Code);
        Assert.True(failed.Json.GetProperty("retryable").GetBoolean());
        Assert.Equal("store_unavailable", Text(told, "code"));
        Assert.Equal(retried, (await _ada.SayAsync("room1", "by http", "http")).Status);
        await socket.SendAsync("message", new { message = "by socket", key = "socket" }, id: "again");
        Assert.Equal(retried == HttpStatusCode.OK, (await socket.AnswerAsync("again")).GetProperty("payload").GetProperty("repeated").GetBoolean());
        Assert.Equal(["first", "by http", "by socket"], await MessagesAsync());

        // Its listeners get it as well, once, also if only a look at the store finds it.
        Assert.Equal("by http", Text(await socket.ExpectAsync("message"), "message"));
        Assert.Equal("by socket", Text(await socket.ExpectAsync("message"), "message"));
    }

    [Fact]
    public async Task While_the_store_is_away_every_entrance_says_so_and_says_to_come_back()
    {
        await using var socket = await PlainWebSocket.ConnectAsync(_server.Url, _ada.Token);
        _log.Trouble = Trouble.Everything;

        foreach (var path in new[] { "events", "events?wait=5", "events?before=00000001:2" })
            ExpectUnavailable(await _ada.GetAsync($"/api/rooms/room1/{path}"));
        foreach (var mediaType in new[] { "text/event-stream", "application/x-ndjson" })
            ExpectUnavailable((await Assert.ThrowsAsync<RefusedException>(() => _ada.StreamAsync("/api/rooms/room1/events", mediaType))).Answer);
        await socket.SendAsync("join", new { roomId = "room1" }, id: "j");
        Assert.Equal("store_unavailable", Text(await socket.AnswerAsync("j"), "code"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _ada.GetAsync("/health/ready")).Status);
        Assert.Equal(HttpStatusCode.OK, (await _ada.GetAsync("/health/live")).Status);

        _log.Trouble = Trouble.None;
        Assert.Equal(HttpStatusCode.OK, (await _ada.GetAsync("/health/ready")).Status);
        await socket.JoinAsync("room1", after: "0");
        Assert.Equal("first", Text(await socket.ExpectAsync("message"), "message"));
        Assert.DoesNotContain(_server.Log.Errors, e => !e.Contains("did not commit", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_ticket_that_cannot_be_checked_is_not_taken_and_not_a_bug()
    {
        await using var server = await InProcessServer.StartAsync(s =>
        {
            s.Store = _store;
            s.Services = services => services.AddSingleton<IRoomDirectory>(new LostDirectory());
        });
        using var ada = new HttpApi(server.Url, _ada.Token);
        var ticket = (await ada.PostAsync("/api/tickets")).Text("ticket");
        await using var raw = await RawSocket.ConnectAsync(server.Url);

        await raw.SendAsync(RawSocket.Handshake(server.Url, $"/ws?ticket={ticket}"));
        var (head, body) = await raw.ReadResponseAsync();

        Assert.StartsWith("HTTP/1.1 503", head, StringComparison.Ordinal);
        Assert.Contains("store_unavailable", body, StringComparison.Ordinal);
        Assert.Empty(server.Log.Errors);
    }

    [Theory]
    [InlineData("WebSocket")]
    [InlineData("server-sent events")]
    [InlineData("lines")]
    public async Task A_reader_whose_story_cannot_be_read_is_told_to_come_back_and_loses_nothing(string name)
    {
        var transport = Transport.All.Single(t => t.Name == name);
        var text = Noise.OfLength(15_000);
        await using var reader = await transport.Open(_ada, "room1", Start.Head);
        for (var i = 1; i <= 600; i++)
            await _ada.SayAsync("room1", $"{i} {text}");

        // The reader took nothing, so it is far behind its lane, and only the store has what comes next.
        _log.Trouble = Trouble.Everything;
        var heard = new List<string>();
        Told told;
        while ((told = await reader.NextAsync()).IsEvent)
            heard.Add(told.Text("message"));
        Assert.Equal("closing", told.Type);
        Assert.Equal(4100, told.Fields.GetProperty("code").GetInt32());
        Assert.True(told.Fields.GetProperty("retryAfter").GetInt32() > 0);
        _log.Trouble = Trouble.None;

        await using var again = await transport.Open(_ada, "room1", Start.Behind(reader.Position));
        heard.AddRange(await again.MessagesAsync(600 - heard.Count));
        Assert.Equal(Enumerable.Range(1, 600).Select(i => $"{i} {text}"), heard);
    }

    /// <summary>One post that the store holds up, and as many behind it as the queue takes.</summary>
    private async Task<List<Task<Answer>>> FillQueueAsync()
    {
        _log.Hold();
        var before = _log.Appends;
        var appender = _server.Services.GetRequiredService<Appender>();
        var posts = new List<Task<Answer>>();
        for (var i = 0; i < 4; i++)
        {
            var queued = i;
            posts.Add(_ada.PostAsync("/api/rooms/room1/messages", new { message = $"held {i}" }));
            await Eventually.UntilAsync(
                $"post {i} is held up", () => queued == 0 ? _log.Appends > before : appender.QueueLength == queued);
        }

        return posts;
    }

    private async Task<IEnumerable<string>> MessagesAsync() =>
        (await _ada.EventsAsync("room1", "after=0")).Json.GetProperty("events").EnumerateArray()
            .Where(e => e.GetProperty("type").GetString() == "message").Select(e => e.GetProperty("message").GetString()!);

    private static string Text(JsonElement frame, string field) => frame.GetProperty("payload").GetProperty(field).GetString()!;

    private static void ExpectUnavailable(Answer answer)
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Equal("store_unavailable", answer.Code);
        Assert.True(answer.Headers.ContainsKey("retry-after"));
    }

    /// <summary>A directory that nobody reaches.</summary>
    private sealed class LostDirectory : IRoomDirectory
    {
        public ValueTask<Room?> FindAsync(RoomId room, CancellationToken ct) => throw Away();

        public ValueTask<RoomListing?> LookAsync(RoomId room, UserId viewer, CancellationToken ct) => throw Away();

        public ValueTask<IReadOnlyList<RoomListing>> ListAsync(UserId viewer, string? matching, RoomId? after, int limit, CancellationToken ct) => throw Away();

        public ValueTask<DateTimeOffset?> MutedUntilAsync(RoomId room, UserId user, CancellationToken ct) => throw Away();

        public ValueTask<Membership?> MembershipAsync(RoomId room, UserId user, CancellationToken ct) => throw Away();

        public ValueTask<IReadOnlyList<Membership>> MembersAsync(RoomId room, UserId? after, int limit, CancellationToken ct) => throw Away();

        public ValueTask<IReadOnlyDictionary<RoomId, IReadOnlyList<User>>> PeopleAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct) => throw Away();

        public ValueTask HideAsync(RoomId room, UserId user, long upTo, CancellationToken ct) => throw Away();

        public ValueTask AddInvitationAsync(Invitation invitation, CancellationToken ct) => throw Away();

        public ValueTask<Invitation?> FindInvitationAsync(string tokenHash, CancellationToken ct) => throw Away();

        public ValueTask<IReadOnlyList<Invitation>> InvitationsAsync(RoomId room, DateTimeOffset now, CancellationToken ct) => throw Away();

        public ValueTask<bool> RevokeInvitationAsync(RoomId room, string id, CancellationToken ct) => throw Away();

        public ValueTask<long> ReadMarkAsync(RoomId room, UserId user, CancellationToken ct) => throw Away();

        public ValueTask<AddedReport> AddReportAsync(Report report, ReportLimits limits, CancellationToken ct) => throw Away();

        public ValueTask<IReadOnlyList<Report>> ReportsAsync(RoomId room, bool isResolved, int limit, CancellationToken ct) => throw Away();

        public ValueTask<Report?> FindReportAsync(RoomId room, string id, CancellationToken ct) => throw Away();

        public ValueTask<int> ResolveReportsAsync(RoomId room, long message, ReportResolution resolution, UserId by, DateTimeOffset at, CancellationToken ct) => throw Away();

        public ValueTask<long> MoveReadMarkAsync(RoomId room, UserId user, long sequence, CancellationToken ct) => throw Away();

        public ValueTask<bool> TryUseTicketAsync(string id, DateTimeOffset expiresAt, CancellationToken ct) => throw Away();

        private static StoreException Away() => new("The directory cannot be reached.");
    }
}
