namespace Hubbub.Load.Loop;

/// <summary>
/// Opens many connections on one loop, at most 64 at a time, so that the server's accept queue is never full and a refused
/// connection means something. The first failure, or 10 s in which none got ready, ends it.
/// </summary>
internal sealed class Ramp
{
    private const int MaxOpening = 64;
    private static readonly long s_patience = Clock.Milliseconds(10_000);

    private readonly Target _target;
    private readonly int _count;
    private readonly Func<int, LoopConnection> _create;
    private readonly Action _opened;
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;
    private int _ready;
    private long _lastProgress;

    private Ramp(Target target, int count, Func<int, LoopConnection> create, Action opened)
    {
        _target = target;
        _count = count;
        _create = create;
        _opened = opened;
    }

    /// <summary>
    /// Opens <paramref name="count"/> connections made by <paramref name="create"/>, which like <paramref name="opened"/> is
    /// called on the loop's thread. Completes when all are ready.
    /// </summary>
    public static async Task OpenAsync(
        EventLoop loop, Target target, int count, Func<int, LoopConnection> create, Action opened, CancellationToken cancel)
    {
        if (count == 0)
            return;
        var ramp = new Ramp(target, count, create, opened);
        loop.Post(() =>
        {
            ramp._lastProgress = Clock.Now;
            loop.OnTick(ramp.OnTick);
            ramp.OpenMore();
        });
        await using var stop = cancel.Register(() => ramp._finished.TrySetCanceled(cancel));
        await loop.WaitAsync(ramp._finished.Task);
    }

    private void OpenMore()
    {
        while (_begun < _count && _begun - _ready < MaxOpening && !_finished.Task.IsCompleted)
        {
            var connection = _create(_begun++);
            connection.Settled = OnSettled;
            connection.Connect(_target);
        }
    }

    private void OnSettled(string? failure)
    {
        if (failure is not null)
        {
            Fail(failure);
            return;
        }
        _ready++;
        _lastProgress = Clock.Now;
        _opened();
        if (_ready == _count)
            _finished.TrySetResult();
        else
            OpenMore();
    }

    private void OnTick(long now)
    {
        if (!_finished.Task.IsCompleted && now - _lastProgress > s_patience)
            Fail("nothing happened for 10 s");
    }

    private void Fail(string reason) =>
        _finished.TrySetException(new BenchmarkFailure($"{_ready} of {_count} connections opened, then one failed: {reason}."));
}
