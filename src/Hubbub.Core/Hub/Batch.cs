using Hubbub.Protocol;
using Hubbub.Protocol.WebSockets;

namespace Hubbub.Core.Hub;

/// <summary>
/// Everything between one cursor and a lane's head as the bytes of one write, made once and shared by all listeners at that cursor. A shard owns one and makes it anew for each place.
/// Not thread-safe.
/// </summary>
public sealed class Batch
{
    /// <summary>One write's worth: more would only wait in the kernel, and a slow reader's next write begins at its cursor anyway.</summary>
    public const int MaxBytes = 64 * 1024;

    private readonly List<Frame> _frames = [];
    private readonly List<UserId> _concerned = [];
    private byte[] _joined = [];
    private ReadOnlyMemory<byte> _bytes;
    private Lane? _lane;
    private PerMessageDeflate _deflate;
    private bool _isWhole;

    /// <summary>Where a listener stands to whom this is to be written.</summary>
    public Cursor From { get; private set; }

    /// <summary>Where it stands afterwards.</summary>
    public Cursor To { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.Span;

    public bool IsEmpty => _bytes.IsEmpty;

    /// <summary>False if a listener here must read from the store before it can go on.</summary>
    public bool IsInLane { get; private set; }

    /// <summary>Whether it goes up to the lane's head as it was when it was made, not only to the limit of one write.</summary>
    public bool ReachesHead => _isWhole;

    /// <summary>Whether this is what comes next for a listener at <paramref name="cursor"/> of <paramref name="lane"/>.</summary>
    public bool Is(Lane lane, Cursor cursor) => ReferenceEquals(lane, _lane) && cursor == From;

    /// <summary>Forgets what it was made of. Before that it may be behind the lane, afterwards it is made anew.</summary>
    public void Clear()
    {
        _lane = null;
        _bytes = default;
        _frames.Clear();
        _concerned.Clear();
    }

    /// <summary>Takes what comes after <paramref name="from"/>, by the same decisions as a single reader (<see cref="CatchUp.Next"/>), in the form that was agreed on.</summary>
    public void Make(Lane lane, Cursor from, PerMessageDeflate deflate = default)
    {
        Clear();
        _deflate = deflate;
        _lane = lane;
        From = To = from;
        IsInLane = true;
        _isWhole = false;
        var size = 0;
        while (size < MaxBytes)
        {
            var step = CatchUp.Next(To, lane);
            switch (step.Kind)
            {
                case StepKind.Wait:
                    _isWhole = true;
                    Join(size);
                    return;
                case StepKind.ReadStore:
                    IsInLane = false;
                    Join(size);
                    return;
                case StepKind.Enter:
                    To = To with { Ordinal = step.Ordinal };
                    break;
                case StepKind.Pass:
                    To = To with { Ordinal = To.Ordinal + 1 };
                    break;
                case StepKind.Skip:
                    size += Add(Frame.Skipped(lane.Relaxed!.Value.Room, To.Position, step.Sequence, step.Ordinal));
                    break;
                case StepKind.Take:
                    var frame = step.Frame!;
                    size += Add(frame);
                    if ((frame.SignalOf ?? frame.Leave?.User.Id) is { } concerned)
                        _concerned.Add(concerned);
                    break;
            }
        }

        Join(size);
    }

    /// <summary>Whether it holds something that anybody must read otherwise than the others: mostly it does not, and then nobody need be asked who they are.</summary>
    public bool ConcernsSomebody => _concerned.Count > 0;

    /// <summary>Whether it holds something that this user, and nobody else, must read otherwise: an own signal, or the event that ends the reading.</summary>
    public bool Concerns(UserId? user)
    {
        foreach (var concerned in _concerned)
        {
            if (concerned == user)
                return true;
        }

        return false;
    }

    /// <summary>Where a listener stands of whom the kernel took <paramref name="taken"/> bytes, and the frame that was cut, if one was: its reader is behind it already.</summary>
    public Cursor Cut(int taken, out Frame? cut, out int offset)
    {
        var cursor = From;
        cut = null;
        offset = 0;
        foreach (var frame in _frames)
        {
            if (taken <= 0)
                break;
            cursor = cursor.After(frame);
            var length = frame.WebSocketFor(_deflate).Length;
            if (taken < length)
                (cut, offset) = (frame, taken);
            taken -= length;
        }

        return cursor;
    }

    /// <returns>The frame's size.</returns>
    private int Add(Frame frame)
    {
        To = To.After(frame);
        _frames.Add(frame);
        return frame.WebSocketFor(_deflate).Length;
    }

    private void Join(int size)
    {
        // One frame is in one piece already.
        if (_frames.Count <= 1)
        {
            _bytes = _frames.Count == 0 ? default : _frames[0].WebSocketFor(_deflate);
            return;
        }

        if (_joined.Length < size)
            _joined = GC.AllocateUninitializedArray<byte>(Math.Max(size, MaxBytes), pinned: true);
        var filled = 0;
        foreach (var frame in _frames)
        {
            var bytes = frame.WebSocketFor(_deflate);
            bytes.CopyTo(_joined.AsMemory(filled));
            filled += bytes.Length;
        }

        _bytes = _joined.AsMemory(0, filled);
    }
}
