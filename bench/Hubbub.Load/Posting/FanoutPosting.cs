using Hubbub.Load.Checks;
using Hubbub.Load.Figures;
using Hubbub.Load.Loop;

namespace Hubbub.Load.Posting;

/// <summary>
/// The one who posts to the listeners' room. Open: message n is due at first + n ÷ rate whatever happened to those before
/// it, is stamped with that time, and goes out late rather than never, so a server that falls behind is charged for all of
/// the wait (no coordinated omission). Closed: the next message goes out when the last is acknowledged and everybody has it.
/// A refused message is counted and not retried. Lives on its loop's thread, but for <see cref="GroupHeard"/>.
/// </summary>
internal sealed class FanoutPosting : IPostObserver
{
    private static readonly long s_patience = Clock.Milliseconds(10_000);

    private readonly EventLoop _loop;
    private readonly PostTally _tally;
    private readonly AckLedger _ledger;
    private readonly double? _interval;
    private readonly int _groups;
    private readonly Stack<IPoster> _slots = [];
    private readonly Action _everybodyHeard;
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PaceTimer? _timer;
    private long _first;
    private long _sentAt;
    private int _next;
    private int _unanswered;
    private int _groupsHeard;
    private bool _waitingForListeners;

    /// <param name="loop">The posters' loop.</param>
    /// <param name="rate">Posts a second; null for the closed loop.</param>
    /// <param name="groups">How many groups of listeners must hear a message.</param>
    /// <param name="tally">Gets refusals and faults; its end is when posting ends.</param>
    /// <param name="ledger">Gets the acknowledgements.</param>
    public FanoutPosting(EventLoop loop, double? rate, int groups, PostTally tally, AckLedger ledger)
    {
        _loop = loop;
        _tally = tally;
        _ledger = ledger;
        _groups = groups;
        _interval = 1e9 / rate;
        _everybodyHeard = OnEverybodyHeard;
    }

    public Task Finished => _finished.Task;

    /// <summary>How late messages were sent, after they were due.</summary>
    public LatencyHistogram SendDelay { get; } = new();

    /// <summary>Numbers given out: every message below this was sent once.</summary>
    public int Sent => Volatile.Read(ref _next);

    public void Add(IPoster poster)
    {
        for (var i = 0; i < (_interval is null ? 1 : poster.Capacity); i++)
            _slots.Push(poster);
    }

    /// <summary>Sends the first message at this time and goes on until the tally's end. Any thread.</summary>
    public void Begin(long first) => _loop.Post(() =>
    {
        _first = first;
        _timer = new PaceTimer(_loop, SendDue);
        _timer.RingAt(first);
        _loop.OnTick(OnTick);
    });

    /// <summary>One group's listeners have all heard the message that is out. Any thread.</summary>
    public void GroupHeard()
    {
        if (Interlocked.Increment(ref _groupsHeard) != _groups)
            return;
        Volatile.Write(ref _groupsHeard, 0);
        _loop.Post(_everybodyHeard);
    }

    public void OnStored(IPoster poster, int number, long sequence, uint epoch, long now)
    {
        _ledger.Acknowledge(0, 0, number, sequence, epoch);
        _tally.Stored(_interval is { } interval ? DueAt(number, interval) : _sentAt, now);
        Answered(poster);
    }

    public void OnRefused(IPoster poster, int number, string code, bool retryable, long now)
    {
        _tally.Refused(code);
        _tally.GivenUp++;
        _waitingForListeners = false;
        // What a retry cannot help would be refused again at once, and for ever.
        if (!retryable)
            _finished.TrySetResult();
        Answered(poster);
    }

    public void OnLost(IPoster poster, string reason)
    {
        if (Finished.IsCompleted)
            return;
        _tally.Fault($"the poster lost its connection: {reason}");
        _tally.Unanswered += _unanswered;
        _finished.TrySetResult();
    }

    private long DueAt(int number, double interval) => _first + (long)(number * interval);

    private void Answered(IPoster poster)
    {
        _unanswered--;
        _slots.Push(poster);
        SendDue();
    }

    private void OnEverybodyHeard()
    {
        _waitingForListeners = false;
        SendDue();
    }

    private void SendDue()
    {
        while (!Finished.IsCompleted)
        {
            var now = Clock.Now;
            var due = _interval is { } interval ? DueAt(_next, interval) : Math.Max(now, _first);
            if (due >= _tally.End || _tally.IsFull)
            {
                if (_unanswered == 0 && !_waitingForListeners)
                    _finished.TrySetResult();
                return;
            }
            if (_slots.Count == 0 || _waitingForListeners)
                return;
            if (due > now)
            {
                _timer!.RingAt(due);
                return;
            }
            Send(due, now);
        }
    }

    private void Send(long due, long now)
    {
        _unanswered++;
        _waitingForListeners = _interval is null;
        _sentAt = now;
        if (due >= _tally.Begin)
            SendDelay.Record(now - due);
        var number = _next;
        Volatile.Write(ref _next, number + 1);
        _slots.Pop().Post(number, due);
    }

    private void OnTick(long now)
    {
        if (Finished.IsCompleted)
            return;
        var waits = _unanswered > 0 || _waitingForListeners;
        if (waits && now - _sentAt > s_patience)
            Abandon(_unanswered > 0
                ? $"{_unanswered} posts were not answered within 10 s"
                : $"message {_next - 1} did not reach every listener within 10 s");
        else if (now > _tally.End + s_patience)
            Abandon("posts that were due could still not be sent 10 s after the end");
    }

    private void Abandon(string reason)
    {
        _tally.Fault(reason);
        _tally.Unanswered += _unanswered;
        _finished.TrySetResult();
    }
}
