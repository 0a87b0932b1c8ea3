using Hubbub.Client.Wire;
using Hubbub.Protocol;

namespace Hubbub.Client.Links;

/// <summary>
/// What the two ways of reading over HTTP share: one request reads all rooms, so a room that comes or goes begins it anew, and positions make that free of loss.
/// </summary>
internal abstract class HttpLink(LinkHost host, Uri address, string token) : Link(host, address, token)
{
    private readonly Lock _lock = new();
    private CancellationTokenSource _request = new();
    private LinkEnd? _end;
    private bool _isOver;

    public override void Join(RoomSubscription room)
    {
        Forget(room.Id);
        Restart();
    }

    public override void Leave(RoomId room) => Restart();

    public override void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _request.Dispose();
        }

        base.Dispose();
    }

    /// <summary>The request carries the token, so a new token takes a new request.</summary>
    public override void Authenticate(string fresh)
    {
        Token = fresh;
        Restart();
    }

    protected override async Task<LinkEnd> ServeAsync(CancellationToken ct)
    {
        if (Host.Http.Credentials.User is null)
            Host.Http.Credentials.User = (await Host.Http.AskAsync(HttpMethod.Get, "/api/me", address: Address, ct: ct)).Person("user");
        while (_end is null)
        {
            CancellationTokenSource request;
            lock (_lock)
            {
                _request.Dispose();
                request = _request = CancellationTokenSource.CreateLinkedTokenSource(ct);
            }

            try
            {
                // Looked at now: who joins from here on begins it anew.
                var rooms = await ReadLastAsync(request.Token);
                if (rooms.Count == 0)
                {
                    SayOpened();
                    await Task.Delay(Timeout.InfiniteTimeSpan, request.Token);
                }

                BeginSession();
                _end = await ReadAsync(rooms, request.Token);
            }
            catch (OperationCanceledException) when (request.IsCancellationRequested && !ct.IsCancellationRequested)
            {
                // Begun anew.
            }
        }

        return _end;
    }

    /// <summary>Reads these rooms from their positions until it ends, or is begun anew.</summary>
    protected abstract Task<LinkEnd?> ReadAsync(IReadOnlyList<RoomSubscription> rooms, CancellationToken ct);

    /// <summary>The rooms at their positions of this moment, as the <c>rooms</c> parameter.</summary>
    protected static string List(IEnumerable<RoomSubscription> rooms) =>
        string.Join(',', rooms.Select(r => r.Start is { After: { } after } ? $"{r.Id}@{HubbubApi.Word(after)}" : r.Id.Value));

    protected static ServerFrame Joined(RoomId room, Position from, long head) =>
        new("joined", null, System.Text.Json.JsonSerializer.SerializeToElement(new { roomId = room.Value, position = from.ToString(), head }));

    private void Restart()
    {
        lock (_lock)
        {
            if (!_isOver)
                _request.Cancel();
        }
    }

    /// <summary>A request for many rooms cannot begin with the last few events of one, so these are read as a page first; afterwards the room knows its position.</summary>
    private async Task<IReadOnlyList<RoomSubscription>> ReadLastAsync(CancellationToken ct)
    {
        foreach (var room in Host.Rooms())
        {
            if (room.Start is not { After: null, Last: { } last })
                continue;
            System.Text.Json.JsonElement page;
            try
            {
                page = await Host.Http.AskAsync(HttpMethod.Get, $"/api/rooms/{room.Id}/events?last={last}&limit={Math.Max(1, last)}", address: Address, ct: ct);
            }
            catch (HubbubException e) when (!e.Retryable && e.IsServers && e.Status != 401)
            {
                // What is this room's own fault must not keep the others from being read.
                Take(new ServerFrame("error", null, System.Text.Json.JsonSerializer.SerializeToElement(new { roomId = room.Id.Value, code = e.Code, message = e.Message, retryable = false })));
                continue;
            }

            var read = HubbubApi.ReadPage(room.Id, page);
            var from = read.Entries.Count == 0 ? read.Position : read.Entries[0].At with { Sequence = read.Entries[0].At.Sequence - 1 };
            BeginSession();
            Take(Joined(room.Id, from, read.Head));
            TellEvents(page);
        }

        // Those that came in this moment and want their last few begin this anew.
        return [.. Host.Rooms().Where(r => r.Start is { After: not null } or { Last: null })];
    }

    /// <summary>Turns the flat events of an answer into the frames that a stream would have sent.</summary>
    protected void TellEvents(System.Text.Json.JsonElement answer)
    {
        if (!answer.TryGetProperty("events", out var events) || events.ValueKind != System.Text.Json.JsonValueKind.Array)
            return;
        foreach (var happened in events.EnumerateArray())
        {
            if (happened.Text("type") is { } type)
                Take(new ServerFrame(type, null, happened));
        }
    }
}
