using System.Globalization;
using Hubbub.Client;
using Hubbub.Protocol;

namespace Hubbub.SdkTests.Sdks;

/// <summary>The .NET SDK.</summary>
internal sealed class DotnetSdk : Sdk
{
    private readonly HubbubClient _client;
    private readonly SkippableTime _time = new();
    private readonly Dictionary<string, RoomSubscription> _rooms = [];
    private readonly List<Task> _running = [];
    private readonly CancellationTokenSource _over = new();
    private Task _posting = Task.CompletedTask;
    private int _next;

    public DotnetSdk(Uri server, SdkSetup setup)
    {
        _client = new HubbubClient(new HubbubClientOptions
        {
            Url = server,
            Transports = [.. setup.Transports.Select(word => word switch
            {
                "websocket" => TransportName.WebSocket,
                "sse" => TransportName.EventStream,
                _ => TransportName.LongPoll,
            })],
            Seed = 1,
            Time = _time,
            Token = setup.Tokens.Count == 0 ? null : (_, _) =>
            {
                var token = setup.Tokens[Math.Min(Interlocked.Increment(ref _next) - 1, setup.Tokens.Count - 1)];
                return token == "!" ? throw new InvalidOperationException("No token now.") : ValueTask.FromResult(token);
            },
        });
        _client.StateChanged += (state, _) => Say($"state {state.ToString().ToLowerInvariant()}");
    }

    public override void Connect() => _ = _client.ConnectAsync().ContinueWith(
        connecting => Say($"refused {((HubbubException)connecting.Exception!.InnerException!).Code}"), TaskContinuationOptions.OnlyOnFaulted);

    public override void Join(string room, string? start = null)
    {
        var from = start switch
        {
            null => RoomStart.Now,
            _ when start.StartsWith("last:", StringComparison.Ordinal) => new RoomStart(Last: int.Parse(start[5..], CultureInfo.InvariantCulture)),
            _ => new RoomStart(After: Position.TryParse(start, out var position) ? position : throw new ArgumentException(start)),
        };
        var joined = _rooms[room] = _client.Join(RoomId.Parse(room), from);
        _running.Add(ReadAsync(joined));
    }

    public override void Leave(string room) => _rooms[room].Leave();

    public override void Post(string room, string key, string text) => _posting = TellAsync(_posting, key, _rooms[room].Post(text, key).Posted);

    public override void Type(string room) => _running.Add(_rooms[room].TypingAsync(_over.Token));

    public override void WatchPresence(string room) => _running.Add(WatchAsync(_rooms[room]));

    public override void Fetch(string room) => _running.Add(FetchAsync(RoomId.Parse(room)));

    public override void SayTransport() => Say($"transport {_client.Transport switch
    {
        TransportName.WebSocket => "websocket",
        TransportName.EventStream => "sse",
        TransportName.LongPoll => "longpoll",
        _ => "none",
    }}");

    public override void Pass(TimeSpan time) => _time.Skip(time);

    protected override async Task EndAsync()
    {
        await _client.DisposeAsync();
        await _over.CancelAsync();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _posting;
        _over.Dispose();
    }

    /// <summary>Posts are settled in their order; who is told by a pool of threads has to keep it.</summary>
    private async Task TellAsync(Task before, string key, Task<Position> posted)
    {
        await before;
        try
        {
            Say($"posted {key} {(await posted).Sequence}");
        }
        catch (HubbubException e)
        {
            Say($"failed {key} {e.Code}");
        }
    }

    private async Task ReadAsync(RoomSubscription room)
    {
        // Only who has several is told which.
        var of = room.Id.Value == "room1" ? "" : $"{room.Id} ";
        await foreach (var update in room.ReadAsync())
        {
            Say(update switch
            {
                RoomUpdate.Happened { Event: var e } => $"event {of}{e.Sequence} {Told(e)}",
                RoomUpdate.Gap gap => $"gap {of}{gap.From} {gap.To} {gap.Reason}",
                RoomUpdate.Skipped skipped => $"skipped {of}{skipped.From} {skipped.To} {skipped.Count}",
                RoomUpdate.Read read => $"read {of}{read.Position}",
                RoomUpdate.Typing typing => $"typing {of}{typing.User.Id}",
                RoomUpdate.Left left => $"left {of}{left.Reason}",
                _ => update.ToString(),
            });
        }
    }

    private async Task WatchAsync(RoomSubscription room)
    {
        await foreach (var presence in room.WatchPresenceAsync(_over.Token))
            Say($"presence {presence.Count} {string.Join(',', presence.Users.Select(u => u.Id.Value).Order(StringComparer.Ordinal))}{(presence.IsSampled ? " sampled" : "")}");
    }

    private async Task FetchAsync(RoomId room)
    {
        var after = Position.Start;
        RoomPage page;
        do
        {
            page = await _client.Api.PageAsync(room, after, null, null, 7, _over.Token);
            foreach (var e in page.Events)
                Say($"fetched {e.Sequence} {Told(e)}");
            after = page.Position;
        }
        while (page.Position.Sequence < page.Head);
        Say("fetched all");
    }

    private static string Told(RoomEvent e) => e.Content switch
    {
        MessagePosted message => message.Text,
        MessageEdited edit => $"message_edited {edit.Message} {edit.Text}",
        MessageDeleted deletion => $"message_deleted {deletion.Message}",
        MemberJoined joined => $"member_joined {joined.User.Id} {joined.Role.ToString().ToLowerInvariant()}",
        RoomRenamed renamed => $"room_renamed {renamed.Name}",
        _ => e.Content.Type,
    };
}
