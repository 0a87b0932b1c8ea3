namespace Hubbub.SdkTests.Sdks;

/// <summary>Time that passes as ever, and of which a test can skip some: whatever waits then waits so much less. Thread-safe.</summary>
internal sealed class SkippableTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly HashSet<Timer> _timers = [];
    private TimeSpan _skipped;

    public override long GetTimestamp()
    {
        lock (_lock)
            return System.GetTimestamp() + (long)(_skipped.TotalSeconds * TimestampFrequency);
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return System.GetUtcNow() + _skipped;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Skip(TimeSpan time)
    {
        Timer[] waiting;
        lock (_lock)
        {
            _skipped += time;
            waiting = [.. _timers];
        }

        foreach (var timer in waiting)
            timer.Arm();
    }

    /// <summary>Fires once: nothing in the SDK waits for a timer that repeats.</summary>
    private sealed class Timer : ITimer
    {
        private readonly SkippableTime _time;
        private readonly ITimer _inner;
        private TimeSpan _due = Timeout.InfiniteTimeSpan;
        private long _from;

        public Timer(SkippableTime time, TimerCallback callback, object? state)
        {
            _time = time;
            _inner = System.CreateTimer(
                given =>
                {
                    Forget();
                    callback(given);
                }, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (period != Timeout.InfiniteTimeSpan)
                throw new NotSupportedException("A timer that repeats.");
            lock (_time._lock)
            {
                (_due, _from) = (dueTime, _time.GetTimestamp());
                if (dueTime == Timeout.InfiniteTimeSpan)
                    _time._timers.Remove(this);
                else
                    _time._timers.Add(this);
            }

            return Arm();
        }

        public bool Arm()
        {
            lock (_time._lock)
            {
                if (_due == Timeout.InfiniteTimeSpan)
                    return _inner.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                if (!_time._timers.Contains(this))
                    return false;
                var left = _due - _time.GetElapsedTime(_from);
                return _inner.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }

        public void Dispose()
        {
            Forget();
            _inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Forget();
            return _inner.DisposeAsync();
        }

        private void Forget()
        {
            lock (_time._lock)
                _time._timers.Remove(this);
        }
    }
}
