using System.Diagnostics;

namespace Hubbub.LocalCluster;

/// <summary>
/// Waiting for something that another thread, process or machine does: never a sleep, always a deadline, always a reason, which is what the failed
/// test says. Looks at once, then after 1, 2, 4 … at most 50 ms, so that a quick success is found quickly and a slow one costs little.
/// </summary>
/// <remarks>Absence cannot be awaited: cause a later event that must be seen, wait for that, and then look.</remarks>
public static class Eventually
{
    /// <summary>Long enough for a busy two-core machine, short enough to be noticed.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until the condition holds.</summary>
    /// <param name="reason">What should become true, as a sentence's end: "the subscription is ready".</param>
    /// <param name="condition">Looked at again and again; what it throws ends the wait.</param>
    /// <param name="deadline">How long at most; <see cref="Deadline"/> by default.</param>
    /// <exception cref="TimeoutException">It did not become true in time.</exception>
    public static Task UntilAsync(string reason, Func<bool> condition, TimeSpan? deadline = null) =>
        UntilAsync(reason, () => Task.FromResult(condition()), deadline);

    /// <inheritdoc cref="UntilAsync(string, Func{bool}, TimeSpan?)"/>
    public static async Task UntilAsync(string reason, Func<Task<bool>> condition, TimeSpan? deadline = null) =>
        await FindAsync(reason, async () => await condition() ? "found" : null, deadline);

    /// <summary>Waits until there is something, and returns it.</summary>
    /// <exception cref="TimeoutException">There was nothing in time.</exception>
    public static async Task<T> FindAsync<T>(string reason, Func<Task<T?>> look, TimeSpan? deadline = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(look);
        var limit = deadline ?? Deadline;
        var began = Stopwatch.GetTimestamp();
        for (var pause = TimeSpan.FromMilliseconds(1); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            if (await WithinAsync(reason, look(), Left(began, limit)) is { } found)
                return found;
            if (Stopwatch.GetElapsedTime(began) >= limit)
                throw InVain(reason, limit);
            await Task.Delay(pause);
        }
    }

    /// <summary>Waits for a task that may hang.</summary>
    /// <exception cref="TimeoutException">It did not complete in time.</exception>
    public static async Task WithinAsync(string reason, Task task, TimeSpan? deadline = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        var limit = deadline ?? Deadline;
        using var enough = new CancellationTokenSource();
        if (await Task.WhenAny(task, Task.Delay(limit, enough.Token)) != task)
            throw InVain(reason, limit);
        await enough.CancelAsync();
        await task;
    }

    /// <inheritdoc cref="WithinAsync(string, Task, TimeSpan?)"/>
    public static async Task<T> WithinAsync<T>(string reason, Task<T> task, TimeSpan? deadline = null)
    {
        await WithinAsync(reason, (Task)task, deadline);
        return await task;
    }

    private static TimeSpan Left(long began, TimeSpan limit)
    {
        var left = limit - Stopwatch.GetElapsedTime(began);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private static TimeoutException InVain(string reason, TimeSpan limit) => new($"Waited {limit.TotalSeconds:0.#} s in vain for this: {reason}.");
}
