using System.Threading.Tasks.Sources;

namespace Hubbub.Core.Hub;

/// <summary>
/// An auto-reset event for one waiter, without an allocation per wait. Rings while nobody waits are remembered as one. The waiter continues
/// on the thread pool or on its synchronisation context, never inside <see cref="Ring"/>.
/// </summary>
internal sealed class Bell : IValueTaskSource
{
    private const int Quiet = 0;
    private const int Rung = 1;
    private const int Awaited = 2;

    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private int _state;

    public void Ring()
    {
        // Awaited → Quiet (the waiter is woken); Quiet → Rung; Rung stays.
        while (true)
        {
            var seen = Volatile.Read(ref _state);
            if (seen == Rung)
                return;
            var next = seen == Awaited ? Quiet : Rung;
            if (Interlocked.CompareExchange(ref _state, next, seen) != seen)
                continue;
            if (seen == Awaited)
                _core.SetResult(true);
            return;
        }
    }

    /// <summary>Completes at the next ring, or at once if it has rung since the last wait. One waiter at a time; to stop waiting, ring.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Quiet, Rung) == Rung)
            return ValueTask.CompletedTask;

        // Reset before anybody may see that we wait: only then can SetResult be called on this version.
        _core.Reset();
        if (Interlocked.CompareExchange(ref _state, Awaited, Quiet) == Quiet)
            return new ValueTask(this, _core.Version);

        // A full fence, as on the other ways out: what the waiter now looks at is not read before a new ring can be heard.
        Interlocked.Exchange(ref _state, Quiet);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
