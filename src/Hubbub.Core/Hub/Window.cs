using Hubbub.Protocol;

namespace Hubbub.Core.Hub;

/// <summary>
/// What a relaxed room has taken in and not told yet. At the end of each window all of it goes on the lane at once: the newest events, as many as the allowance has left, behind one frame that
/// counts the older ones. As that frame stands on the lane, it is encoded once for all who listen. Never more is kept than can be told. Guarded by the room's lock.
/// </summary>
/// <remarks>
/// The allowance is a token bucket of the room: it gains <see cref="HubOptions.RelaxedRate"/> a second and holds a second's worth, so a room that has been quiet tells a burst whole. Every listener reads
/// the same lane, so the room's allowance is each connection's.
/// </remarks>
internal sealed class Window
{
    private readonly RoomId _room;
    private readonly TimeSpan _length;
    private readonly int _rate;
    private readonly TimeProvider _time;
    private readonly Queue<RoomEvent> _newest = new();
    private double _allowance;
    private long _countedAt;
    private long _endedAt;

    public Window(RoomId room, Position head, HubOptions options, TimeProvider time)
    {
        _room = room;
        _length = options.RelaxedWindow;
        _rate = options.RelaxedRate;
        _time = time;
        _allowance = _rate;
        _countedAt = time.GetTimestamp();

        // A room begins as one that has been quiet.
        _endedAt = _countedAt - (long)(_length.TotalSeconds * time.TimestampFrequency);
        HeadSequence = head.Sequence;
    }

    /// <summary>The newest sequence that was taken in; the lane's may be older.</summary>
    public long HeadSequence { get; private set; }

    /// <summary>Whether the room is among those whose windows the hub will end.</summary>
    public bool IsAwaited { get; set; }

    public bool IsEmpty => _newest.Count == 0;

    /// <summary>How many events a second's allowance is: no more are ever told at once.</summary>
    public static int Burst(HubOptions options) => options.RelaxedRate;

    /// <summary>Takes in the next event of the log.</summary>
    public void Take(RoomEvent e)
    {
        HeadSequence = e.Sequence;
        if (_newest.Count == _rate)
            _newest.Dequeue();
        _newest.Enqueue(e);
    }

    /// <summary>A message is deleted: what was not told of it yet is told without its text.</summary>
    public void Erase(long message)
    {
        for (var left = _newest.Count; left > 0; left--)
        {
            var e = _newest.Dequeue();
            _newest.Enqueue(e.IsOf(message) ? e with { Content = e.Content.Erased() } : e);
        }
    }

    /// <summary>Forgets what was not told, for a log that has begun another life there.</summary>
    public void Begin(Position head)
    {
        _newest.Clear();
        HeadSequence = head.Sequence;
    }

    /// <summary>Whether the last window is so long ago that the next event need not wait.</summary>
    public bool IsDue => _time.GetElapsedTime(_endedAt) >= _length;

    /// <summary>Puts on the lane what may be told now. False if nothing may: then all of it waits for another window.</summary>
    public bool TryEnd(Lane lane)
    {
        var now = _time.GetTimestamp();
        _allowance = Math.Min(_rate, _allowance + (_rate * _time.GetElapsedTime(_countedAt, now).TotalSeconds));
        _countedAt = now;
        if (IsEmpty || _allowance < 1)
            return false;
        _endedAt = now;
        while (_newest.Count > (int)_allowance)
            _newest.Dequeue();
        _allowance -= _newest.Count;
        var from = lane.HeadPosition;
        var first = _newest.Peek().Sequence;
        if (first > from.Sequence + 1)
            lane.Append(Frame.Skipped(_room, from, first - 1));
        while (_newest.TryDequeue(out var e))
            lane.Append(Frame.Of(e));
        return true;
    }
}
