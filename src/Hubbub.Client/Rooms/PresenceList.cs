using System.Runtime.CompilerServices;
using Hubbub.Client.Wire;
using Hubbub.Protocol;

namespace Hubbub.Client.Rooms;

/// <summary>
/// Who is in a room, kept right (docs/protocol.md § 5, Presence): the whole is asked for when the stream begins, frames change it from then on. It asks nothing until somebody watches. Thread-safe; asks one
/// question at a time.
/// </summary>
internal sealed class PresenceList(RoomId room, RoomHost host)
{
    /// <summary>A list that could not be had, or did not fit its count, is asked for again after this long, and up to as much again by chance.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<UserId, User> _users = [];
    private long _count;
    private bool _isSampled;
    private bool _isKnown;
    private bool _isWatched;
    private bool _isStreaming;
    private bool _isOver;

    /// <summary>What came while the whole was on its way: it may be older than they are. Null while nothing is asked.</summary>
    private List<ServerFrame>? _meanwhile;
    private RoomPresence? _now;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _question;
    private Task _asking = Task.CompletedTask;

    /// <summary>The list whenever it has changed; who looks late sees the newest only.</summary>
    public async IAsyncEnumerable<RoomPresence> WatchAsync([EnumeratorCancellation] CancellationToken ct)
    {
        lock (_lock)
        {
            if (!_isWatched && _isStreaming)
                Ask_NeedsLock(TimeSpan.Zero);
            _isWatched = true;
        }

        for (RoomPresence? told = null; ;)
        {
            Task changed;
            RoomPresence? now;
            bool isOver;
            lock (_lock)
                (changed, now, isOver) = (_changed.Task, _now, _isOver);
            if (now is not null && !ReferenceEquals(now, told))
                yield return told = now;
            else if (isOver)
                yield break;
            else
                await changed.WaitAsync(ct);
        }
    }

    /// <summary>The room's stream begins, or goes on after a break in which anybody may have come and gone.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _isStreaming = true;
            if (_isWatched)
                Ask_NeedsLock(TimeSpan.Zero);
        }
    }

    /// <summary>Some have come, or gone.</summary>
    public void Take(ServerFrame frame)
    {
        lock (_lock)
        {
            if (!_isWatched || _isOver)
                return;
            if (_meanwhile is not null)
                _meanwhile.Add(frame);
            else if (_isKnown)
            {
                if (!Apply_NeedsLock(frame) && _question is null)
                    Ask_NeedsLock(Soon());
                Tell_NeedsLock();
            }
        }
    }

    /// <summary>The room is left: nobody is told anything more.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _isOver = true;
            _question?.Cancel();
            _changed.TrySetResult();
        }
    }

    public Task EndedAsync()
    {
        lock (_lock)
            return _asking;
    }

    /// <summary>A question from before is of no use any more.</summary>
    private void Ask_NeedsLock(TimeSpan wait)
    {
        if (_isOver || host.Stopped.IsCancellationRequested)
            return;
        _question?.Cancel();
        _meanwhile = null;
        _question = CancellationTokenSource.CreateLinkedTokenSource(host.Stopped);
        _asking = AskAsync(_asking, _question, wait);
    }

    private async Task AskAsync(Task before, CancellationTokenSource question, TimeSpan wait)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using (question)
        {
            try
            {
                while (true)
                {
                    await Task.Delay(wait, host.Options.Time, question.Token);
                    if (await TryAskAsync(question.Token))
                        break;
                    wait = Soon();
                }
            }
            catch (OperationCanceledException)
            {
                // Asked anew, or the room is left.
            }

            lock (_lock)
            {
                if (_question == question)
                    _question = null;
            }
        }
    }

    /// <summary>False if it has to be asked again.</summary>
    private async Task<bool> TryAskAsync(CancellationToken ct)
    {
        lock (_lock)
        {
            ct.ThrowIfCancellationRequested();
            _meanwhile = [];
        }

        try
        {
            var whole = await host.Api.PresenceAsync(room, ct);
            lock (_lock)
            {
                ct.ThrowIfCancellationRequested();
                return Replace_NeedsLock(whole);
            }
        }
        catch (HubbubException)
        {
            lock (_lock)
            {
                ct.ThrowIfCancellationRequested();
                _meanwhile = null;
            }

            return false;
        }
    }

    private bool Replace_NeedsLock(RoomPresence whole)
    {
        var meanwhile = _meanwhile ?? [];
        _meanwhile = null;
        _isKnown = true;
        (_count, _isSampled) = (whole.Count, whole.IsSampled);
        _users.Clear();
        foreach (var user in whole.Users)
            _users[user.Id] = user;
        var fits = true;
        foreach (var frame in meanwhile)
            fits = Apply_NeedsLock(frame);
        Tell_NeedsLock();
        return fits;
    }

    /// <summary>False if the list is not whole now, or has missed something.</summary>
    private bool Apply_NeedsLock(ServerFrame frame)
    {
        _count = frame.Payload.Number("count") ?? _count;
        if (frame.Payload.People("joined") is not { } joined || frame.Payload.People("left") is not { } left)
        {
            _isSampled = true;
            return true;
        }

        foreach (var user in left)
            _users.Remove(user.Id);
        foreach (var user in joined)
            _users[user.Id] = user;

        // A sample does not grow whole again by changes; and a count that does not fit says that some were not heard.
        return !_isSampled && _users.Count == _count;
    }

    private void Tell_NeedsLock()
    {
        _now = new RoomPresence(_count, [.. _users.Values], _isSampled);
        _changed.TrySetResult();
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private TimeSpan Soon()
    {
        lock (host.Random)
            return Again * (1 + host.Random.NextDouble());
    }
}
