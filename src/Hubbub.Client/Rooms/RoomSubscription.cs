using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Hubbub.Client.Rooms;
using Hubbub.Client.Wire;
using Hubbub.Protocol;

namespace Hubbub.Client;

/// <summary>
/// One room, followed from a position: every event once, in the order of its sequence, over any transport and over any number of reconnects. Thread-safe; <see cref="ReadAsync"/> has one reader.
/// </summary>
/// <remarks>
/// Whatever comes is trusted only if it is the very next; what is missing is asked of the log. Of a reader that is slower than the room, <see cref="HubbubClientOptions.MaxUpdates"/> updates wait,
/// and the rest is read from the log when it has caught up: nothing is lost, and nothing grows.
/// </remarks>
public sealed class RoomSubscription
{
    private const int HealPage = 500;
    private static readonly TimeSpan HealPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan TypingEvery = TimeSpan.FromSeconds(3);

    /// <summary>Who has just said no is there: it is not asked again sooner.</summary>
    private static readonly TimeSpan ShortestRest = TimeSpan.FromSeconds(1);

    private readonly RoomHost _host;
    private readonly Lock _lock = new();
    private readonly Channel<RoomUpdate> _updates;
    private readonly Cursor _cursor;
    private readonly int? _last;
    private readonly Backoff _rests;

    // Guarded by _lock.
    private Task _healing = Task.CompletedTask;
    private bool _isHealing;
    private bool _askAgain;
    private Position? _wanted;
    private Position? _readMark;
    private Task _resting = Task.CompletedTask;
    private bool _isResting;
    private long? _typedAt;
    private RoomUpdate.Left? _farewell;
    private bool _isOver;

    internal RoomSubscription(RoomId id, RoomStart start, RoomHost host)
    {
        Id = id;
        _host = host;
        _cursor = new Cursor(start.After);
        _last = start.After is null ? start.Last : null;
        _updates = Channel.CreateBounded<RoomUpdate>(new BoundedChannelOptions(host.Options.MaxUpdates) { SingleReader = true });
        _rests = new Backoff(host.Random);
        Outbox = new Outbox(id, host);
        Presence = new PresenceList(id, host);
    }

    public RoomId Id { get; }

    /// <summary>The last event that was handed on; null until the server has said where the story begins.</summary>
    public Position? Position
    {
        get
        {
            lock (_lock)
                return _cursor.Position;
        }
    }

    /// <summary>How far the user has read, as far as it was told since the room was joined; null if it was not.</summary>
    public Position? ReadMark
    {
        get
        {
            lock (_lock)
                return _readMark;
        }
    }

    /// <summary>Posts that are not acknowledged yet, or have failed.</summary>
    public IReadOnlyList<PendingPost> Pending => Outbox.Pending;

    internal Outbox Outbox { get; }

    internal PresenceList Presence { get; }

