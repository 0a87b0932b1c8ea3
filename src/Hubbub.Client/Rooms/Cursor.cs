using Hubbub.Protocol;

namespace Hubbub.Client.Rooms;

/// <summary>Where a reader stands, and what an event means to it. Pure; of one caller at a time.</summary>
internal sealed class Cursor
{
    /// <summary>The last event handed on; null until the server has said where the story begins.</summary>
    public Position? Position { get; private set; }

    public Cursor(Position? start) => Position = start;

    /// <summary>
    /// The server has begun to tell from behind here: news to whoever asked for no position, and to who stands before the beginning of whatever life and learns its name; to others it is what they asked for.
    /// </summary>
    public void Begin(Position from)
    {
        if (Position is not { } here || (here == Protocol.Position.Start && from.IsStart))
            Position = from;
    }

    /// <summary>
    /// Whether a gap is about the place where we stand. It is told by every stream that overlaps another, and by the log; one that was told before, or belongs to a life before, is none. It may lead back: a
    /// store that has lost its newest events goes on with numbers that we have seen.
    /// </summary>
    public bool Concerns(Position from, Position to)
    {
        if (Position is not { } here || here == from)
            return true;
        return here.Epoch == to.Epoch || here == Protocol.Position.Start ? to.Sequence > here.Sequence : from.Epoch == here.Epoch;
    }

    public Step Look(Position next)
    {
        if (Position is not { } here)
            return Step.Unplaced;
        if (here == Protocol.Position.Start)
            return next.Sequence == 1 ? Step.Next : Step.Missing;
        if (next.Epoch != here.Epoch)
            return Step.OtherLife;
        return next.Sequence <= here.Sequence ? Step.Known : next.Sequence == here.Sequence + 1 ? Step.Next : Step.Missing;
    }

    public void MoveTo(Position position) => Position = position;

    public enum Step
    {
        /// <summary>The very next: hand it on.</summary>
        Next,

        /// <summary>Had it already.</summary>
        Known,

        /// <summary>Something before it has not come.</summary>
        Missing,

        /// <summary>Of another life of the log: ask where the story goes on.</summary>
        OtherLife,

        /// <summary>Before the server said where the story begins.</summary>
        Unplaced,
    }
}
