namespace Hubbub.Stores.Sqlite.Writing;

/// <summary>A caller's change that waits for the writer. It is acknowledged after the commit of the transaction that it ran in, or fails.</summary>
internal abstract class Write(CancellationToken ct)
{
    /// <summary>The caller has gone, and the change has not begun.</summary>
    public bool IsCancelled => ct.IsCancellationRequested;

    protected CancellationToken Cancellation => ct;

    /// <summary>Makes the change inside the transaction; again, in a new one, if the first was rolled back because of another's failure.</summary>
    public abstract void Execute(WriteSession session);

    public abstract void Acknowledge();

    public abstract void Fail(Exception exception);

    public abstract void Cancel();
}

internal sealed class Write<T>(Func<WriteSession, T> change, CancellationToken ct) : Write(ct)
{
    // The writer's thread must not run what its callers do next.
    private readonly TaskCompletionSource<T> _acknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Acknowledged => _acknowledged.Task;

    public override void Execute(WriteSession session) => _result = change(session);

    public override void Acknowledge() => _acknowledged.TrySetResult(_result!);

    public override void Fail(Exception exception) => _acknowledged.TrySetException(exception);

    public override void Cancel() => _acknowledged.TrySetCanceled(Cancellation);
}
