using System.Diagnostics.CodeAnalysis;
using Hubbub.Core.Log;
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
public sealed class Feed : IDisposable
{
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
    public UserId? User { get; private set; }

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
    public void Identify(UserId user)
    {
        if (User is { } known && known != user)
            throw new InvalidOperationException("A feed belongs to one user.");
        User = user;
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
    public bool Leave(RoomId room, FrameId id)
    {
        Subscription? subscription;
        lock (_lock)
        {
            subscription = Find_NeedsLock(room);
            if (subscription is null)
                return false;
            Remove_NeedsLock(subscription, id, Words.Of(LeaveReason.Left));
        }

        subscription.Room.Unsubscribe(subscription, _hub.Now);
        return true;
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

    /// <summary>
    /// Writes what there is until the sink is full or nothing is left: answers first, then each room's events from the lane, or page by page from the store. What is left
    /// rings the bell again.
    /// </summary>
    /// <exception cref="StoreException">The store failed; nothing is lost, the next call asks again.</exception>
    public async ValueTask FillAsync(IFrameSink sink, CancellationToken ct)
    {
        while (Fill(sink, out var behind))
            Fill(sink, behind, await ReadAsync(behind, ct));
    }

    /// <summary>
    /// The part of <see cref="FillAsync"/> that needs no store. True if a subscription must go on with a page (<see cref="ReadAsync"/>, then
    /// <see cref="Fill(IFrameSink, Subscription, LogPage?)"/>) before anything else of it can be written.
    /// </summary>
    public bool Fill(IFrameSink sink, [NotNullWhen(true)] out Subscription? behind)
    {
        // Before looking: whatever comes from now on rings again.
        Interlocked.Exchange(ref _rung, 0);
        return FillFromLanes(sink, out behind);
    }

    /// <summary>The page with which a subscription goes on.</summary>
    /// <exception cref="StoreException">The store failed; nothing is lost, the next <see cref="Fill(IFrameSink, out Subscription?)"/> asks for it again.</exception>
    public async ValueTask<LogPage?> ReadAsync(Subscription behind, CancellationToken ct)
    {
        try
        {
            return await _hub.Log.ReadAsync(behind.RoomId, behind.Position.Sequence, CatchUp.PageSize, ct);
        }
        catch
        {
            Ring(behind);
            throw;
        }
    }

    /// <summary>A subscription that is behind goes on another time: the next <see cref="Fill(IFrameSink, out Subscription?)"/> comes upon it again.</summary>
    public void PutOff(Subscription behind) => Ring(behind);

    /// <summary>
    /// Takes back what was filled and could not be written, the oldest first: events are read again from their cursors, answers wait anew, signals are lost. Events of a reading that has ended
    /// meanwhile have no cursor to go back to: they wait as answers do, before the <c>left</c> that follows them. On the shard's thread.
    /// </summary>
    public void TakeBack(ReadOnlySpan<(Frame Frame, Subscription? Subscription)> unwritten)
    {
        lock (_lock)
        {
            var answers = new Queue<Frame>();
            foreach (var (frame, subscription) in unwritten)
            {
                if (subscription is null || (subscription.HasEnded && frame.Place is not null))
                    Requeue(answers, frame);
            }

            for (var i = unwritten.Length - 1; i >= 0; i--)
            {
                // Backwards, so that each cursor ends up before the oldest event of its room. What is left of an older life of the log is no longer anybody's story; the gap behind it says so.
                if (unwritten[i] is ({ Place: var (_, position) } frame, { HasEnded: false } subscription) && position.Epoch == subscription.Position.Epoch)
                    GoBack_NeedsLock(subscription, position with { Sequence = frame.Before });
            }

            foreach (var answer in _answers ?? [])
                answers.Enqueue(answer);
            _answers = answers;
        }

        void Requeue(Queue<Frame> answers, Frame frame)
        {
            answers.Enqueue(frame);
            _answerBytes += frame.Size;
        }
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

    /// <summary>Page and lane do not fit together: the room is compared with the store, and rings.</summary>
    private void WaitForHealing(Subscription behind)
    {
        behind.Audience?.LetWait(behind);
        _hub.AskForHealing(behind.Room);
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

    private void GoBack_NeedsLock(Subscription subscription, Position position)
    {
        subscription.Audience?.Remove(subscription);
        subscription.Cursor = Cursor.At(position);
        Ring(subscription);
    }

    /// <summary>
    /// Whether the log ends this reading here, because its user leaves. The room ends it as well, but later: what was committed in the same breath is then in the lane already, and
    /// a page from the store may hold it even before the room hears of it.
    /// </summary>
    private bool EndsWith_NeedsLock(Subscription subscription, MemberLeft? left, long sequence)
    {
        if (left is null || left.User.Id != User || sequence <= subscription.JudgedAt)
            return false;
        Remove_NeedsLock(subscription, default, Words.Of(left.Reason));
        subscription.Room.Unsubscribe(subscription, _hub.Now);
        return true;
    }

    private void Answer_NeedsLock(Frame frame)
    {
        (_answers ??= new Queue<Frame>()).Enqueue(frame);
        _answerBytes += frame.Size;
    }

    /// <returns>True and a subscription that must be read from the store before anything else of it can be written.</returns>
    private bool FillFromLanes(IFrameSink sink, [NotNullWhen(true)] out Subscription? behind)
    {
        lock (_lock)
        {
            behind = null;
            WriteAnswers_NeedsLock(sink);
            TakeMarked();
            while (!sink.IsFull && _ready is not null && _ready.TryDequeue(out var subscription))
            {
                // Before reading: whatever is appended from now on marks it again.
                subscription.Unmark();
                if (subscription.HasEnded)
                    continue;
                if (!WriteLane_NeedsLock(sink, subscription))
                {
                    behind = subscription;
                    return true;
                }

                if (sink.IsFull)
                    Ring(subscription);
            }

            if (_ready is { Count: > 0 } || _answers is { Count: > 0 })
                RingForItself();
            else if (Connection is not null)
                (_ready, _answers) = (null, null);
            return false;
        }
    }

    private void WriteAnswers_NeedsLock(IFrameSink sink)
    {
        if (_answers is not { Count: > 0 })
            return;
        while (!sink.IsFull && _answers.TryDequeue(out var frame))
        {
            _answerBytes -= frame.Size;
            sink.Write(frame, null);
        }

        _drained?.Ring();
    }

    /// <summary>Takes the whole stack and turns it round: first marked, first served.</summary>
    private void TakeMarked()
    {
        Subscription? reversed = null;
        for (var next = Interlocked.Exchange(ref _marked, null); next is not null;)
        {
            var following = next.NextMarked;
            next.NextMarked = reversed;
            reversed = next;
            next = following;
        }

        for (; reversed is not null; reversed = reversed.NextMarked)
            (_ready ??= new Queue<Subscription>()).Enqueue(reversed);
    }

    /// <returns>False if the lane no longer has what comes next.</returns>
    private bool WriteLane_NeedsLock(IFrameSink sink, Subscription subscription)
    {
        while (!sink.IsFull)
        {
            var lane = subscription.Room.Lane;
            if (!ReferenceEquals(lane, subscription.Lane))
                SkipToNewLife_NeedsLock(sink, subscription, lane);
            var cursor = subscription.Cursor;
            var step = CatchUp.Next(cursor, lane);
            switch (step.Kind)
            {
                case StepKind.Wait:
                    subscription.Audience?.TakeIn(subscription);
                    return true;
                case StepKind.Skip when !subscription.IsReplaying:
                    var skipped = Frame.Skipped(subscription.RoomId, cursor.Position, step.Sequence, step.Ordinal);
                    subscription.Cursor = cursor.After(skipped);
                    sink.Write(skipped, subscription);
                    break;
                case StepKind.Skip:
                case StepKind.ReadStore:
                    subscription.Cursor = Cursor.At(cursor.Position);
                    return false;
                case StepKind.Enter:
                    subscription.Cursor = cursor with { Ordinal = step.Ordinal };
                    break;
                case StepKind.Pass:
                    subscription.Cursor = cursor with { Ordinal = cursor.Ordinal + 1 };
                    break;
                case StepKind.Take:
                    var frame = step.Frame!;
                    if (EndsWith_NeedsLock(subscription, frame.Leave, frame.Sequence))
                        return true;
                    if (frame.Event is null && frame.IsSkip && subscription.IsReplaying)
                        goto case StepKind.ReadStore;
                    subscription.Cursor = cursor.After(frame);
                    if (!frame.IsSignal || (frame.Ordinal > subscription.SignalsAfter && frame.SignalOf != subscription.Feed.User))
                        sink.Write(frame, subscription);
                    break;
            }
        }

        return true;
    }

    /// <summary>The log has lost its past while this reader listened: tell it, and stand at the new head.</summary>
    private static void SkipToNewLife_NeedsLock(IFrameSink sink, Subscription subscription, Lane lane)
    {
        var gap = new Gap(subscription.Position, lane.HeadPosition, GapReason.LostPast);
        subscription.Lane = lane;
        subscription.SignalsAfter = lane.Head;
        subscription.Cursor = Cursor.At(gap.To);
        subscription.JudgedAt = gap.To.Sequence;
        subscription.ReplayUntil = 0;
        sink.Write(Frame.Of(subscription.RoomId, gap), null);
    }

    /// <summary>Writes a page that was read for a subscription; then <see cref="Fill(IFrameSink, out Subscription?)"/> goes on with it.</summary>
    public void Fill(IFrameSink sink, Subscription behind, LogPage? page)
    {
        lock (_lock)
        {
            if (behind.HasEnded)
                return;

            // Another life, or a lane that has news the page did not have: the next round decides again.
            if (page is not null && page.Head.Epoch == behind.Position.Epoch)
            {
                foreach (var e in page.Events)
                {
                    // What has come since is live, and the room's allowance is for it.
                    if (behind.Lane.Relaxed is not null && !behind.IsReplaying)
                        break;
                    if (EndsWith_NeedsLock(behind, e.Content as MemberLeft, e.Sequence))
                        return;

                    // A page is small, so a sink that fills up on the way takes the rest of it in this round too.
                    behind.Cursor = Cursor.At(e.Position);
                    sink.Write(Frame.Of(e), behind);
                }
            }
        }

        if (page is null)
            End(behind, "gone");
        else if (page.Head.Epoch == behind.Position.Epoch && page.Events.Count > 0)
            Ring(behind);
        else
            WaitForHealing(behind);
    }
}
