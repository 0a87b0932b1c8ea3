using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Core.Hub;

/// <summary>
/// What one connection reads: its subscriptions with their cursors, the answers meant for it alone, and one bell. It holds no copies of events: a reader that does not
/// read costs its cursors and nothing else.
/// </summary>
/// <remarks>
/// One pump at a time calls <see cref="WaitAsync"/> and <see cref="FillAsync"/>; everything else may come from any thread. The feed of a <see cref="ShardConnection"/> is not waited for:
/// its shard is rung, and calls <see cref="Fill(IFrameSink, out Subscription?)"/>. Ringing takes no lock, so a busy feed never delays a room. Lock order: feed, then room, then audience.
/// </remarks>
public sealed partial class Feed : IDisposable
{
    /// <summary>Bytes of answers that wait; about what a socket takes by itself.</summary>
    private const int MostAnswersBeforeSignals = 16 * 1024;

    private readonly Hub _hub;
    private readonly Lock _lock = new();
    private readonly Bell? _bell;
    private readonly Bell? _drained;

    // In the order of joining. Looked through from end to end: they are few, and joining and leaving are rare.
    private readonly List<Subscription> _subscriptions = [];

    // Made when first needed; with a shard also dropped when empty, since most of its connections are idle.
    private Queue<Frame>? _answers;
    private Queue<Subscription>? _ready;
    private Subscription? _marked;
    private int _answerBytes;
    private int _rung;
    private bool _disposed;

    internal Feed(Hub hub, ShardConnection? connection)
    {
        _hub = hub;
        Connection = connection;
        if (connection is not null)
            return;
        _bell = new Bell();
        _drained = new Bell();
    }

    /// <summary>Whom the feed's shard writes to; null for a feed with a pump of its own.</summary>
    public ShardConnection? Connection { get; }

    /// <summary>Whose it is; none until <see cref="Identify"/>.</summary>
    public UserId? User => Who?.Id;

    internal User? Who { get; private set; }

    /// <summary>Bytes of answers that wait to be written. A transport stops taking requests above its limit (<see cref="DrainedAsync"/>).</summary>
    public int AnswerBytes => Volatile.Read(ref _answerBytes);

    /// <summary>The rooms that are read, in the order of joining.</summary>
    public IReadOnlyList<Subscription> Subscriptions
    {
        get
        {
            lock (_lock)
                return [.. _subscriptions];
        }
    }

