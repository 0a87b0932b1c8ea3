namespace Hubbub.ConformanceTests.Servers;

/// <summary>
/// The real clock, which can be made to jump ahead: then every timer that the jump has passed fires at once. So a test lives through a minute without waiting for it,
/// while everything that really takes time still does. Thread-safe.
/// </summary>
internal sealed class JumpingClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<JumpingTimer> _timers = [];
    private TimeSpan _ahead;

    private TimeSpan Ahead
    {
        get
        {
            lock (_lock)
                return _ahead;
        }
    }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;

    public override long GetTimestamp() => System.GetTimestamp() + (long)(Ahead.TotalSeconds * System.TimestampFrequency);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new JumpingTimer(this, callback, state);
        lock (_lock)
            _timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Jump(TimeSpan by)
    {
        JumpingTimer[] timers;
        lock (_lock)
        {
            _ahead += by;
            timers = [.. _timers];
        }

        foreach (var timer in timers)
            timer.HasJumped();
    }

    private sealed class JumpingTimer : ITimer
    {
        private readonly JumpingClock _clock;
        private readonly ITimer _inner;
        private readonly Lock _lock = new();
        private TimeSpan _period = Timeout.InfiniteTimeSpan;
        private DateTimeOffset? _due;

        public JumpingTimer(JumpingClock clock, TimerCallback callback, object? state)
        {
            _clock = clock;
            _inner = System.CreateTimer(
                _ =>
                {
                    HasFired();
                    callback(state);
                },
                null,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_lock)
            {
                _period = period;
                _due = dueTime == Timeout.InfiniteTimeSpan ? null : _clock.GetUtcNow() + dueTime;
                return _inner.Change(dueTime, Timeout.InfiniteTimeSpan);
            }
        }

        public void HasJumped()
        {
            lock (_lock)
                Arm_NeedsLock();
        }

        public void Dispose()
        {
            lock (_clock._lock)
                _clock._timers.Remove(this);
            _inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void HasFired()
        {
            lock (_lock)
            {
                _due = _period > TimeSpan.Zero ? _clock.GetUtcNow() + _period : null;
                Arm_NeedsLock();
            }
        }

        private void Arm_NeedsLock()
        {
            if (_due is not { } due)
                return;
            var left = due - _clock.GetUtcNow();
            _inner.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
