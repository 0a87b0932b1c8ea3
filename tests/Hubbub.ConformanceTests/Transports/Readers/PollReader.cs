using System.Net;
using System.Text.Json;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;

namespace Hubbub.ConformanceTests.Transports.Readers;

/// <summary>Reads by asking again and again; with a wait it is a long poll. Each answer's <c>position</c> is the next question.</summary>
internal sealed class PollReader : Reader
{
    private readonly HttpApi _user;
    private readonly string _room;
    private readonly int _waitSeconds;
    private readonly Queue<Told> _told = new();
    private Task<Answer>? _asking;
    private readonly CancellationTokenSource _cut = new();
    private string _askedBehind = "";

    private PollReader(HttpApi user, string room, int waitSeconds)
    {
        _user = user;
        _room = room;
        _waitSeconds = waitSeconds;
    }

    public static async Task<Reader> OpenAsync(HttpApi user, string room, Start start, int waitSeconds)
    {
        // The first question does not wait: its answer says where the story begins.
        var answer = await user.EventsAsync(room, start.Query);
        if (answer.Status != HttpStatusCode.OK)
            throw ReadingRefusedException.Of(answer);
        var reader = new PollReader(user, room, waitSeconds);
        reader.Take(answer);
        reader.Position = start.After ?? reader._askedBehind;
        if (start.After is null && reader._told.TryPeek(out var first) && first.IsEvent)
            reader.Position = $"{first.Text("id").Split(':')[0]}:{first.Sequence - 1}";
        return reader;
    }

    public override async Task<Told> NextAsync(TimeSpan? deadline = null)
    {
        if (_told.Count == 0)
        {
            await Eventually.UntilAsync(
                "a poll finds something",
                async () =>
                {
                    // A question that outlives our patience goes on; its answer belongs to the next call.
                    _asking ??= _user.EventsAsync(_room, $"after={Uri.EscapeDataString(_askedBehind)}&wait={_waitSeconds}&limit=50", _cut.Token);
                    var answer = await _asking;
                    _asking = null;
                    Take(answer);
                    return _told.Count > 0;
                },
                deadline);
        }

        var told = _told.Dequeue();
        if (told.IsEvent)
            Position = told.Text("id");
        else if (told.Type == "gap")
            Position = told.Text("to");
        return told;
    }

    public override async Task<List<Told>> RestAsync()
    {
        Take(_asking is null ? await _user.EventsAsync(_room, $"after={Uri.EscapeDataString(_askedBehind)}") : await _asking);
        _asking = null;
        List<Told> rest = [.. _told];
        _told.Clear();
        return rest;
    }

    public override async ValueTask DisposeAsync()
    {
        await _cut.CancelAsync();
        if (_asking is not null)
            await ((Task)_asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _cut.Dispose();
    }

    private void Take(Answer answer)
    {
        if (answer.Status != HttpStatusCode.OK)
        {
            _told.Enqueue(new Told("refused", answer.Json));
            return;
        }

        _askedBehind = answer.Text("position");
        if (answer.Json.TryGetProperty("gap", out var gap))
            _told.Enqueue(new Told("gap", gap));
        foreach (var e in answer.Json.GetProperty("events").EnumerateArray())
            _told.Enqueue(new Told(e.GetProperty("type").GetString()!, e));
    }
}
