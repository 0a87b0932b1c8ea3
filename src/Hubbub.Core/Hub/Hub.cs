using System.Collections.Concurrent;
using System.Threading.Channels;
using Hubbub.Core.Broker;
using Hubbub.Core.Log;
using Hubbub.Core.Presence;
using Hubbub.Protocol;
using Microsoft.Extensions.Logging;

namespace Hubbub.Core.Hub;

/// <summary>
/// This node's table of who listens to what. It takes in what this node committed (<see cref="Deliver"/>) and what the others announce, heals gaps from the log,
/// and compares heads from time to time, so that a lost announcement costs time and never a message.
/// </summary>
public sealed partial class Hub
{
    private const int SweepChunk = 500;
    private const int HealPage = 500;

    // Rooms that are healed at the same time: a slow read of one must not hold up all, and all at once would crowd the store.
    private const int HealTogether = 16;

    private readonly IBroker _broker;
    private readonly TimeProvider _time;
    private readonly ILogger<Hub> _logger;
    private readonly ConcurrentDictionary<RoomId, LiveRoom> _rooms = new();

    // Bounded by the number of live rooms: a room asks once, in one of the two, until it was healed.
    private readonly Channel<LiveRoom> _toHeal = Channel.CreateUnbounded<LiveRoom>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Channel<LiveRoom> _toHealAtOnce = Channel.CreateUnbounded<LiveRoom>(new UnboundedChannelOptions { SingleReader = true });

    // Bounded likewise.
    private readonly Channel<LiveRoom> _toRing = Channel.CreateUnbounded<LiveRoom>(new UnboundedChannelOptions { SingleReader = true });

    // Relaxed rooms with something to tell at the end of the window; each asks once.
    private readonly Channel<LiveRoom> _awaitingWindow = Channel.CreateUnbounded<LiveRoom>(new UnboundedChannelOptions { SingleReader = true });

    public Hub(IRoomLog log, IBroker broker, HubOptions options, TimeProvider time, ILogger<Hub> logger)
    {
        Log = log;
        Options = options;
        _broker = broker;
        _time = time;
        _logger = logger;
        _rollCall = new RollCall(broker, options, time, TellPresence);
    }

    public HubOptions Options { get; }

    /// <summary>How many rooms have a lane on this node.</summary>
    public int LiveRooms => _rooms.Count;

    internal IRoomLog Log { get; }

    internal long Now => _time.GetTimestamp();

    /// <summary>A new reader. Dispose it when its connection ends.</summary>
    /// <param name="connection">Whose shard serves the feed; null if a pump of its own waits for it.</param>
    public Feed OpenFeed(ShardConnection? connection = null) => new(this, connection);

    /// <summary>
    /// Delivers committed events to this node's listeners; each room's events in order. Never waits, and costs the caller one append per event, and per room one ring a shard and some tens more at most.
    /// </summary>
    public void Deliver(IReadOnlyList<RoomEvent> committed)
    {
        foreach (var e in committed)
        {
            if (_rooms.TryGetValue(e.Room, out var room) && room.Deliver(e))
                AskForHealing_Queued(room);
        }

        // One ring per room and batch: listeners then take everything that is new in one go.
        RoomId? rung = null;
        foreach (var e in committed)
        {
            if (e.Room != rung && _rooms.TryGetValue(e.Room, out var room))
                Ring(room);
            rung = e.Room;
        }
    }

    /// <summary>Tells everyone in the room, on this node and the others, that the user is typing. Not stored; may be lost.</summary>
    public void Typing(RoomId room, User user)
    {
        DeliverTyping(room, user);
        _broker.Announce(new TypingAnnounced(room, user));
    }

