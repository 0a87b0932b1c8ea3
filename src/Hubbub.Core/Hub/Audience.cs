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
    /// <param name="round">The shard's own.</param>
    /// <param name="writes">How many writes are allowed; what is left of it is returned.</param>
    /// <returns>False if not everybody had a turn: the shard calls again when others had theirs.</returns>
    public bool Serve(Round round, ref int writes)
    {
        round.Batch.Clear();
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
            _next = Math.Min(_next, _members.Count - 1);
            while (_next >= 0)
            {
                if (writes <= 0)
                    return false;
                Gather_NeedsLock(round, lane, Math.Min(writes, Round.MaxWrites));
                writes -= round.Count;
                isBehind |= !Write_NeedsLock(round);
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

    /// <summary>Finds the next members that stand at the same place, makes their batch, and takes out whoever cannot be written to in this way.</summary>
    private void Gather_NeedsLock(Round round, Lane lane, int atMost)
    {
        var batch = round.Batch;
        for (; _next >= 0 && round.Count < atMost; _next--)
        {
            var member = _members[_next];
            if (!batch.Is(lane, member.Cursor))
            {
                // Another place, other bytes: those for the members before must go out first.
                if (round.Count > 0)
                    return;
                batch.Make(lane, member.Cursor, _deflate);
            }

            if (!ReferenceEquals(lane, member.Lane) || !batch.IsInLane || member.HasEnded)
                TakeOut_NeedsLock(member);
            else if (batch.IsEmpty)
                member.Cursor = batch.To;
            else if (member.Connection is { CanTake: true } connection && !(batch.ConcernsSomebody && batch.Concerns(member.Feed.User)))
                round.Add(member, connection);
            else
                TakeOut_NeedsLock(member);
        }
    }

    /// <returns>False if the batch was too small to bring somebody to the head.</returns>
    private bool Write_NeedsLock(Round round)
    {
        if (round.Count == 0)
            return true;
        var batch = round.Batch;
        var length = batch.Bytes.Length;
        var taken = round.Send(_shard);
        var isSomebodyBehind = false;
        for (var i = 0; i < taken.Length; i++)
        {
            var member = round[i];
            if (taken[i] == length)
            {
                member.Cursor = batch.To;
                isSomebodyBehind = !batch.ReachesHead;
                continue;
            }

            var connection = member.Connection!;
            connection.HasTaken(taken[i]);
            member.Cursor = batch.Cut(taken[i], out var cut, out var offset);
            if (cut is not null)
                connection.Hold(cut, offset);
            TakeOut_NeedsLock(member);
        }

        round.Clear();
        return !isSomebodyBehind;
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
