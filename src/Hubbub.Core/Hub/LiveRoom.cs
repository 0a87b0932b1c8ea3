using Hubbub.Core.Presence;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Core.Hub;

/// <summary>
/// A room that somebody on this node listens to: its lane and its listeners. Events enter in sequence or not at all; one that comes early waits for the
/// missing ones, or for the hub to read them from the log. In a relaxed room what has entered is told at the end of its <see cref="Window"/>. All state is guarded by one lock, under which nothing waits.
/// </summary>
public sealed partial class LiveRoom
{
    /// <summary>Rings of a fraction of a microsecond each.</summary>
    private const int RingsAtOnce = 64;

    private readonly Lock _lock = new();
    private readonly HubOptions _options;
    private readonly List<Subscription> _alone = [];
    private readonly List<Subscription> _together = [];
    private readonly SortedList<long, RoomEvent> _early = [];
    private readonly Window? _window;
    private readonly Attendance _attendance;
    private volatile Lane _lane;
    private Audience[] _audiences = [];
    private List<RoomEvent>? _left;
    private long _known;
    private bool _healing;
    private bool _willRingAlone;
    private bool _closed;
    private long _idleSince;

    internal LiveRoom(RoomId id, Consistency consistency, Position head, HubOptions options, TimeProvider time, RollCall rollCall)
    {
        Id = id;
        _attendance = new Attendance(this, rollCall, isListed: consistency == Consistency.Strong);
        _options = options;
        _known = head.Sequence;
        _idleSince = time.GetTimestamp();
        _window = consistency == Consistency.Relaxed ? new Window(id, head, options, time) : null;
        _lane = NewLane(head);
    }

    public RoomId Id { get; }

    public Consistency Consistency => _window is null ? Consistency.Strong : Consistency.Relaxed;

    public Lane Lane => _lane;

    /// <summary>The newest sequence that has entered; the lane's, or in a relaxed room what its window holds already.</summary>
    internal long HeadSequence => _window?.HeadSequence ?? _lane.HeadSequence;

    private int Listeners_NeedsLock => _alone.Count + _together.Count;

    public int Listeners
    {
        get
        {
            lock (_lock)
                return Listeners_NeedsLock;
        }
    }

    /// <summary>Whether the log is known to have more than has entered.</summary>
    internal bool IsBehind
    {
        get
        {
            lock (_lock)
                return _known > HeadSequence;
        }
    }

    /// <summary>
    /// Takes a listener in. Null if the room was closed meanwhile, or if its log has begun another life than the one the position was judged by (a position of the old life
    /// would wait for a number of the new one): then the caller looks again.
    /// </summary>
    internal Subscription? Subscribe(Feed feed, Position start, long judgedAt)
    {
        lock (_lock)
        {
            if (_closed || start.Epoch != _lane.Epoch)
                return null;
            var audience = feed.Connection is { } connection ? AudienceOf_NeedsLock(connection) : null;
            var subscription = new Subscription(feed, this, start, judgedAt) { Audience = audience };
            var list = ListOf(subscription);
            subscription.Index = list.Count;
            list.Add(subscription);
            _attendance.Enter(feed.Who!);
            return subscription;
        }
    }

    internal void Unsubscribe(Subscription subscription, long now)
    {
        lock (_lock)
        {
            if (subscription.Index < 0)
                return;
            var list = ListOf(subscription);
            var last = list[^1];
            list[last.Index = subscription.Index] = last;
            list.RemoveAt(list.Count - 1);
            subscription.Index = -1;
            if (subscription.Audience is { } audience)
                Leave_NeedsLock(subscription, audience);
            _attendance.Leave(subscription.Feed.Who!.Id, now);
            if (Listeners_NeedsLock == 0)
                _idleSince = now;
        }
    }

    /// <summary>Closes the room if nobody has listened since <paramref name="idleBefore"/>.</summary>
    internal bool TryClose(long idleBefore)
    {
        lock (_lock)
        {
            if (Listeners_NeedsLock > 0 || _idleSince > idleBefore || !_attendance.IsOver)
                return false;
            _closed = true;
            return true;
        }
    }

