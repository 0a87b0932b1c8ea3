using Hubbub.Core.Log;
using Hubbub.Protocol;

namespace Hubbub.ConformanceTests.Servers;

/// <summary>A log that can be held up, made to fail, or made to store and then fail, as disks do. Thread-safe.</summary>
internal sealed class TroubledLog(IRoomLog inner) : IRoomLog
{
    private volatile Trouble _trouble;
    private volatile TaskCompletionSource? _gate;
    private volatile TaskCompletionSource? _gateBehind;
    private int _appends;

    /// <summary>How many batches have been handed over, held up or not.</summary>
    public int Appends => Volatile.Read(ref _appends);

    public Trouble Trouble
    {
        get => _trouble;
        set => _trouble = value;
    }

    /// <summary>From now on appends wait.</summary>
    public void Hold() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Batches that are handed over from now on are stored, and then not reported.</summary>
    public void HoldReports() => _gateBehind = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => Interlocked.Exchange(ref _gate, null)?.SetResult();

    public void ReleaseReports() => Interlocked.Exchange(ref _gateBehind, null)?.SetResult();

    public async ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct)
    {
        var behind = _gateBehind;
        Interlocked.Increment(ref _appends);
        if (_gate is { } gate)
            await gate.Task;
        if (Trouble is Trouble.Appends or Trouble.Everything)
            throw new StoreException("The disk is full.");
        var outcomes = await inner.AppendAsync(batch, ct);
        if (behind is not null)
            await behind.Task;
        return Trouble == Trouble.AfterStoring ? throw new StoreException("The disk did not confirm.") : outcomes;
    }

    public ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct) =>
        Trouble == Trouble.Everything ? throw new StoreException("The disk cannot be read.") : inner.ReadAsync(room, after, limit, ct);

    public ValueTask<IReadOnlyList<Position?>> HeadsAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct) =>
        Trouble == Trouble.Everything ? throw new StoreException("The disk cannot be read.") : inner.HeadsAsync(rooms, ct);
}

internal enum Trouble
{
    None,
    Appends,
    AfterStoring,
    Everything,
}
