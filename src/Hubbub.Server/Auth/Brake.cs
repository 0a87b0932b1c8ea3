namespace Hubbub.Server.Auth;

/// <summary>
/// Slows down who tries again and again: so many attempts are free, then each must wait, twice as long as the one before, up to a longest time. An attempt counts when it begins, so that many at once are no
/// way around it. Quiet for longer than the longest wait and twice that, one begins anew. Thread-safe.
/// </summary>
/// <remarks>
/// Two generations of half the size, as in <see cref="TokenCache"/>: who floods it with keys makes it forget, but each key costs the flooder an attempt that is counted against their address too.
/// </remarks>
internal sealed class Brake<TKey>(int free, TimeSpan longest, TimeProvider time)
    where TKey : notnull
{
    public const int MaxEntries = 50_000;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Dictionary<TKey, Entry> _young = [];
    private Dictionary<TKey, Entry> _old = [];

    public int Count
    {
        get
        {
            lock (_lock)
                return _young.Count + _old.Count;
        }
    }

    /// <summary>Begins an attempt, which counts as failed until <see cref="TakeBack"/> or <see cref="Forget"/>.</summary>
    /// <returns>Null, or how long to wait: nothing was begun.</returns>
    public TimeSpan? TryBegin(TKey key)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            var entry = Find_NeedsLock(key);
            var since = time.GetElapsedTime(entry.At, now);
            if (entry.Attempts > 0 && since > 2 * longest)
                entry = default;
            if (entry.Attempts >= free)
            {
                var wait = Pause(entry.Attempts - free) - since;
                if (wait > TimeSpan.Zero)
                    return wait;
            }

            Keep_NeedsLock(key, new Entry(entry.Attempts + 1, now));
            return null;
        }
    }

    /// <summary>The attempt was none: it succeeded, or could not be judged.</summary>
    public void TakeBack(TKey key)
    {
        lock (_lock)
        {
            var entry = Find_NeedsLock(key);
            if (entry.Attempts > 0)
                Keep_NeedsLock(key, entry with { Attempts = entry.Attempts - 1 });
        }
    }

    /// <summary>All attempts so far are forgiven.</summary>
    public void Forget(TKey key)
    {
        lock (_lock)
        {
            _young.Remove(key);
            _old.Remove(key);
        }
    }

    private TimeSpan Pause(int beyond) => TimeSpan.FromSeconds(Math.Min(longest.TotalSeconds, First.TotalSeconds * Math.Pow(2, Math.Min(beyond, 30))));

    private Entry Find_NeedsLock(TKey key) => _young.TryGetValue(key, out var entry) ? entry : _old.GetValueOrDefault(key);

    private void Keep_NeedsLock(TKey key, Entry entry)
    {
        _young[key] = entry;
        _old.Remove(key);
        if (_young.Count < MaxEntries / 2)
            return;
        _old = _young;
        _young = [];
    }

    private readonly record struct Entry(int Attempts, long At);
}
