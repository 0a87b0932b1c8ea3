using System.Collections.Concurrent;
using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>
/// Lets one signal a second of each typist through to a room. Whoever watches sees no difference, and a client that signals without end reaches nobody's
/// lane with it. Thread-safe.
/// </summary>
internal sealed class TypingPace(TimeProvider time)
{
    /// <summary>Beyond it all are forgotten: a signal too many now and then costs less than remembering everybody.</summary>
    private const int MaxKept = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(RoomId, UserId), long> _signalledAt = new();

    /// <summary>Whether this signal is to be told; then the next second is this typist's silence.</summary>
    public bool TryTake(RoomId room, UserId user)
    {
        var now = time.GetTimestamp();
        if (_signalledAt.TryGetValue((room, user), out var before) && time.GetElapsedTime(before, now) < Interval)
            return false;
        if (_signalledAt.Count >= MaxKept)
            _signalledAt.Clear();
        _signalledAt[(room, user)] = now;
        return true;
    }

    /// <summary>What was typed has been said: who types on is to be shown again at once.</summary>
    public void Forget(RoomId room, UserId user) => _signalledAt.TryRemove((room, user), out _);
}
