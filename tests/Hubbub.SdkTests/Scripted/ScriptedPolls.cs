using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace Hubbub.SdkTests.Scripted;

/// <summary>One client's long polls, one after the other: each thing that is said is the answer to the next that waits.</summary>
internal sealed class ScriptedPolls(ScriptedServer server, string token) : ScriptedConnection(server, token)
{
    private readonly Channel<Poll> _polls = Channel.CreateUnbounded<Poll>();
    private readonly TaskCompletionSource _never = new();
    private Poll? _taken;

    public override Task Ended => _never.Task;

    /// <summary>The next poll is another connection's.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The token of the poll that was answered last, or is about to be.</summary>
    public string NewestToken { get; private set; } = token;

    public override Task WelcomeAsync() => Task.CompletedTask;

    public override async Task<IReadOnlyList<Asked>> AskedAsync(params string[] rooms)
    {
        _taken = await NextAsync(rooms);
        return _taken.Rooms;
    }

    public override Task AnswerAsync(IReadOnlyList<Asked> asked, Func<Asked, Verdict> answer)
    {
        Take().Answer(new
        {
            rooms = asked.Select(one => answer(one) switch
            {
                Verdict.Begin begin => (object)new { roomId = one.Room, events = Array.Empty<object>(), position = begin.Position, head = begin.Head },
                Verdict.Refuse no => new { roomId = one.Room, error = new { code = no.Code, message = "No.", retryable = no.Retryable } },
                _ => throw new ArgumentException("Neither yes nor no.", nameof(answer)),
            }).ToList(),
        });
        return Task.CompletedTask;
    }

    public override async Task TellAsync(string room, params IReadOnlyList<Dictionary<string, object>> events)
    {
        var last = events.MaxBy(e => (long)e["sequence"])!;
        await AnswerOneAsync(room, new { roomId = room, events, position = last["id"], head = Server.Room(room).Head });
    }

    public override Task GapAsync(string room, string from, string to, string reason) =>
        AnswerOneAsync(room, new { roomId = room, events = Array.Empty<object>(), position = to, head = Server.Room(room).Head, gap = new { from, to, reason } });

    /// <summary>The room may not be read any more: what a removed member is told here.</summary>
    public Task RefuseRoomAsync(string room, string code) => AnswerOneAsync(room, new { roomId = room, error = new { code, message = "No.", retryable = false } });

    /// <summary>A node that drains sends its reader on.</summary>
    public async Task SendOnAsync(int milliseconds)
    {
        var poll = await NextAsync();
        poll.Answer(new { rooms = poll.Rooms.Select(Nothing).ToList(), retry = milliseconds });
    }

    /// <summary>Answers the next poll with a refusal, and expects the client to ask on as if nothing had been.</summary>
    public async Task RefuseOnceAsync(Refusal refusal) => (await NextAsync()).Refuse(refusal);

    /// <summary>Answers the next poll with a refusal that ends the client's link.</summary>
    public async Task EndAsync(Refusal refusal)
    {
        var poll = await NextAsync();
        IsOver = true;
        poll.Refuse(refusal);
    }

    public override async Task CutAsync()
    {
        var poll = await NextAsync();
        IsOver = true;
        poll.Cut();
    }

    public override Task<ScriptedConnection> AgainAsync() => Task.FromResult<ScriptedConnection>(this);

    public override async Task ServeAsync(string room, CancellationToken ct)
    {
        var answering = new List<Task>();
        try
        {
            // A client that comes back asks anew while nobody waits for its last question any more.
            while (true)
                answering.Add(AnswerHonestlyAsync(await _polls.Reader.ReadAsync(ct), Server.Room(room), ct));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(answering);
        }
    }

    internal void Add(Poll poll) => _polls.Writer.TryWrite(poll);

    private async Task AnswerHonestlyAsync(Poll poll, ScriptedLog log, CancellationToken ct)
    {
        var asked = poll.Rooms.Single();
        var after = asked.After is { } at ? SequenceOf(at) : log.Head;
        var grown = log.Grown;
        if (poll.Waits && log.Head <= after)
            await Task.WhenAny(grown, poll.Over, Task.Delay(Timeout.Infinite, ct));
        var events = log.Events(after);
        poll.Answer(new { rooms = new[] { new { roomId = log.Room, events, position = log.At(after + events.Count), head = log.Head } } });
    }

    private async Task AnswerOneAsync(string room, object answer)
    {
        var poll = await NextAsync();
        poll.Answer(new { rooms = poll.Rooms.Select(one => one.Room == room ? answer : Nothing(one)).ToList() });
    }

    private object Nothing(Asked one) =>
        new { roomId = one.Room, events = Array.Empty<object>(), position = one.After is null or "0" ? Server.Room(one.Room).At(0) : one.After, head = Server.Room(one.Room).Head };

    /// <summary>The next poll that is still waited for; of exactly these rooms, if any are named.</summary>
    private async Task<Poll> NextAsync(params string[] rooms)
    {
        var what = rooms.Length == 0 ? "the client polls" : $"the client polls {string.Join(" and ", rooms)}";
        while (true)
        {
            var poll = await Eventually.WithinAsync(what, _polls.Reader.ReadAsync().AsTask(), ScriptedServer.Patience);
            if (poll.Over.IsCompleted || (rooms.Length > 0 && !rooms.Order().SequenceEqual(poll.Rooms.Select(r => r.Room).Order())))
                continue;
            NewestToken = poll.Token;
            return poll;
        }
    }

    private Poll Take() => Interlocked.Exchange(ref _taken, null) ?? throw new InvalidOperationException("No poll was taken.");
}

/// <summary>One poll, waiting for its answer.</summary>
internal sealed class Poll(HttpContext http, IReadOnlyList<Asked> rooms, string token)
{
    private readonly TaskCompletionSource<IResult?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<Asked> Rooms => rooms;

    public string Token => token;

    public bool Waits => http.Request.Query["wait"] != "0";

    /// <summary>Completes when nobody waits for it any more.</summary>
    public Task Over => _over.Task;

    public void Answer(object body) => _answer.TrySetResult(Results.Json(body));

    public void Refuse(Refusal refusal) => _answer.TrySetResult(refusal.ToResult());

    public void Cut() => _answer.TrySetResult(null);

    internal async Task RunAsync()
    {
        using var gone = http.RequestAborted.Register(() => _over.TrySetResult());
        await Task.WhenAny(_answer.Task, _over.Task);
        _over.TrySetResult();
        if (!_answer.Task.IsCompleted)
            return;
        if (await _answer.Task is { } result)
            await result.ExecuteAsync(http);
        else
            http.Abort();
    }
}
