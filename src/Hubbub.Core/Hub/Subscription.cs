using Hubbub.Protocol;

namespace Hubbub.Core.Hub;

/// <summary>
/// One reader's place in one room. The room knows it to ring it; its feed owns the cursor and moves it. Everything but
/// <see cref="Mark"/>, <see cref="Index"/> and <see cref="Place"/> is guarded by the feed's lock; with a shard the cursor belongs to the shard's thread.
/// </summary>
public sealed class Subscription
{
    private int _marked;

    internal Subscription(Feed feed, LiveRoom room, Position start, long judgedAt)
    {
        Feed = feed;
        Connection = feed.Connection;
        Room = room;
        Lane = room.Lane;
        Cursor = Cursor.At(start);
        JudgedAt = judgedAt;
        SignalsAfter = Lane.Head;
    }

    public RoomId RoomId => Room.Id;

    /// <summary>Where <c>joined</c> said that the stream starts; before the gap if one is told.</summary>
    public Position Start { get; internal set; }

    /// <summary>The last event handed on.</summary>
    public Position Position => Cursor.Position;

    internal Feed Feed { get; }

    /// <summary>The feed's, beside the cursor: a round over an audience reads both and nothing else.</summary>
    internal ShardConnection? Connection { get; }

    internal LiveRoom Room { get; }

    /// <summary>The lane the cursor stands in. When the room has another, the log has begun a new life.</summary>
    internal Lane Lane { get; set; }

    internal Cursor Cursor { get; set; }

    /// <summary>
    /// The user's right to read was judged with at least this much of the log known: up to here the user's leaving is history, after it the log itself ends this reading.
    /// </summary>
    internal long JudgedAt { get; set; }

    /// <summary>In a relaxed room: up to here the reader is told everything, from the store if need be; further on it may skip. 0 in a strong one, where nobody skips.</summary>
    internal long ReplayUntil { get; set; }

    internal bool IsReplaying => Cursor.Position.Sequence < ReplayUntil;

    /// <summary>Older signals are no news to this reader: it came later.</summary>
    internal long SignalsAfter { get; set; }

    /// <summary>Where it stands in the room's list, −1 outside; guarded by the room's lock.</summary>
    internal int Index { get; set; } = -1;

    /// <summary>The listeners with whom it is served when it has caught up; null for a feed without a shard.</summary>
    internal Audience? Audience { get; init; }

    /// <summary>Where it stands among the audience's members, −1 while it reads by itself; guarded by the audience.</summary>
    internal int Place { get; set; } = -1;

    /// <summary>The audience's <see cref="Audience.Rings"/> before its feed last looked at the lane.</summary>
    internal int RingsHeard { get; private set; }

    /// <summary>After this nothing of the room reaches the reader any more.</summary>
    internal bool HasEnded { get; set; }

    /// <summary>The next one in the feed's stack of subscriptions that have something to read.</summary>
    internal Subscription? NextMarked { get; set; }

    /// <summary>Marks that there is something to read. True if it was not marked before: then it must be put on the feed's stack.</summary>
    internal bool Mark() => Interlocked.Exchange(ref _marked, 1) == 0;

    /// <summary>
    /// Before a last look at the lane. A full fence, not a volatile write: that one may still wait in the processor while the lane's old head is read behind it, and a room that moves
    /// the head in that moment finds the mark and does not ring.
    /// </summary>
    internal void Unmark()
    {
        Interlocked.Exchange(ref _marked, 0);
        RingsHeard = Audience?.Rings ?? 0;
    }
}