    /// <summary>
    /// Takes an event in if it is the next, keeps it if it is early, and drops it if it is known. Listeners are not rung: the caller does that once for a
    /// batch (<see cref="Ring"/>). True if the room must be healed from the log.
    /// </summary>
    internal bool Deliver(RoomEvent e)
    {
        lock (_lock)
        {
            // Another life: only the log can say which of the two is the truth.
            if (e.Position.Epoch != _lane.Epoch)
                return AskForHealing_NeedsLock();
            var head = HeadSequence;
            if (e.Sequence <= head)
                return false;
            _known = Math.Max(_known, e.Sequence);
            if (e.Sequence > head + 1)
            {
                if (_early.Count < _options.MaxEarlyEvents)
                    _early[e.Sequence] = e;
                return AskForHealing_NeedsLock();
            }

            Append_NeedsLock(e);
            while (_early.Count > 0 && _early.Keys[0] <= HeadSequence + 1)
            {
                var early = _early.Values[0];
                _early.RemoveAt(0);
                if (early.Sequence == HeadSequence + 1)
                    Append_NeedsLock(early);
            }

            return false;
        }
    }

    /// <summary>Takes in how far the log has grown. True if the room must be healed from the log.</summary>
    internal bool Hear(Position head)
    {
        lock (_lock)
        {
            // Another life: only the log can say which of the two is the truth.
            if (head.Epoch != _lane.Epoch)
                return AskForHealing_NeedsLock();
            _known = Math.Max(_known, head.Sequence);
            return _known > HeadSequence && AskForHealing_NeedsLock();
        }
    }

    /// <summary>Puts a signal on the lane; listeners are not rung yet. False in a relaxed room, which drops it: in a crowd somebody is always typing.</summary>
    internal bool Signal(Frame signal)
    {
        if (_window is not null)
            return false;
        lock (_lock)
            _lane.Append(signal);
        return true;
    }

