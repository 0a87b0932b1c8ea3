using System.Collections.Concurrent;

namespace Hubbub.Server.Transports;

/// <summary>So many for each, and no more. Keeps a number for those who have some, and nothing for others. Thread-safe.</summary>
/// <param name="most">How many one may have; 0: as many as they like, and nothing is counted.</param>
internal sealed class Quota<TKey>(int most)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, int> _taken = new();

    /// <summary>Whether another was to be had.</summary>
    public bool TryTake(TKey key)
    {
        if (most <= 0)
            return true;
        while (true)
        {
            if (!_taken.TryGetValue(key, out var taken))
            {
                if (_taken.TryAdd(key, 1))
                    return true;
            }
            else if (taken >= most)
            {
                return false;
            }
            else if (_taken.TryUpdate(key, taken + 1, taken))
            {
                return true;
            }
        }
    }

    /// <summary>Gives back one that was taken.</summary>
    public void Return(TKey key)
    {
        if (most <= 0)
            return;
        while (_taken.TryGetValue(key, out var taken))
        {
            if (taken > 1 ? _taken.TryUpdate(key, taken - 1, taken) : _taken.TryRemove(new KeyValuePair<TKey, int>(key, taken)))
                return;
        }
    }
}