    /// <summary>Hears the other nodes, heals gaps, ends the windows of relaxed rooms and sweeps, until stopped.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var listening = _broker.Listen(Receive);
        _broker.Subscribed += CompareSoon;
        try
        {
            // Two nodes that post to one room make small gaps all the time; most close by themselves within a few milliseconds. What was announced as a bare position
            // never closes by itself.
            Task[] loops = [RingAsync(ct), HealAsync(_toHeal.Reader, Options.GapPatience, ct), HealAsync(_toHealAtOnce.Reader, TimeSpan.Zero, ct), EndWindowsAsync(ct), SweepAsync(ct), TellReadAsync(ct), _rollCall.RunAsync(RoomsInOrder, ct)];
            var first = await Task.WhenAny(loops);

            // A loop that failed must be heard of now, not when the other ends.
            if (first.IsFaulted)
                await first;
            await Task.WhenAll(loops);
        }
        finally
        {
            _broker.Subscribed -= CompareSoon;
        }
    }

    /// <summary>The room's lane on this node, opened if need be; null if the room does not exist.</summary>
    /// <param name="id">The room.</param>
    /// <param name="consistency">As the directory says; of no meaning if the lane is there.</param>
    /// <param name="ct">Ends the asking.</param>
    internal async ValueTask<LiveRoom?> OpenAsync(RoomId id, Consistency consistency, CancellationToken ct)
    {
        if (_rooms.TryGetValue(id, out var room))
            return room;
        var before = (await Log.HeadsAsync([id], ct))[0];
        if (before is not { } head)
            return null;
        var opened = new LiveRoom(id, consistency, head, Options, _time, _rollCall);
        room = _rooms.GetOrAdd(id, opened);
        if (!ReferenceEquals(room, opened))
            return room;
        _broker.Subscribe(id);
        _rollCall.Introduce(room);

        // What was committed between the first look and the room's entry in the table was delivered to nobody here: look again.
        await CompareAsync([room], ct);
        return room;
    }

    /// <summary>
    /// The head to judge a position by: the lane's, unless the position is not within it. Then the store is asked, since the lane may lag behind what
    /// was acknowledged already.
    /// </summary>
    internal async ValueTask<Position> HeadForAsync(LiveRoom room, Position? asked, CancellationToken ct)
    {
        var known = room.Lane.HeadPosition;
        if (asked is not { } position || position.IsStart || (position.Epoch == known.Epoch && position.Sequence <= known.Sequence))
            return known;
        return await CompareAsync([room], ct) is [{ } head] ? head : room.Lane.HeadPosition;
    }

    internal void AskForHealing(LiveRoom room)
    {
        if (room.AskForHealing())
            AskForHealing_Queued(room);
    }

    /// <summary>
    /// Lets go of a room that is another one now: its store was wiped, and somebody has created it anew with another consistency. Its listeners are told that it is gone.
    /// </summary>
    internal void Retire(LiveRoom room)
    {
        room.Close();
        Remove(room);
        room.End(user: null, "gone");
    }

    private void Ring(LiveRoom room) => SeeTo(room, room.Ring());

    private void SeeTo(LiveRoom room, LeftOver left)
    {
        if (left == LeftOver.ThoseAlone)
            _toRing.Writer.TryWrite(room);
        else if (left == LeftOver.Window)
            _awaitingWindow.Writer.TryWrite(room);
    }

    private void AskForHealing_Queued(LiveRoom room) => _toHeal.Writer.TryWrite(room);

    private void Receive(Announcement announcement)
    {
        switch (announcement)
        {
            case EventAnnounced announced:
                Deliver([announced.Event]);
                break;
            case HeadAnnounced announced:
                if (_rooms.TryGetValue(announced.Room, out var room) && room.Hear(announced.Head))
                    _toHealAtOnce.Writer.TryWrite(room);
                break;
            case TypingAnnounced typing:
                DeliverTyping(typing.Room, typing.User);
                break;
            case ReadAnnounced read:
                DeliverRead(read.Room, read.Marks);
                break;
            case PresenceAnnounced said:
                HearPresence(said);
                break;
        }
    }

    /// <summary>For rooms whose announcements may have been missed until now.</summary>
    private void CompareSoon(IReadOnlyList<RoomId> rooms)
    {
        foreach (var id in rooms)
        {
            if (_rooms.TryGetValue(id, out var room))
                AskForHealing(room);
        }

        IntroduceAnew(rooms);
    }

    private void DeliverTyping(RoomId id, User user)
    {
        if (!_rooms.TryGetValue(id, out var room))
            return;
        if (room.Signal(Frame.Typing(id, user)))
            Ring(room);
    }

    private async Task RingAsync(CancellationToken ct)
    {
        var rounds = new Queue<(LiveRoom Room, int Next)>();
        while (rounds.Count > 0 || await _toRing.Reader.WaitToReadAsync(ct))
        {
            while (_toRing.Reader.TryRead(out var rung))
                rounds.Enqueue((rung, int.MaxValue));
            var (room, next) = rounds.Dequeue();
            if (room.RingAlone(ref next))
                rounds.Enqueue((room, next));

            // Those who were rung go first, and whoever was rung elsewhere meanwhile: so a small room does not wait for the whole of a large one.
            await Task.Yield();
            ct.ThrowIfCancellationRequested();
        }
    }

    private async Task HealAsync(ChannelReader<LiveRoom> asked, TimeSpan patience, CancellationToken ct)
    {
        List<LiveRoom> waiting = [];
        while (await asked.WaitToReadAsync(ct))
        {
            if (patience > TimeSpan.Zero)
                await Task.Delay(patience, _time, ct);
            while (asked.TryRead(out var room))
                waiting.Add(room);
            foreach (var rooms in waiting.Chunk(HealTogether))
                await HealAsync(rooms, ct);
            waiting.Clear();
        }
    }

    private async Task HealAsync(LiveRoom[] rooms, CancellationToken ct)
    {
        try
        {
            // Of the others the log is asked, in one question, whether there is anything to heal.
            var unsure = Array.FindAll(rooms, r => !r.IsBehind);
            if (unsure.Length > 0)
                await CompareAsync(unsure, ct);
        }
        catch (StoreException e)
        {
            foreach (var room in rooms)
                room.GiveUpHealing();
            LogComparingFailed(e);
            return;
        }

        await Task.WhenAll(Array.ConvertAll(rooms, room => ReadMissedAsync(room, ct)));
    }

    private async Task ReadMissedAsync(LiveRoom room, CancellationToken ct)
    {
        try
        {
            while (room.StillNeedsHealing())
            {
                var lane = room.Lane;
                var page = await Log.ReadAsync(room.Id, room.HeadSequence, HealPage, ct);
                if (page is null || page.Head.Epoch != lane.Epoch)
                {
                    // The room is gone, or its log lives another life: the comparison tells its listeners.
                    room.GiveUpHealing();
                    await CompareAsync([room], ct);
                    break;
                }

                if (page.Events.Count == 0)
                {
                    room.GiveUpHealing();
                    break;
                }

                foreach (var e in page.Events)
                    room.Deliver(e);

                // A page that does not connect is a log with a hole: asking for it again would never end.
                if (room.Lane == lane && room.HeadSequence < page.Events[0].Sequence)
                {
                    LogHole(room.Id.Value, new Position(lane.Epoch, room.HeadSequence), page.Events[0].Position);
                    room.GiveUpHealing();
                    break;
                }
            }

            Ring(room);
        }
        catch (StoreException e)
        {
            // The next announcement or the next sweep asks again.
            room.GiveUpHealing();
            LogHealingFailed(e, room.Id.Value);
        }
    }

    /// <summary>One window for all relaxed rooms: it begins with the first event that must wait.</summary>
    private async Task EndWindowsAsync(CancellationToken ct)
    {
        List<LiveRoom> waiting = [];
        while (await _awaitingWindow.Reader.WaitToReadAsync(ct))
        {
            await Task.Delay(Options.RelaxedWindow, _time, ct);
            while (_awaitingWindow.Reader.TryRead(out var room))
                waiting.Add(room);
            foreach (var room in waiting)
                SeeTo(room, room.EndWindow());
            waiting.Clear();
        }
    }

    private async Task SweepAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Options.SweepInterval, _time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            var idleBefore = Now - (long)(Options.IdleRoomLifetime.TotalSeconds * _time.TimestampFrequency);
            foreach (var room in _rooms.Values)
            {
                if (room.TryClose(idleBefore))
                    Remove(room);
            }

            var rooms = RoomsInOrder().Where(r => r.Listeners > 0).ToArray();
            try
            {
                foreach (var chunk in rooms.Chunk(SweepChunk))
                    await CompareAsync(chunk, ct);
            }
            catch (StoreException e)
            {
                LogComparingFailed(e);
            }
        }
    }

    private void Remove(LiveRoom room)
    {
        if (!_rooms.TryRemove(new KeyValuePair<RoomId, LiveRoom>(room.Id, room)))
            return;
        _broker.Unsubscribe(room.Id);

        // Somebody may have opened it anew between the removal and the unsubscribing.
        if (_rooms.ContainsKey(room.Id))
            _broker.Subscribe(room.Id);
    }

    /// <summary>Compares lanes with the store's heads, which it returns; a lane that lags is healed, one of a lost past begins anew, a vanished room ends.</summary>
    private async ValueTask<IReadOnlyList<Position?>> CompareAsync(LiveRoom[] rooms, CancellationToken ct)
    {
        var lanes = Array.ConvertAll(rooms, r => r.Lane);
        var sequences = Array.ConvertAll(rooms, r => r.HeadSequence);
        var heads = await Log.HeadsAsync(Array.ConvertAll(rooms, r => r.Id), ct);
        for (var i = 0; i < rooms.Length; i++)
        {
            if (heads[i] is not { } head)
            {
                rooms[i].End(user: null, "gone");
                continue;
            }

            if (rooms[i].Observe(head, lanes[i], sequences[i]))
                AskForHealing_Queued(rooms[i]);
            if (!ReferenceEquals(rooms[i].Lane, lanes[i]))
            {
                LogLostPast(rooms[i].Id.Value, head);
                Ring(rooms[i]);
            }
        }

        return heads;
    }

    [LoggerMessage(LogLevel.Warning, "Reading missed events of room {Room} from the store failed; trying again at the next sweep")]
    private partial void LogHealingFailed(Exception e, string room);

    [LoggerMessage(LogLevel.Warning, "Comparing heads with the store failed; trying again at the next sweep")]
    private partial void LogComparingFailed(Exception e);

    [LoggerMessage(LogLevel.Critical, "The log of room {Room} goes on after {Head} with {Next}: the store has lost what was between; trying again at the next sweep")]
    private partial void LogHole(string room, Position head, Position next);

    [LoggerMessage(LogLevel.Warning, "The log of room {Room} has lost its past and now stands at {Head}; its listeners are told to start afresh")]
    private partial void LogLostPast(string room, Position head);
}
