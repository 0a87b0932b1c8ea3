using System.Diagnostics.CodeAnalysis;
using Hubbub.Protocol;

namespace Hubbub.Core.Hub;

/// <summary>
/// A room's newest frames on this node: a bounded ring that every listener reads from its own place. Events and signals share one numbering
/// (ordinals, from 1, without holes); only events have a sequence of the log, and along the lane those never have a hole either. In a relaxed room a frame that tells of skipped events
/// stands in their place.
/// </summary>
/// <remarks>
/// One writer at a time (the room's lock); any number of readers, without a lock. A frame carries its ordinal, so a reader that finds another
/// ordinal in the slot knows that it has fallen off and must read on from the store.
/// </remarks>
public sealed class Lane
{
    private const int InitialSlots = 8;

    private readonly int _maxFrames;
    private readonly int _maxBytes;
    private Frame?[] _ring = new Frame?[InitialSlots];
    private long _head;
    private long _headSequence;
    private long _tail = 1;
    private long _bytes;

    /// <param name="from">Where the log stands when the lane begins; the lane holds what comes after.</param>
    /// <param name="maxFrames">How many frames to keep at most; rounded up to a power of two.</param>
    /// <param name="maxBytes">How many bytes of frames to keep at most; the newest frame is always kept.</param>
    /// <param name="relaxed">For the lane of a relaxed room: whose it is, and how many of the newest frames a reader gets that has fallen off.</param>
    public Lane(Position from, int maxFrames, int maxBytes, (RoomId Room, int Burst)? relaxed = null)
    {
        Epoch = from.Epoch;
        Relaxed = relaxed;
        _headSequence = from.Sequence;
        _maxFrames = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(maxFrames, InitialSlots));
        _maxBytes = maxBytes;
    }

    /// <summary>The life of the log that this lane tells of. A log that begins a new life gets a new lane.</summary>
    public Epoch Epoch { get; }

    /// <summary>Set if a reader that has fallen off skips to the newest frames: the room, and how many of them it gets. Null where it reads on from the store.</summary>
    public (RoomId Room, int Burst)? Relaxed { get; }

    /// <summary>The newest ordinal; 0 in an empty lane.</summary>
    public long Head => Volatile.Read(ref _head);

    /// <summary>
    /// The newest sequence. It is published before <see cref="Head"/>: who reads the head first and then this never finds a sequence below the head's.
    /// </summary>
    public long HeadSequence => Volatile.Read(ref _headSequence);

    public Position HeadPosition => new(Epoch, HeadSequence);

    /// <summary>Appends and publishes. The caller holds the room's lock.</summary>
    internal void Append(Frame frame)
    {
        var ordinal = _head + 1;
        frame.Ordinal = ordinal;
        if (frame.IsSignal)
            frame.Sequence = _headSequence;
        MakeRoom(frame.Size);
        Volatile.Write(ref _ring[Slot(_ring, ordinal)], frame);
        _bytes += frame.Size;

        if (!frame.IsSignal)
            Volatile.Write(ref _headSequence, frame.Sequence);

        // The point of publication: readers look at the head first, so they never see an empty slot below it unless the frame was dropped.
        Volatile.Write(ref _head, ordinal);
    }

    /// <summary>
    /// Puts in the place of a message, and of its edits, what is left of them when it is deleted. Who holds one of the frames already is about to send it, ahead of the deletion; nobody finds
    /// it here any more. The caller holds the room's lock.
    /// </summary>
    internal void Erase(long message)
    {
        for (var ordinal = _tail; ordinal <= _head; ordinal++)
        {
            ref var slot = ref _ring[Slot(_ring, ordinal)];
            if (slot?.Event is not { } e || !e.IsOf(message) || e.Content.Erased() is var left && left == e.Content)
                continue;
            var erased = Frame.Of(e with { Content = left });
            erased.Ordinal = ordinal;
            _bytes += erased.Size - slot.Size;
            Volatile.Write(ref slot, erased);
        }
    }

    /// <summary>The frame with this ordinal; false if it fell off or is not there yet.</summary>
    public bool TryGet(long ordinal, [NotNullWhen(true)] out Frame? frame)
    {
        var ring = Volatile.Read(ref _ring);
        frame = Volatile.Read(ref ring[Slot(ring, ordinal)]);
        return frame is not null && frame.Ordinal == ordinal;
    }

    /// <summary>
    /// Finds the place from which to read on after <paramref name="sequence"/>: the ordinal just before the event with the next sequence, or before the frame that tells of its skipping.
    /// False if the lane has neither.
    /// </summary>
    public bool TryFind(long sequence, out long ordinal)
    {
        // Binary search for the first frame whose sequence is above; as signals repeat the sequence of the event before them, that is the event itself.
        long low = Volatile.Read(ref _tail), high = Head + 1;
        while (low < high)
        {
            var middle = low + ((high - low) / 2);

            // A frame dropped under our hands counts as old: the search then ends above it.
            if (TryGet(middle, out var frame) && frame.Sequence > sequence)
                high = middle;
            else
                low = middle + 1;
        }

        ordinal = low - 1;
        return TryGet(low, out var found) && found.Before <= sequence && !found.IsSignal;
    }

    /// <summary>Of a relaxed room: the place before the newest frames, as many as a burst, or before as many as there are.</summary>
    /// <param name="head">The head as the reader saw it.</param>
    /// <param name="headSequence">The head's sequence, read after it.</param>
    internal (long Ordinal, long Sequence) BeforeNewest(long head, long headSequence)
    {
        for (var ordinal = Math.Max(head - Relaxed!.Value.Burst, Volatile.Read(ref _tail)); ordinal < head; ordinal++)
        {
            if (TryGet(ordinal, out var frame))
                return (ordinal, frame.Sequence);
        }

        return (head, headSequence);
    }

    private static int Slot(Frame?[] ring, long ordinal) => (int)(ordinal & (ring.Length - 1));

    private void MakeRoom(int size)
    {
        while (_tail <= _head && (_bytes + size > _maxBytes || _head - _tail + 1 >= _maxFrames))
            DropOldest();
        if (_head - _tail + 1 < _ring.Length)
            return;

        var grown = new Frame?[_ring.Length * 2];
        for (var ordinal = _tail; ordinal <= _head; ordinal++)
            grown[Slot(grown, ordinal)] = _ring[Slot(_ring, ordinal)];
        Volatile.Write(ref _ring, grown);
    }

    private void DropOldest()
    {
        ref var slot = ref _ring[Slot(_ring, _tail)];
        _bytes -= slot!.Size;
        Volatile.Write(ref slot, null);
        Volatile.Write(ref _tail, _tail + 1);
    }
}
