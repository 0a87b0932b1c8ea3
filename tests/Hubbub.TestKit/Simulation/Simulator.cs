using System.Diagnostics;

namespace Hubbub.TestKit.Simulation;

/// <summary>
/// A world on one thread: of all continuations that are ready, chance picks the next, and the clock moves only when nothing is ready (or, rarely, under somebody's hands, as on a
/// busy machine). One seed is one course of events, to the last step.
/// </summary>
/// <remarks>
/// It works because the simulated code always returns to the context it was called on, reads time and makes timers through <see cref="Time"/>, and completes its promises
/// asynchronously. Whatever slips away to another thread is found: see <see cref="EscapeException"/>. Used by the thread that calls <see cref="Run"/>, and by no other.
/// </remarks>
public sealed class Simulator
{
    /// <summary>How often (one in so many steps) the clock moves though somebody is ready.</summary>
    private const int Hurry = 50;

    /// <summary>How far the clock moves at most while somebody is ready.</summary>
    private static readonly TimeSpan LongestHurry = TimeSpan.FromMilliseconds(50);

    /// <summary>A step is a continuation or two; a run of ten thousand is long. This many mean that somebody runs in a circle.</summary>
    private const int MaxSteps = 3_000_000;

    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<Ready> _ready = [];
    private volatile EscapeException? _escape;

    public Simulator(int seed)
    {
        Seed = seed;
        Random = new Random(seed);
        Time = new VirtualTime(this);
        Nature = new Actor(this, "nature");
    }

    public int Seed { get; }

    /// <summary>How long a story that is stuck is given, in real time, for somebody on another thread to show up: that thread may be far from its turn on a busy machine.</summary>
    public TimeSpan EscapeTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>All chance of this world.</summary>
    public Random Random { get; }

    public VirtualTime Time { get; }

    /// <summary>Continuations run so far.</summary>
    public int Steps { get; private set; }

    /// <summary>Who acts when nobody else does; never dies.</summary>
    internal Actor Nature { get; }

    /// <summary>Somebody whose work can end all at once: a process, a client, a machine.</summary>
    public Actor NewActor(string name) => new(this, name);

    public bool Chance(double probability) => probability > 0 && Random.NextDouble() < probability;

    public T Pick<T>(IReadOnlyList<T> from)
    {
        ArgumentNullException.ThrowIfNull(from);
        return from[Random.Next(from.Count)];
    }

    /// <summary>A time span between the two, in whole tenths of a millisecond.</summary>
    public TimeSpan Between(TimeSpan least, TimeSpan most) =>
        TimeSpan.FromMicroseconds(100 * Random.NextInt64((long)(least.TotalMicroseconds / 100), (long)(most.TotalMicroseconds / 100) + 1));

    /// <summary>Waits in virtual time; on the actor that calls.</summary>
    public Task Delay(TimeSpan time) => Task.Delay(time, Time);

    /// <summary>Does something after a while, whoever lives or dies meanwhile.</summary>
    public void After(TimeSpan wait, Action action) => Nature.After(wait, action);

    /// <summary>Runs until the story has ended; whatever else is under way then is dropped.</summary>
    /// <exception cref="EscapeException">Something ran on another thread.</exception>
    /// <exception cref="InvalidOperationException">Nothing is ready, nobody waits for the clock, and the story has not ended; or it runs in a circle.</exception>
    public void Run(Func<Task> story)
    {
        EnsureOnThread("Run");
        var before = SynchronizationContext.Current;
        try
        {
            // Nothing may be awaited without a context: it would go on somewhere else.
            SynchronizationContext.SetSynchronizationContext(Nature);
            var told = Nature.Call(async () =>
            {
                await story();
                return true;
            });
            while (!told.IsCompleted)
                Step();
            told.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        ThrowIfEscaped();
    }

    /// <summary>Finds code that has left the simulation's thread, by where it shows up.</summary>
    internal bool EnsureOnThread(string where)
    {
        if (Environment.CurrentManagedThreadId == _thread)
            return true;
        _escape ??= new EscapeException($"{where} was reached on another thread:{Environment.NewLine}{new StackTrace(1)}");
        return false;
    }

    internal void Enqueue(Actor actor, SendOrPostCallback callback, object? state)
    {
        if (EnsureOnThread($"A continuation of {actor.Name}"))
            _ready.Add(new Ready(actor, callback, state));
    }

    private void Step()
    {
        ThrowIfEscaped();
        if (++Steps > MaxSteps)
            throw new InvalidOperationException($"Seed {Seed} runs in a circle: {MaxSteps} steps, and it is {Time.GetUtcNow():O}.");
        if (_ready.Count == 0 && !Time.MoveToNextTimer(TimeSpan.MaxValue))
            throw Stuck();
        if (Random.Next(Hurry) == 0)
            Time.MoveToNextTimer(LongestHurry);
        if (_ready.Count == 0)
            return;

        var chosen = Random.Next(_ready.Count);
        var next = _ready[chosen];
        _ready[chosen] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        if (next.Actor.IsDead)
            return;
        SynchronizationContext.SetSynchronizationContext(next.Actor);
        next.Callback(next.State);
    }

    private InvalidOperationException Stuck()
    {
        // Perhaps somebody is on another thread at this moment and will show up.
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < EscapeTimeout)
        {
            ThrowIfEscaped();
            Thread.Sleep(1);
        }

        return new InvalidOperationException($"Seed {Seed} is stuck at step {Steps}: nothing is ready and nobody waits for the clock.");
    }

    private void ThrowIfEscaped()
    {
        if (_escape is not null)
            throw _escape;
    }

    private readonly record struct Ready(Actor Actor, SendOrPostCallback Callback, object? State);
}

/// <summary>Simulated code ran where the simulation could not see it, so that its seed means nothing.</summary>
public sealed class EscapeException(string message) : Exception(message);
