using Hubbub.Protocol.WebSockets;

namespace Hubbub.Core.Hub;

/// <summary>
/// The listeners of one room on one shard who have everything and wait for more, and get it in the same form. They stand at the same place, as a rule, so one batch of bytes serves them all, one write each: no queue,
/// copy, task or allocation per listener. Whoever cannot keep up is taken out, reads on by its own feed, and comes back when it has caught up; so a slow reader is not even looked at.
/// </summary>
/// <remarks>Served on the shard's thread; members may leave from any thread. Lock order: feed, then room, then audience.</remarks>
public sealed class Audience
{
    private readonly Lock _lock = new();
    private readonly List<Subscription> _members = [];
    private readonly LiveRoom _room;
    private readonly IShard _shard;
    private readonly PerMessageDeflate _deflate;
    private int _rung;
    private int _rings;
    private int _next = -1;

    internal Audience(LiveRoom room, ShardConnection first)
    {
        _room = room;
        _shard = first.Shard;
        _deflate = first.Deflate;
    }

    /// <summary>How many of the room's listeners on this shard have caught up.</summary>
    public int Members
    {
        get
        {
            lock (_lock)
                return _members.Count;
        }
    }

    /// <summary>Whether a connection belongs here.</summary>
    internal bool IsFor(ShardConnection connection) => ReferenceEquals(connection.Shard, _shard) && connection.Deflate == _deflate;

    /// <summary>How often it has been rung; shows to one who was away whether it was meanwhile.</summary>
    internal int Rings => Volatile.Read(ref _rings);

    /// <summary>All who belong here, also those who are catching up; guarded by the room's lock.</summary>
    internal int Listeners { get; set; }

    /// <summary>Writes to the members what they have not, by at most so many writes. On the shard's thread.</summary>
    /// <param name="batch">The shard's own.</param>
    /// <param name="writes">How many writes are allowed; what is left of it is returned.</param>
    /// <returns>False if not everybody had a turn: the shard calls again when others had theirs.</returns>
    public bool Serve(Batch batch, ref int writes)
    {
        batch.Clear();
        var isBehind = false;
        lock (_lock)
        {
            if (_next < 0)
            {
                // A round begins. Before reading: whatever is appended from now on rings again, for another round.
                Interlocked.Exchange(ref _rung, 0);
                _next = _members.Count - 1;
            }

            var lane = _room.Lane;

            // From the end: the last one, who takes the place of one that goes, has had its turn already.
            for (_next = Math.Min(_next, _members.Count - 1); _next >= 0; _next--)
            {
                if (writes <= 0)
                    return false;
                isBehind |= !Serve_NeedsLock(_members[_next], lane, batch, ref writes);
            }
        }

        if (isBehind)
            Ring();
        return true;
    }

    internal void Ring()
    {
        Interlocked.Increment(ref _rings);
        if (Interlocked.Exchange(ref _rung, 1) == 0)
            _shard.Ring(this);
    }

    /// <summary>Takes in one that has caught up. On the shard's thread.</summary>
    internal void TakeIn(Subscription subscription)
    {
        Add(subscription);

        // What came between its last look and this moment rang the others, who may have been served already.
        if (!ReferenceEquals(_room.Lane, subscription.Lane) || subscription.Cursor.Ordinal != subscription.Lane.Head)
            Ring();
    }

    /// <summary>Takes in one that cannot go on by itself before the room rings, as it does after each healing. On the shard's thread.</summary>
    internal void LetWait(Subscription subscription)
    {
        Add(subscription);

        // The ring it waits for may have come while it was away.
        if (Rings != subscription.RingsHeard)
            Ring();
    }

    /// <summary>Whoever has ended is written to no more.</summary>
    internal void Remove(Subscription subscription)
    {
        lock (_lock)
            Remove_NeedsLock(subscription);
    }

    /// <returns>False if the batch was too small to bring the member to the head.</returns>
    private bool Serve_NeedsLock(Subscription member, Lane lane, Batch batch, ref int writes)
    {
        if (!batch.Is(lane, member.Cursor))
            batch.Make(lane, member.Cursor, _deflate);
        var connection = member.Feed.Connection!;
        if (!ReferenceEquals(lane, member.Lane) || !batch.IsInLane || member.HasEnded)
        {
            TakeOut_NeedsLock(member);
            return true;
        }

        if (batch.IsEmpty)
        {
            member.Cursor = batch.To;
            return true;
        }

        if (!connection.CanTake || batch.Concerns(member.Feed.User))
        {
            TakeOut_NeedsLock(member);
            return true;
        }

        writes--;
        var taken = connection.Write(batch.Bytes);
        if (taken == batch.Bytes.Length)
        {
            member.Cursor = batch.To;
            return batch.ReachesHead;
        }

        member.Cursor = batch.Cut(taken, out var cut, out var offset);
        if (cut is not null)
            connection.Hold(cut, offset);
        TakeOut_NeedsLock(member);
        return true;
    }

    private void Add(Subscription subscription)
    {
        lock (_lock)
        {
            if (subscription.HasEnded || subscription.Place >= 0)
                return;
            subscription.Place = _members.Count;
            _members.Add(subscription);
        }
    }

    private void TakeOut_NeedsLock(Subscription member)
    {
        Remove_NeedsLock(member);
        member.Feed.Ring(member);
    }

    private void Remove_NeedsLock(Subscription subscription)
    {
        if (subscription.Place < 0)
            return;
        var last = _members[^1];
        _members[last.Place = subscription.Place] = last;
        _members.RemoveAt(_members.Count - 1);
        subscription.Place = -1;
    }
}
