using System.Threading.Channels;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Microsoft.Extensions.Logging;

namespace Hubbub.Core.Search;

/// <summary>
/// Lets the index follow the log: what this node commits, a moment later; and what nobody has taken in, since its node died or the index is new, at every sweep. It reads the log as any reader does, so nothing waits for it, and a crash
/// costs it nothing: where it goes on stands in the index.
/// </summary>
/// <remarks>One <see cref="RunAsync"/> does the work. Several nodes may do the same; of two that take in the same, one finds it done.</remarks>
public sealed partial class Indexer
{
    /// <summary>Rooms that wait by name; of more only the next sweep knows.</summary>
    private const int MaxWaiting = 10_000;

    private const int RoomsOfSweep = 1000;

    /// <summary>A room that is far behind gives way to the others after so many pages: what is said now is found soon, also while a long past is taken in.</summary>
    private const int PagesOfTurn = 5;

    /// <summary>How long it rests, in times of its work.</summary>
    private const int Rest = 2;

    private readonly IRoomLog _log;
    private readonly ISearch _search;
    private readonly TimeProvider _time;
    private readonly ILogger<Indexer> _logger;
    private readonly Lock _lock = new();
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private volatile bool _isFailing;

    /// <summary>How far the log of each room is that waits, and how far the index.</summary>
    private readonly Dictionary<RoomId, (long Head, long Indexed)> _waiting = [];

    public Indexer(IRoomLog log, ISearch search, TimeProvider time, ILogger<Indexer> logger)
    {
        _log = log;
        _search = search;
        _time = time;
        _logger = logger;
    }

    /// <summary>What is committed in this time is taken in together.</summary>
    public static TimeSpan Pause { get; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How often rooms are looked for that nobody has taken in.</summary>
    public static TimeSpan SweepInterval { get; } = TimeSpan.FromSeconds(15);

    /// <summary>Events that are in the log and, as far as this node knows, not in the index.</summary>
    public long Behind
    {
        get
        {
            lock (_lock)
                return _waiting.Values.Sum(room => Math.Max(0, room.Head - room.Indexed));
        }
    }

    /// <summary>Follows the log until stopped.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        long? swept = null;
        while (true)
        {
            if (swept is not { } last || _time.GetElapsedTime(last) >= SweepInterval)
            {
                await SweepAsync(ct);
                swept = _time.GetTimestamp();
            }

            var isBehind = false;
            foreach (var room in Waiting())
                isBehind |= await FollowAsync(room, PagesOfTurn, ct) == Followed.SomeWay;
            if (isBehind)
                continue;
            await WaitAsync(SweepInterval - _time.GetElapsedTime(swept.Value), ct);
            await Task.Delay(Pause, _time, ct);
        }
    }

    /// <summary>Takes in all that the log has of the room; what failed waits for the next sweep.</summary>
    public Task FollowAsync(RoomId room, CancellationToken ct) => FollowAsync(room, int.MaxValue, ct);

    private async Task<Followed> FollowAsync(RoomId room, int pages, CancellationToken ct)
    {
        var head = HeadOf(room);
        var followed = Followed.Overtaken;
        try
        {
            // Another node may be at it too: then it goes on where that one has come to.
            while (followed == Followed.Overtaken)
                followed = await FollowOnceAsync(room, pages, ct);
            _isFailing = false;
            if (followed == Followed.SomeWay)
                return followed;

            // Unless more was committed meanwhile, and rang.
            lock (_lock)
            {
                if (HeadOf(room) == head)
                    _waiting.Remove(room);
            }
        }
        catch (StoreException e)
        {
            // Once until it works again: a full disk stays full, and every post rings.
            if (!_isFailing)
                LogFailed(e, room.Value);
            _isFailing = true;
        }

        return followed;
    }

