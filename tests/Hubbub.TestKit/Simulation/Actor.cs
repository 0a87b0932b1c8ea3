namespace Hubbub.TestKit.Simulation;

/// <summary>
/// One who acts in a simulation: a process, a client, the store's machine. It is the synchronisation context of all its code, so when it dies, every continuation and timer of it
/// is gone, at whichever <c>await</c> each of them was; what it asked of others goes on without it.
/// </summary>
public sealed class Actor : SynchronizationContext
{
    private readonly Simulator _simulator;
    private List<(SendOrPostCallback Callback, object? State)>? _frozen;

    internal Actor(Simulator simulator, string name)
    {
        _simulator = simulator;
        Name = name;
    }

    public string Name { get; }

    public bool IsDead { get; private set; }

    /// <summary>Ends everything this actor does, between two steps or in the midst of its own.</summary>
    public void Die() => IsDead = true;

    /// <summary>Holds everything up for a while, as a stopped process or a long collection does: time goes on, and this actor does not notice until it wakes.</summary>
    public void Freeze(TimeSpan time)
    {
        if (_frozen is not null)
            return;
        _frozen = [];
        _simulator.After(time, () =>
        {
            var waiting = _frozen;
            _frozen = null;
            foreach (var (callback, state) in waiting)
                Post(callback, state);
        });
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsDead)
            return;
        if (_frozen is not null && _simulator.EnsureOnThread($"A continuation of {Name}"))
            _frozen.Add((d, state));
        else
            _simulator.Enqueue(this, d, state);
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing in a simulation blocks.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Does something as this actor, soon.</summary>
    public void Do(Action action) => Post(static state => ((Action)state!)(), action);

    /// <summary>Does something as this actor, after a while; nothing if it is dead by then.</summary>
    public void After(TimeSpan wait, Action action) => _simulator.Time.NewTimer(this, action, wait);

    /// <summary>
    /// Does something as this actor, soon, and tells the outcome to whoever asked. If the actor dies first, it never answers; if the asker cancels, it is not told, and the act goes on.
    /// </summary>
    public Task<T> Call<T>(Func<Task<T>> act, CancellationToken ct = default)
    {
        var outcome = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelling = ct.Register(() => outcome.TrySetCanceled(ct));
        Do(async () =>
        {
            using var registered = cancelling;
            try
            {
                outcome.TrySetResult(await act());
            }
#pragma warning disable CA1031 // It is handed on, not hidden.
            catch (Exception e)
#pragma warning restore CA1031
            {
                outcome.TrySetException(e);
            }
        });
        return outcome.Task;
    }
}
