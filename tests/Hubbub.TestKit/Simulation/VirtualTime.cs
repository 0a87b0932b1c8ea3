namespace Hubbub.TestKit.Simulation;

/// <summary>
/// The clock of a simulation: it stands still until the simulator moves it to the next timer that is due. A timer belongs to the actor that made it and dies
/// with it.
/// </summary>
public sealed class VirtualTime : TimeProvider
{
    private static readonly DateTimeOffset Beginning = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Simulator _simulator;
    private readonly PriorityQueue<(VirtualTimer Timer, int Setting), (long Due, long Order)> _timers = new();
    private long _now;
    private long _order;

    internal VirtualTime(Simulator simulator) => _simulator = simulator;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => Beginning + TimeSpan.FromTicks(GetTimestamp());

    public override long GetTimestamp()
    {
        _simulator.EnsureOnThread("The clock");
        return _now;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _simulator.EnsureOnThread("A new timer");
        var timer = new VirtualTimer(this, SynchronizationContext.Current as Actor ?? _simulator.Nature, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    internal void NewTimer(Actor actor, Action action, TimeSpan dueTime) =>
        new VirtualTimer(this, actor, static state => ((Action)state!)(), action).Change(dueTime, Timeout.InfiniteTimeSpan);

    /// <summary>Moves the clock and makes the timer's callback ready. False if nobody waits, or not for so short a time.</summary>
    internal bool MoveToNextTimer(TimeSpan atMost)
    {
        while (_timers.TryPeek(out var next, out var place))
        {
            var isVoid = next.Timer.Setting != next.Setting || next.Timer.Actor.IsDead;
            if (!isVoid && place.Due - _now > atMost.Ticks)
                return false;
            _timers.Dequeue();
            if (isVoid)
                continue;
            _now = Math.Max(_now, place.Due);
            next.Timer.Fire();
            return true;
        }

        return false;
    }

    private sealed class VirtualTimer(VirtualTime time, Actor actor, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public Actor Actor => actor;

        /// <summary>Counts the changes; an entry of the queue that has another one is void.</summary>
        public int Setting { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Setting++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
                time._timers.Enqueue((this, Setting), (time._now + dueTime.Ticks, time._order++));
            return true;
        }

        public void Fire()
        {
            if (_period > TimeSpan.Zero)
                Change(_period, _period);
            else
                Setting++;
            actor.Post(static self => ((VirtualTimer)self!).Call(), this);
        }

        public void Dispose() => Setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Call() => callback(state);
    }
}