    private async Task<Followed> FollowOnceAsync(RoomId room, int pages, CancellationToken ct)
    {
        var indexed = await _search.PositionAsync(room, ct);
        for (; pages > 0; pages--)
        {
            var began = _time.GetTimestamp();
            var page = await _log.ReadAsync(room, indexed.Sequence, Limits.MaxPage, ct);
            if (page is null)
                return Followed.ToTheHead;
            var after = indexed.Sequence;
            if (!indexed.IsStart && page.Head.Epoch != indexed.Epoch)
            {
                // Another life: what is known of the old one goes when the first page of the new one is taken in.
                after = 0;
                page = await _log.ReadAsync(room, after, Limits.MaxPage, ct);
                if (page is null)
                    return Followed.ToTheHead;
            }

            if (page.Events.Count == 0)
                return Followed.ToTheHead;
            var to = page.Events[^1].Position;
            if (!await _search.TakeInAsync(room, indexed, to, ChangesOf(page.Events), ct))
                return Followed.Overtaken;
            indexed = to;
            lock (_lock)
            {
                if (_waiting.TryGetValue(room, out var waiting))
                    _waiting[room] = waiting with { Indexed = to.Sequence };
            }

            // Posts and readers need the processor more: of a third of it the index is in time for any but a flood of posts, behind which it falls back.
            await Task.Delay(Rest * _time.GetElapsedTime(began), _time, ct);
        }

        return Followed.SomeWay;
    }

    internal static List<IndexChange> ChangesOf(IReadOnlyList<RoomEvent> events)
    {
        var changes = new List<IndexChange>(events.Count);
        foreach (var e in events)
        {
            switch (e.Content)
            {
                // What was deleted before the index came to it has no text.
                case MessagePosted { IsDeleted: false } posted:
                    changes.Add(new MessageIndexed(e.Sequence, e.Sender, e.SentAt, posted.Text, posted.Files is not null));
                    break;
                case MessageEdited { IsDeleted: false } edited:
                    changes.Add(new MessageReplaced(edited.Message, edited.Text));
                    break;
                case MessageDeleted deleted:
                    changes.Add(new MessageDropped(deleted.Message));
                    break;
            }
        }

        return changes;
    }

    /// <summary>An event was committed here. Called on the appender's way: it only leaves word.</summary>
    public void Note(RoomEvent e)
    {
        ArgumentNullException.ThrowIfNull(e);
        lock (_lock)
        {
            if (_waiting.TryGetValue(e.Room, out var known))
                _waiting[e.Room] = (Math.Max(known.Head, e.Sequence), known.Indexed);
            else if (_waiting.Count < MaxWaiting)
                _waiting[e.Room] = (e.Sequence, e.Sequence - 1);
        }

        _bell.Writer.TryWrite(true);
    }

    private async Task SweepAsync(CancellationToken ct)
    {
        try
        {
            foreach (var behind in await _search.BehindAsync(RoomsOfSweep, ct))
            {
                lock (_lock)
                    _waiting[behind.Room] = (behind.Head.Sequence, behind.Head.Sequence - behind.Events);
            }
        }
        catch (StoreException e)
        {
            LogSweepFailed(e);
        }
    }

    private long? HeadOf(RoomId room)
    {
        lock (_lock)
            return _waiting.TryGetValue(room, out var waiting) ? waiting.Head : null;
    }

    private RoomId[] Waiting()
    {
        lock (_lock)
            return [.. _waiting.Keys];
    }

    private async Task WaitAsync(TimeSpan atMost, CancellationToken ct)
    {
        if (atMost <= TimeSpan.Zero)
            return;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var rung = _bell.Reader.WaitToReadAsync(enough.Token).AsTask();
        await Task.WhenAny(rung, Task.Delay(atMost, _time, enough.Token));
        enough.Cancel();
        ct.ThrowIfCancellationRequested();
        _bell.Reader.TryRead(out _);
    }

    private enum Followed
    {
        /// <summary>There is no more.</summary>
        ToTheHead,

        /// <summary>There may be more.</summary>
        SomeWay,

        /// <summary>Somebody else has taken in what this was about to.</summary>
        Overtaken,
    }

    [LoggerMessage(LogLevel.Warning, "Room {Room} could not be taken into the search index; trying again at the next sweep")]
    private partial void LogFailed(Exception e, string room);

    [LoggerMessage(LogLevel.Warning, "The search index could not be compared with the log; trying again at the next sweep")]
    private partial void LogSweepFailed(Exception e);
}
