using System.Diagnostics;
using Hubbub.Client;
using Hubbub.Protocol;
using Hubbub.Torture.History;

namespace Hubbub.Torture.Clients;

/// <summary>
/// A client that posts at a pace, over the outbox as people's posts go, or call by call with the same key until it is answered, as a program's do. Every attempt and what became of it is in the history.
/// </summary>
internal sealed class Publisher : IAsyncDisposable
{
    /// <summary>Of a cluster that is away no more than this waits.</summary>
    private const int MostWaiting = 100;

    private const int MaxAttempts = 60;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);

    private readonly string _name;
    private readonly HistoryRecorder _history;
    private readonly Tally _tally;
    private readonly bool _byOutbox;
    private readonly TimeSpan _interval;
    private readonly HubbubClient _client;
    private int _number;
    private int _waiting;

    public Publisher(string name, HubbubClientOptions options, bool byOutbox, TimeSpan interval, HistoryRecorder history, Tally tally)
    {
        _name = name;
        _history = history;
        _tally = tally;
        _byOutbox = byOutbox;
        _interval = interval;
        _client = new HubbubClient(options);
    }

    public HubbubClient Client => _client;

    /// <summary>Posts until told to stop, and then until all is answered.</summary>
    public async Task RunAsync(IReadOnlyList<RoomId> rooms, CancellationToken stop, CancellationToken giveUp)
    {
        var subscriptions = _byOutbox ? rooms.Select(r => _client.Join(r)).ToArray() : [];
        var answers = new List<Task>();
        using var pace = new PeriodicTimer(_interval);
        try
        {
            while (await pace.WaitForNextTickAsync(stop))
            {
                if (Volatile.Read(ref _waiting) >= MostWaiting)
                    continue;
                answers.RemoveAll(a => a.IsCompletedSuccessfully);
                var room = rooms[_number % rooms.Count];
                var key = $"{_name}-{_number++}";
                var text = $"{key} says something {Stopwatch.GetTimestamp()}";
                Interlocked.Increment(ref _waiting);
                answers.Add(_byOutbox ? OverOutboxAsync(subscriptions[(_number - 1) % rooms.Count], text, key) : CallAsync(room, text, key, giveUp));
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }

        await Task.WhenAll(answers).WaitAsync(giveUp);
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private async Task OverOutboxAsync(RoomSubscription room, string text, string key)
    {
        var began = Stopwatch.GetTimestamp();
        _history.Note(at => new PostInvoked(at, _name, room.Id, key, Fingerprint.Of(text)));
        try
        {
            var position = await room.Post(text, key).Posted;
            _history.Note(at => new PostConfirmed(at, _name, room.Id, key, position));
            _tally.Answered(TimeSpan.Zero, "ok");
        }
        catch (HubbubException e)
        {
            Note(room.Id, key, e, Stopwatch.GetElapsedTime(began));
            _tally.Wrong($"{_name}'s outbox gave up: {e.Code}, {e.Message}");
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async Task CallAsync(RoomId room, string text, string key, CancellationToken giveUp)
    {
        try
        {
            for (var attempt = 0; attempt < MaxAttempts; attempt++)
            {
                var began = Stopwatch.GetTimestamp();
                _history.Note(at => new PostInvoked(at, _name, room, key, Fingerprint.Of(text)));
                try
                {
                    var position = await _client.Api.PostAsync(room, text, key, ct: giveUp);
                    _history.Note(at => new PostConfirmed(at, _name, room, key, position));
                    _tally.Answered(Stopwatch.GetElapsedTime(began), "ok");
                    return;
                }
                catch (HubbubException e)
                {
                    Note(room, key, e, Stopwatch.GetElapsedTime(began));
                    if (!e.Retryable && e.IsServers)
                    {
                        _tally.Wrong($"{_name} was refused: {e.Code}, {e.Message}");
                        return;
                    }
                }

                await Task.Delay(Pause, giveUp);
            }

            _tally.Wrong($"{_name} was not answered in {MaxAttempts} attempts.");
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>A refusal for which nothing is stored says so; everything else is unknown.</summary>
    private void Note(RoomId room, string key, HubbubException e, TimeSpan waited)
    {
        _tally.Answered(waited, e.Code);
        if (e.Code is "overloaded" || (!e.Retryable && e.IsServers))
            _history.Note(at => new PostRefused(at, _name, room, key));
        else
            _history.Note(at => new PostUncertain(at, _name, room, key));
    }
}