    /// <summary>
    /// Compares with the head the store gave. True if the room must be healed. A head of another life, or one that has shrunk, begins a new lane: every listener is then told that
    /// its past is lost.
    /// </summary>
    /// <param name="head">The store's head.</param>
    /// <param name="laneBefore">The lane as it was when the store was asked: an older answer must not undo a newer lane.</param>
    /// <param name="sequenceBefore">The <see cref="HeadSequence"/> before the store was asked; a store that now has less has lost its past.</param>
    internal bool Observe(Position head, Lane laneBefore, long sequenceBefore)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(laneBefore, _lane))
                return false;
            if (head.Epoch != _lane.Epoch || head.Sequence < sequenceBefore)
            {
                _early.Clear();
                _known = head.Sequence;
                _window?.Begin(head);
                _lane = NewLane(head);
                return false;
            }

            _known = Math.Max(_known, head.Sequence);
            return _known > HeadSequence && AskForHealing_NeedsLock();
        }
    }

    /// <summary>True if the room was not being healed: the caller queues it.</summary>
    internal bool AskForHealing()
    {
        lock (_lock)
            return AskForHealing_NeedsLock();
    }

    /// <summary>Whether the log is known to have more than has entered; ends the healing if not.</summary>
    internal bool StillNeedsHealing()
    {
        lock (_lock)
        {
            if (_known > HeadSequence)
                return true;
            _healing = false;
            return false;
        }
    }

    /// <summary>Ends a healing that failed or may be futile, so that the next announcement or sweep can ask for another.</summary>
    internal void GiveUpHealing()
    {
        lock (_lock)
            _healing = false;
    }

    /// <summary>
    /// Lets every listener know that there is something to read, and ends the subscriptions of those who have left. The cost is one ring a shard, and one for each listener without; if those are many,
    /// they are left for <see cref="RingAlone"/>, so that the next commit does not wait for them. A relaxed room may have to wait for <see cref="EndWindow"/>.
    /// </summary>
    /// <returns>What the caller must see to.</returns>
    internal LeftOver Ring()
    {
        if (_window is not null)
            return RingRelaxed(_window, isEnd: false);
        List<RoomEvent>? left;
        LeftOver leftOver;
        lock (_lock)
        {
            left = TakeLeft_NeedsLock();
            leftOver = Ring_NeedsLock();
        }

        EndThose(left);
        return leftOver;
    }

    /// <summary>Ends a relaxed room's window: what has entered is told, unless it must wait for another one.</summary>
    /// <returns>What the caller must see to.</returns>
    internal LeftOver EndWindow() => RingRelaxed(_window!, isEnd: true);

    /// <summary>Rings some of those who have no shard.</summary>
    /// <param name="next">Where to go on; <see cref="int.MaxValue"/> at the beginning of a round.</param>
    /// <returns>False when the round is over.</returns>
    internal bool RingAlone(ref int next)
    {
        lock (_lock)
        {
            // A round begins: whatever comes from now on asks for another.
            if (next == int.MaxValue)
                _willRingAlone = false;

            // From the end: the last one, who takes the place of one that goes, has been rung already; and who comes later looks for itself.
            next = Math.Min(next, _alone.Count);
            for (var rung = 0; rung < RingsAtOnce && next > 0; rung++)
                _alone[--next].Feed.Ring(_alone[next]);
            return next > 0;
        }
    }

    /// <summary>Ends the subscriptions of one user, or (null) of everybody.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="reason">The wire's word.</param>
    /// <param name="sequence">The event that says so: who was judged with it in view has come back since.</param>
    internal void End(UserId? user, string reason, long sequence = long.MaxValue)
    {
        Subscription[] ended;
        lock (_lock)
            ended = [.. _alone.Concat(_together).Where(s => (user is null || s.Feed.User == user) && s.JudgedAt < sequence)];

        // Outside our lock: ending takes the feed's lock, and then ours.
        foreach (var subscription in ended)
            subscription.Feed.End(subscription, reason);
    }

    /// <summary>Nothing enters any more and nobody is taken in; who comes next opens the room anew.</summary>
    internal void Close()
    {
        lock (_lock)
            _closed = true;
    }

    /// <summary>Rings unless there is something that may not be told yet. Who has left is ended before: what is told here may come after its leaving was skipped.</summary>
    private LeftOver RingRelaxed(Window window, bool isEnd)
    {
        List<RoomEvent>? left;
        lock (_lock)
            left = TakeLeft_NeedsLock();
        EndThose(left);
        lock (_lock)
        {
            if (window.IsAwaited && !isEnd)
                return LeftOver.Nothing;
            window.IsAwaited = !window.IsEmpty && !((isEnd || window.IsDue) && window.TryEnd(_lane));
            return window.IsAwaited ? LeftOver.Window : Ring_NeedsLock();
        }
    }

    private LeftOver Ring_NeedsLock()
    {
        foreach (var audience in _audiences)
            audience.Ring();
        if (_alone.Count > RingsAtOnce)
        {
            var isNew = !_willRingAlone;
            _willRingAlone = true;
            return isNew ? LeftOver.ThoseAlone : LeftOver.Nothing;
        }

        foreach (var subscription in _alone)
            subscription.Feed.Ring(subscription);
        return LeftOver.Nothing;
    }

    private List<RoomEvent>? TakeLeft_NeedsLock()
    {
        var left = _left;
        _left = null;
        return left;
    }

    private void EndThose(List<RoomEvent>? left)
    {
        foreach (var e in left ?? [])
        {
            if (e.Content is MemberLeft member)
                End(member.User.Id, Words.Of(member.Reason), e.Sequence);
        }
    }

    /// <summary>Those who are rung one by one, and those whose shard is rung once for all of them.</summary>
    private List<Subscription> ListOf(Subscription subscription) => subscription.Audience is null ? _alone : _together;

    private Audience AudienceOf_NeedsLock(ShardConnection connection)
    {
        var audience = Array.Find(_audiences, a => a.IsFor(connection));
        if (audience is null)
            _audiences = [.. _audiences, audience = new Audience(this, connection)];
        audience.Listeners++;
        return audience;
    }

    private void Leave_NeedsLock(Subscription subscription, Audience audience)
    {
        audience.Remove(subscription);
        if (--audience.Listeners == 0)
            _audiences = Array.FindAll(_audiences, a => !ReferenceEquals(a, audience));
    }

    private Lane NewLane(Position head) =>
        new(head, _options.LaneFrames, _options.LaneBytes, _window is null ? null : (Id, Window.Burst(_options)));

    private void Append_NeedsLock(RoomEvent e)
    {
        // Before the deletion can be told, and also if it is to be skipped.
        if (e.Content is MessageDeleted deleted)
        {
            _window?.Erase(deleted.Message);
            _lane.Erase(deleted.Message);
        }

        if (_window is not null)
            _window.Take(e);
        else
            _lane.Append(Frame.Of(e));
        if (e.Content is MemberLeft)
            (_left ??= []).Add(e);
    }

    private bool AskForHealing_NeedsLock()
    {
        if (_healing)
            return false;
        _healing = true;
        return true;
    }
}

/// <summary>What a ring of a room has left to be done, by the hub's loops.</summary>
internal enum LeftOver : byte
{
    Nothing,

    /// <summary>Those who have no shard, and are many (<see cref="LiveRoom.RingAlone"/>).</summary>
    ThoseAlone,

    /// <summary>All of it: the room is relaxed, and its window has not ended (<see cref="LiveRoom.EndWindow"/>).</summary>
    Window,
}
