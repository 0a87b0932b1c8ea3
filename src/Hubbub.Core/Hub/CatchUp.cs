using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Core.Hub;

/// <summary>
/// Where a reader goes on: a pure decision from what it holds and what the room has. It begins with <see cref="Start"/> (may this story
/// continue at all?) and then repeats <see cref="Next"/>: from the lane if the lane still has it, else a page from the store, else wait. In a relaxed room it skips instead of reading pages.
/// </summary>
/// <remarks>
/// No clock, no I/O, no state but its arguments, so the simulation and the production code make the same decisions. The reader's place is a
/// <see cref="Cursor"/>; after every frame it hands on, the cursor moves by exactly one event, or over those of whose skipping the frame tells.
/// </remarks>
public static class CatchUp
{
    /// <summary>How many events a reader takes from the store at a time: 64 of the largest (16 KiB) are 1 MiB, the most that a slow reader may cost.</summary>
    public const int PageSize = 64;

    /// <summary>
    /// Decides about a position that a reader brings along, against the store's own head (a lane may lag behind what other nodes, or this one, have acknowledged already).
    /// Null if the story continues; else the gap to be told, after which the reader stands at the head.
    /// </summary>
    public static Gap? Start(Position asked, Position head, long maxReplay)
    {
        if (!asked.IsStart && (asked.Epoch != head.Epoch || asked.Sequence > head.Sequence))
            return new Gap(asked, head, GapReason.LostPast);
        return head.Sequence - asked.Sequence > maxReplay ? new Gap(asked, head, GapReason.TooFarBehind) : null;
    }

    /// <summary>The next step of a reader whose epoch is the lane's.</summary>
    public static Step Next(Cursor cursor, Lane lane)
    {
        // In this order: the head's sequence is published before the head, so `headSequence` is at least that of `head`, and who holds
        // `headSequence` may go on after `head` without skipping anything.
        var head = lane.Head;
        var headSequence = lane.HeadSequence;
        if (cursor.IsInLane)
        {
            if (cursor.Ordinal >= head)
                return Step.Wait;
            if (lane.TryGet(cursor.Ordinal + 1, out var frame))
                return Take(cursor, frame);
        }

        // At the lane's end, or ahead of it (this reader saw on another node what is still on its way to this one): go on there.
        if (cursor.Position.Sequence >= headSequence)
            return Step.Enter(head);
        if (lane.TryFind(cursor.Position.Sequence, out var ordinal))
            return Step.Enter(ordinal);
        if (lane.Relaxed is null)
            return Step.ReadStore;
        (ordinal, var sequence) = lane.BeforeNewest(head, headSequence);

        // Not further on: the lane has moved under our hands.
        return sequence > cursor.Position.Sequence ? Step.Skip(sequence, ordinal) : Step.Enter(ordinal);
    }

    private static Step Take(Cursor cursor, Frame frame)
    {
        if (frame.IsSignal)
            return Step.Take(frame);
        if (frame.Sequence <= cursor.Position.Sequence)
            return Step.Pass;
        if (frame.Before == cursor.Position.Sequence)
            return Step.Take(frame);

        // It was ahead, and has some of what the others skip here.
        return frame.Before < cursor.Position.Sequence ? Step.Skip(frame.Sequence, frame.Ordinal) : Step.ReadStore;
    }
}

/// <summary>A reader's place: the last event it has, and (once it reads from the lane) the last ordinal; −1 outside the lane.</summary>
public readonly record struct Cursor(Position Position, long Ordinal)
{
    public const long OutsideLane = -1;

    public bool IsInLane => Ordinal != OutsideLane;

    public static Cursor At(Position position) => new(position, OutsideLane);

    /// <summary>The place after a frame of the lane; a signal moves along the lane only.</summary>
    internal Cursor After(Frame frame) => new(Position with { Sequence = Math.Max(Position.Sequence, frame.Sequence) }, frame.Ordinal);
}

/// <summary>A break in a reader's story: what it holds up to <paramref name="From"/> may not connect; it goes on after <paramref name="To"/>.</summary>
public sealed record Gap(Position From, Position To, GapReason Reason);

/// <summary>What a reader does next.</summary>
public readonly record struct Step(StepKind Kind, Frame? Frame = null, long Ordinal = 0, long Sequence = 0)
{
    public static readonly Step Wait = new(StepKind.Wait);
    public static readonly Step Pass = new(StepKind.Pass);
    public static readonly Step ReadStore = new(StepKind.ReadStore);

    public static Step Take(Frame frame) => new(StepKind.Take, Frame: frame);

    public static Step Enter(long ordinal) => new(StepKind.Enter, Ordinal: ordinal);

    public static Step Skip(long sequence, long ordinal) => new(StepKind.Skip, Ordinal: ordinal, Sequence: sequence);
}

public enum StepKind : byte
{
    /// <summary>Nothing is there; wait for the bell.</summary>
    Wait,

    /// <summary>Hand on this frame, the next in the lane.</summary>
    Take,

    /// <summary>Leave the next frame of the lane out: the reader has it already.</summary>
    Pass,

    /// <summary>Go on in the lane after this ordinal.</summary>
    Enter,

    /// <summary>Leave the lane and read a page after the cursor's sequence from the store.</summary>
    ReadStore,

    /// <summary>In a relaxed room: be told that everything up to and with this sequence is skipped, and go on in the lane after this ordinal.</summary>
    Skip,
}
