using System.Diagnostics.CodeAnalysis;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Core.Hub;

/// <summary>
/// How a feed is emptied into a sink: answers, then what each subscription has not had, from the lane or by a page from the store. Here the cursors move, forward as frames are written and back
/// when they could not be. Joining, leaving and ringing are in the other part.
/// </summary>
public sealed partial class Feed
{
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

    /// <summary>Page and lane do not fit together: the room is compared with the store, and rings.</summary>
    private void WaitForHealing(Subscription behind)
    {
        behind.Audience?.LetWait(behind);
        _hub.AskForHealing(behind.Room);
    }
}