    /// <summary>Whether its story has ended for good: left, removed, refused, or the client is disposed. To read on, join the room again.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_lock)
                return _isOver;
        }
    }

    /// <summary>Whether a link shall read it now: not after its end, nor while it rests because the server could not serve it.</summary>
    internal bool IsReadable
    {
        get
        {
            lock (_lock)
                return !_isOver && !_isResting;
        }
    }

    /// <summary>What the reader has not been told yet and may be asked of the server: behind a position, the newest few, or from now on.</summary>
    internal RoomStart Start
    {
        get
        {
            lock (_lock)
                return _cursor.Position is { } here ? new RoomStart(After: here) : new RoomStart(Last: _last);
        }
    }

    /// <summary>What happens in the room, until it is left or the client is disposed. For one reader at a time; who stops reading may read on later.</summary>
    public async IAsyncEnumerable<RoomUpdate> ReadAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        while (await _updates.Reader.WaitToReadAsync(ct))
        {
            while (_updates.Reader.TryRead(out var update))
                yield return update;
        }

        // Not in the queue, where there may be no room for it.
        if (Interlocked.Exchange(ref _farewell, null) is { } left)
            yield return left;
    }

    /// <summary>
    /// Posts a message. Never waits: it is sent, and sent again with the same key, until the server acknowledges or refuses it, one after the other in this order.
    /// </summary>
    /// <param name="text">1 byte to 16 KiB of UTF-8; empty if it brings files.</param>
    /// <param name="key">1–128 visible ASCII characters, unique for the message; made up if null.</param>
    public PendingPost Post(string text, string? key = null, Position? replyTo = null, Position? thread = null, IReadOnlyList<string>? files = null)
    {
        // Readers stop showing us as typing when the message comes; who writes on at once is to be shown again at once.
        lock (_lock)
            _typedAt = null;
        return Outbox.Add(text, key, replyTo, thread, files);
    }

    /// <summary>A page of the log: behind or before a position, or the newest few.</summary>
    /// <param name="after">What comes after it.</param>
    /// <param name="before">The page that ends just before it.</param>
    /// <param name="last">The newest so many.</param>
    /// <param name="limit">1–1000.</param>
    /// <param name="ct">Ends the asking.</param>
    /// <exception cref="HubbubException">It was refused, or did not get through.</exception>
    public Task<RoomPage> HistoryAsync(Position? after = null, Position? before = null, int? last = null, int limit = 100, CancellationToken ct = default) =>
        _host.Api.PageAsync(Id, after, before, last, limit, ct);

    /// <summary>
    /// Tells the others that the user is typing. Call it at every key stroke: it is sent once in 3 s at most, over the socket if there is one, and not at all while the client is not online. Lost is lost.
    /// </summary>
    public async Task TypingAsync(CancellationToken ct = default)
    {
        lock (_lock)
        {
            if (_isOver || !_host.IsOnline() || (_typedAt is { } at && _host.Options.Time.GetElapsedTime(at) < TypingEvery))
                return;
            _typedAt = _host.Options.Time.GetTimestamp();
        }

        if (_host.Typing(Id))
            return;
        try
        {
            await _host.Api.TypingAsync(Id, ct);
        }
        catch (HubbubException)
        {
            // At the next keystroke again.
        }
    }

    /// <summary>
    /// Who is in the room: the whole list, at once and whenever it has changed; of changes in quick succession the last. Nothing is asked of the server before somebody reads it. Ends when the room is left. Over long
    /// polls, which carry no signals, it is as it was when the stream began.
    /// </summary>
    public IAsyncEnumerable<RoomPresence> WatchPresenceAsync(CancellationToken ct = default) => Presence.WatchAsync(ct);

    /// <summary>Moves the user's read mark forward.</summary>
    public Task MarkReadAsync(Position position, CancellationToken ct = default) => _host.Api.MarkReadAsync(Id, position, ct);

    /// <summary>Ends this story; it does not end a membership.</summary>
    public void Leave()
    {
        if (End(new RoomUpdate.Left("left")))
            _host.Ended(this, byUs: true);
    }

    /// <summary>A frame of this room, from any link.</summary>
    internal void Receive(ServerFrame frame, long session)
    {
        switch (frame.Type)
        {
            case "joined" when frame.Payload.At("position") is { } from:
                _host.Options.Observer?.Joined(session, Id, from);
                _rests.Reset();
                lock (_lock)
                    _cursor.Begin(from);
                break;
            case "gap" when frame.Payload.At("from") is { } from && frame.Payload.At("to") is { } to:
                _host.Options.Observer?.Gap(session, Id, from, to, frame.Payload.Text("reason") ?? "");
                TakeGap(from, to, frame.Payload.Text("reason") ?? "");
                break;
            case "skipped" when frame.Payload.At("from") is { } from && frame.Payload.At("to") is { } to:
                TakeSkipped(from, to);
                break;
            case "left":
                if (End(new RoomUpdate.Left(frame.Payload.Text("reason") ?? "left")))
                    _host.Ended(this, byUs: false);
                break;
            case "error":
                TakeError(frame);
                break;
            case "presence":
                Presence.Take(frame);
                break;
            case "typing" when frame.Payload.Person("user") is { } user:
                lock (_lock)
                    _updates.Writer.TryWrite(new RoomUpdate.Typing(user));
                break;
            case "read" when frame.Payload.At("position") is { } upTo:
                TakeRead(upTo);
                break;
            default:
                if (WireJson.Event(frame.Type, frame.Payload) is { } happened)
                {
                    _host.Options.Observer?.Received(session, happened);
                    Take(happened);
                }
                else if (frame.Payload.At("id") is { } unknown && frame.Payload.Number("sequence") is not null)
                {
                    // An event of a later protocol: passed over, and counted.
                    Pass(unknown);
                }

                break;
        }
    }

    /// <summary>The client is over: nothing more comes.</summary>
    internal void Close()
    {
        lock (_lock)
            _isOver = true;
        _updates.Writer.TryComplete();
        Presence.Stop();
    }

    internal async Task EndedAsync()
    {
        Task healing, resting;
        lock (_lock)
            (healing, resting) = (_healing, _resting);
        await healing;
        await resting;
        await Outbox.EndedAsync();
        await Presence.EndedAsync();
    }

    private void Take(RoomEvent happened)
    {
        lock (_lock)
        {
            if (_isOver)
                return;
            switch (_cursor.Look(happened.Position))
            {
                case Cursor.Step.Next when !_isHealing && TryTell(new RoomUpdate.Happened(happened)):
                    _cursor.MoveTo(happened.Position);
                    Outbox.Arrived(happened);
                    break;
                case Cursor.Step.Known:
                    break;
                case Cursor.Step.Unplaced:
                    break;
                default:
                    // Of another life it is, too, if it comes: the log says what comes after our position, and where the story goes on if it is lost.
                    Heal_NeedsLock(happened.Position);
                    break;
            }
        }
    }

    private void TakeRead(Position upTo)
    {
        lock (_lock)
        {
            if (_isOver || (_readMark is { } before && before.Epoch == upTo.Epoch && before.Sequence >= upTo.Sequence))
                return;
            _readMark = upTo;
            _updates.Writer.TryWrite(new RoomUpdate.Read(upTo));
        }
    }

    private void Pass(Position position)
    {
        lock (_lock)
        {
            if (_cursor.Look(position) == Cursor.Step.Next && !_isHealing)
                _cursor.MoveTo(position);
            else if (_cursor.Look(position) is Cursor.Step.Next or Cursor.Step.Missing or Cursor.Step.OtherLife)
                Heal_NeedsLock(position);
        }
    }

    private void TakeGap(Position from, Position to, string reason)
    {
        lock (_lock)
        {
            if (_isOver || !_cursor.Concerns(from, to))
                return;
            if (TryTell(new RoomUpdate.Gap(from, to, reason)))
                _cursor.MoveTo(to);
            else
                Heal_NeedsLock(to);
        }
    }

    private void TakeSkipped(Position from, Position to)
    {
        lock (_lock)
        {
            if (_isOver || _cursor.Position is not { } here || here.Epoch != to.Epoch || here.Sequence >= to.Sequence)
                return;

            // Told from further back than we stand, by a second link: only the rest is news.
            var begin = here.Sequence >= from.Sequence ? here : from;
            if (begin != here)
                Heal_NeedsLock(to);
            else if (TryTell(new RoomUpdate.Skipped(begin, to, to.Sequence - begin.Sequence)))
                _cursor.MoveTo(to);
        }
    }

    private void TakeError(ServerFrame frame)
    {
        var error = new HubbubException(
            frame.Payload.Text("code") ?? "internal", frame.Payload.Text("message") ?? "The server refused.", 400,
            frame.Payload.TryGetProperty("retryable", out var word) && word.ValueKind == System.Text.Json.JsonValueKind.True);
        if (error.Retryable)
            RestLater();
        else if (End(new RoomUpdate.Left("refused", error)))
            _host.Ended(this, byUs: false);
    }

    /// <summary>The server could not serve it now: it is left out by the links for a while, and then asked for again.</summary>
    private void RestLater()
    {
        lock (_lock)
        {
            if (_isOver || _isResting)
                return;
            _isResting = true;
            _resting = RestAsync();
        }
    }

    private async Task RestAsync()
    {
        var wait = _rests.Next();
        await Task.Delay(wait > ShortestRest ? wait : ShortestRest, _host.Options.Time, _host.Stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _isResting = false;
            if (_isOver || _host.Stopped.IsCancellationRequested)
                return;
        }

        _host.Restart(this);
    }

    /// <summary>False if the reader is too slow: then it is not told now, and the log has it.</summary>
    private bool TryTell(RoomUpdate update) => _updates.Writer.TryWrite(update);

    /// <param name="upTo">What is known to be in the log; it is asked until it comes.</param>
    private void Heal_NeedsLock(Position upTo)
    {
        _askAgain = true;
        if (_wanted is not { } wanted || wanted.Epoch != upTo.Epoch || wanted.Sequence < upTo.Sequence)
            _wanted = upTo;
        if (_isHealing || _isOver)
            return;
        _isHealing = true;
        _healing = Task.Run(HealAsync);
    }

    /// <summary>Reads on from the log until nothing is missing, at the reader's pace.</summary>
    private async Task HealAsync()
    {
        try
        {
            while (true)
            {
                Position? after;
                bool isBehind;
                lock (_lock)
                {
                    isBehind = !_askAgain;
                    if (_isOver || (isBehind && !IsBehind_NeedsLock()))
                    {
                        _isHealing = false;
                        return;
                    }

                    _askAgain = false;
                    after = _cursor.Position;
                }

                // The node that was asked did not know it yet.
                if (isBehind)
                    await Task.Delay(HealPause, _host.Options.Time, _host.Stopped);

                try
                {
                    await ReadOnAsync(after ?? Protocol.Position.Start);
                }
                catch (HubbubException e) when (!e.Retryable && e.IsServers)
                {
                    if (End(new RoomUpdate.Left("refused", e)))
                        _host.Ended(this, byUs: false);
                }
                catch (HubbubException)
                {
                    lock (_lock)
                        _askAgain = true;
                    await Task.Delay(HealPause, _host.Options.Time, _host.Stopped);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The client is over.
        }
    }

    private async Task ReadOnAsync(Position after)
    {
        while (true)
        {
            var page = await _host.Api.PageAsync(Id, after, null, null, HealPage, _host.Stopped);
            if (page.Gap is { } gap && Concerns(gap))
                await TellAsync(gap, gap.To);
            foreach (var (at, happened) in page.Entries)
            {
                lock (_lock)
                {
                    if (_cursor.Look(at) != Cursor.Step.Next)
                        continue;

                    // Of a later protocol: passed over.
                    if (happened is null)
                        _cursor.MoveTo(at);
                }

                if (happened is not null)
                    await TellAsync(new RoomUpdate.Happened(happened), at);
            }

            if (page.Entries.Count < HealPage)
                return;
            after = page.Position;
        }
    }

    private bool Concerns(RoomUpdate.Gap gap)
    {
        lock (_lock)
            return _cursor.Concerns(gap.From, gap.To);
    }

    private bool IsBehind_NeedsLock() =>
        _wanted is { } wanted && _cursor.Position is { } here && (here == Protocol.Position.Start || here.Epoch == wanted.Epoch) && here.Sequence < wanted.Sequence;

    /// <summary>Waits for the reader, so that no more than its share waits.</summary>
    private async Task TellAsync(RoomUpdate update, Position to)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_isOver)
                    throw new OperationCanceledException();
                if (TryTell(update))
                {
                    _cursor.MoveTo(to);
                    if (update is RoomUpdate.Happened { Event: var happened })
                        Outbox.Arrived(happened);
                    return;
                }
            }

            if (!await _updates.Writer.WaitToWriteAsync(_host.Stopped))
                throw new OperationCanceledException();
        }
    }

    private bool End(RoomUpdate.Left left)
    {
        lock (_lock)
        {
            if (_isOver)
                return false;
            _isOver = true;
            _farewell = left;
            _updates.Writer.TryComplete();
            Presence.Stop();
            return true;
        }
    }
}