    /// <summary>Says whose feed this is; before that nothing can be joined. A feed never changes hands.</summary>
    public void Identify(User user)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (Who is { } known && known.Id != user.Id)
            throw new InvalidOperationException("A feed belongs to one user.");
        Who ??= user;
    }

    /// <summary>
    /// Begins to read a room: the feed hands on <c>joined</c>, then <c>gap</c> if the position's story cannot go on, then every event after it. Joining a room
    /// again replaces its subscription. The caller has checked that the user may read the room.
    /// </summary>
    public async ValueTask<Refusal?> JoinAsync(Room room, StartAt start, FrameId id, CancellationToken ct)
    {
        if (User is null)
            throw new InvalidOperationException("A feed without a user cannot join.");
        if (CheckLimit(room.Id) is { } full)
            return full;
        while (true)
        {
            if (await _hub.OpenAsync(room.Id, room.Consistency, ct) is not { } live)
                return Refusals.RoomNotFound;
            if (live.Consistency != room.Consistency && live.Lane.Epoch == room.Head.Epoch)
            {
                _hub.Retire(live);
                continue;
            }

            var head = await _hub.HeadForAsync(live, start.After, ct);
            var (position, gap) = start.Resolve(head, _hub.Options.MaxReplay);
            var judgedAt = room.Head.Epoch == head.Epoch ? Math.Max(head.Sequence, room.Head.Sequence) : head.Sequence;
            if (live.Subscribe(this, position, judgedAt) is not { } subscription)
                continue;
            subscription.Start = gap?.From ?? position;
            if (live.Consistency == Consistency.Relaxed)
                subscription.ReplayUntil = ReplayOf(subscription, start);
            var joined = Frame.Answer(
                Frame.Encoder.Joined(id, room.Id, room.Name, room.Visibility, live.Consistency, subscription.Start, head.Sequence));
            if (Add(subscription, joined, gap) is { } refusal)
            {
                live.Unsubscribe(subscription, _hub.Now);
                return refusal;
            }

            return null;
        }
    }

    /// <summary>Whether another room would be one too many.</summary>
    public Refusal? CheckLimit(RoomId room)
    {
        lock (_lock)
        {
            return _subscriptions.Count >= _hub.Options.MaxRoomsPerConnection && Find_NeedsLock(room) is null
                ? Refusals.TooManyRooms(_hub.Options.MaxRoomsPerConnection)
                : null;
        }
    }

    /// <summary>Stops reading a room; <c>left</c> is handed on. False if it was not read.</summary>
    public bool Leave(RoomId room, FrameId id, LeaveReason reason = LeaveReason.Left)
    {
        Subscription? subscription;
        lock (_lock)
        {
            subscription = Find_NeedsLock(room);
            if (subscription is null)
                return false;
            Remove_NeedsLock(subscription, id, Words.Of(reason));
        }

        subscription.Room.Unsubscribe(subscription, _hub.Now);
        return true;
    }

    /// <summary>Stops reading a room without a word: whoever reads is told by other means that it goes on another time.</summary>
    public void Withdraw(RoomId room)
    {
        Subscription? subscription;
        lock (_lock)
        {
            subscription = Find_NeedsLock(room);
            if (subscription is null)
                return;
            subscription.HasEnded = true;
            _subscriptions.Remove(subscription);
        }

        subscription.Room.Unsubscribe(subscription, _hub.Now);
    }

    /// <summary>Hands on a frame for this connection only, made by <see cref="Frame.Encoder"/>.</summary>
    public void Answer(byte[] json) => Answer(Frame.Answer(json));

    /// <summary>Hands on a frame for this connection only.</summary>
    public void Answer(Frame frame)
    {
        lock (_lock)
            Answer_NeedsLock(frame);
        RingForItself();
    }

    /// <summary>Hands on a frame that is of use only soon: to a connection that lets its answers lie it is not told.</summary>
    internal void Tell(Frame signal)
    {
        lock (_lock)
        {
            if (_disposed || _answerBytes > MostAnswersBeforeSignals)
                return;
            Answer_NeedsLock(signal);
        }

        RingForItself();
    }

    /// <summary>Completes when there may be something to fill, or after <see cref="Wake"/>. Not for a feed with a shard.</summary>
    public ValueTask WaitAsync() => _bell!.WaitAsync();

    /// <summary>Completes when answers were written since the last call. For one waiter: the connection's reading side. Not for a feed with a shard.</summary>
    public ValueTask DrainedAsync() => _drained!.WaitAsync();

    /// <summary>Ends waits, so that a pump can look around (stopping, timing out).</summary>
    public void Wake()
    {
        RingForItself();
        _drained?.Ring();
    }

    public void Dispose()
    {
        Subscription[] left;
        lock (_lock)
        {
            _disposed = true;
            left = [.. _subscriptions];
            foreach (var subscription in left)
                subscription.HasEnded = true;
            _subscriptions.Clear();
        }

        foreach (var subscription in left)
            subscription.Room.Unsubscribe(subscription, _hub.Now);
        Wake();
    }

    /// <summary>Puts a subscription on the stack of those with something to read, and rings. Lock-free: rooms call it under their own lock.</summary>
    internal void Ring(Subscription subscription)
    {
        if (!subscription.Mark())
            return;
        Subscription? top;
        do
        {
            top = Volatile.Read(ref _marked);
            subscription.NextMarked = top;
        }
        while (Interlocked.CompareExchange(ref _marked, subscription, top) != top);
        RingForItself();
    }

    /// <summary>Ends a subscription from the room's side: nothing of the room is handed on any more, but <c>left</c>.</summary>
    internal void End(Subscription subscription, string reason)
    {
        lock (_lock)
        {
            if (subscription.HasEnded)
                return;

            // One that is still on its way from the room into this feed is not kept here yet (another may be): Add finds that it has ended.
            subscription.HasEnded = true;
            if (_subscriptions.Contains(subscription))
                Remove_NeedsLock(subscription, default, reason);
        }

        subscription.Room.Unsubscribe(subscription, _hub.Now);
    }

    private Refusal? Add(Subscription subscription, Frame joined, Gap? gap)
    {
        Subscription? replaced;
        lock (_lock)
        {
            if (_disposed || subscription.HasEnded)
                return Refusals.RoomNotFound;
            replaced = Find_NeedsLock(subscription.RoomId);
            if (replaced is not null)
            {
                replaced.HasEnded = true;
                _subscriptions.Remove(replaced);
            }
            else if (_subscriptions.Count >= _hub.Options.MaxRoomsPerConnection)
                return Refusals.TooManyRooms(_hub.Options.MaxRoomsPerConnection);
            _subscriptions.Add(subscription);
            Answer_NeedsLock(joined);
            if (gap is not null)
                Answer_NeedsLock(Frame.Of(subscription.RoomId, gap));
        }

        replaced?.Room.Unsubscribe(replaced, _hub.Now);
        Ring(subscription);
        return null;
    }

    private void Remove_NeedsLock(Subscription subscription, FrameId id, string reason)
    {
        subscription.HasEnded = true;
        _subscriptions.Remove(subscription);
        Answer_NeedsLock(Frame.Answer(Frame.Encoder.Left(id, subscription.RoomId, reason)));
        RingForItself();
    }

    private Subscription? Find_NeedsLock(RoomId room)
    {
        foreach (var subscription in _subscriptions)
        {
            if (subscription.RoomId == room)
                return subscription;
        }

        return null;
    }

    /// <summary>
    /// What a reader of a relaxed room asked for by its start is told whole, from the store if need be: the newest N, or what came after its position if that is not too much. All else is live.
    /// </summary>
    private long ReplayOf(Subscription subscription, StartAt start)
    {
        var head = subscription.Lane.HeadSequence;
        return start.After is null || head - subscription.Position.Sequence <= _hub.Options.RelaxedReplay ? head : 0;
    }

    private void RingForItself()
    {
        if (_bell is not null)
            _bell.Ring();
        else if (Interlocked.Exchange(ref _rung, 1) == 0)
            Connection!.Shard.Ring(this);
    }

    private void Answer_NeedsLock(Frame frame)
    {
        (_answers ??= new Queue<Frame>()).Enqueue(frame);
        _answerBytes += frame.Size;
    }
}
