using Hubbub.Protocol;
using Hubbub.Protocol.Frames;
using Hubbub.Torture.History;

namespace Hubbub.UnitTests.History;

/// <summary>
/// Tells the history of an ideal server: posts that overlap, are refused, get lost on the way back and are retried; readers that come, go and return; pages; removals; logs
/// that begin a new life. Everything that is allowed happens, nothing that is not.
/// </summary>
internal sealed class GoodHistory
{
    public const long MaxReplay = 12;

    /// <summary>The room that skips now and then.</summary>
    public static readonly RoomId Relaxed = RoomId.Parse("attic");

    private readonly Random _random;
    private readonly List<Record> _records = [];
    private readonly List<Room> _rooms;
    private readonly List<Reader> _readers = [];
    private readonly List<Attempt> _attempts = [];
    private long _now;
    private int _names;

    private GoodHistory(int seed)
    {
        _random = new Random(seed);
        _rooms = [new Room("lobby", NewEpoch()), new Room("attic", NewEpoch())];
        foreach (var room in _rooms)
        {
            for (var i = 1; i <= 3; i++)
                _readers.Add(new Reader($"reader{i}-{room.Id}", room));
        }
    }

    public static List<Record> Tell(int seed, int steps = 220)
    {
        var history = new GoodHistory(seed);
        for (var i = 0; i < steps; i++)
            history.Step();
        history.End();
        return history._records;
    }

    private void Step()
    {
        var room = Pick(_rooms);
        switch (_random.Next(24))
        {
            case <= 4:
                Invoke(room);
                break;
            case <= 9 when _attempts.Count > 0:
                Resolve(Pick(_attempts));
                break;
            case 10:
                ReadPage(room);
                break;
            case 11 when _random.Next(4) == 0:
                BeginNewLife(room);
                break;
            case 12 when _random.Next(4) == 0:
                Remove(Pick(_readers));
                break;
            default:
                Listen(Pick(_readers));
                break;
        }
    }

    private void Invoke(Room room)
    {
        var attempt = new Attempt($"m{++_names}", $"poster{_random.Next(3)}", room);
        _attempts.Add(attempt);
        Note(new PostInvoked(Tick(), attempt.Client, room.Id, attempt.Message, attempt.Hash));
    }

    private void Resolve(Attempt attempt)
    {
        // Stored first, told later, with anything in between; or refused, or stored and never told, or told only to the retry.
        if (!attempt.IsStored && _random.Next(5) == 0)
        {
            _attempts.Remove(attempt);
            Note(new PostRefused(Tick(), attempt.Client, attempt.Room.Id, attempt.Message));
        }
        else if (!attempt.IsStored)
        {
            attempt.IsStored = true;
            attempt.Position = attempt.Room.Append(attempt.Message, attempt.Hash);
        }
        else if (attempt.Position.Epoch != attempt.Room.Epoch || _random.Next(6) == 0)
        {
            _attempts.Remove(attempt);
            Note(new PostUncertain(Tick(), attempt.Client, attempt.Room.Id, attempt.Message));
        }
        else
        {
            if (_random.Next(4) == 0)
            {
                Note(new PostUncertain(Tick(), attempt.Client, attempt.Room.Id, attempt.Message));
                Note(new PostInvoked(Tick(), attempt.Client, attempt.Room.Id, attempt.Message, attempt.Hash));
            }

            Note(new PostConfirmed(Tick(), attempt.Client, attempt.Room.Id, attempt.Message, attempt.Position));
            if (_random.Next(4) != 0)
                _attempts.Remove(attempt);
        }
    }

    private void ReadPage(Room room)
    {
        var invoked = Tick();
        var after = _random.Next(room.Log.Count + 1);
        var limit = _random.Next(1, 6);
        var entries = room.Log.Skip(after).Take(limit).ToList();
        var upTo = entries.Count < limit ? long.MaxValue : entries[^1].Position.Sequence;
        Note(new PageRead(Tick(), invoked, $"pager{_random.Next(2)}", room.Id, room.Epoch, after, upTo, entries));
    }

    private void BeginNewLife(Room room)
    {
        var (old, kept) = (room.Epoch, _random.Next(room.Log.Count + 1));
        room.Renew(NewEpoch(), kept);
        Note(new LifeEnded(Tick(), room.Id, old, room.Epoch, kept));
    }

    private void Remove(Reader reader)
    {
        if (reader.Place is null || reader.IsRemoved)
            return;
        reader.IsRemoved = true;
        Note(new MemberRemoved(Tick(), reader.Client, reader.Room.Id));
        Note(new Ended(Tick(), reader.Client, reader.Room.Id));
    }

    private void Listen(Reader reader)
    {
        if (reader.IsRemoved)
            return;
        if (!reader.IsConnected)
            Connect(reader);
        else if (_random.Next(8) == 0)
            Disconnect(reader);
        else
            Deliver(reader);
    }

    private void Connect(Reader reader)
    {
        reader.IsConnected = true;
        reader.Session++;
        var head = reader.Room.Head;
        var start = reader.Place ?? (_random.Next(2) == 0 ? head : head with { Sequence = 0 });
        reader.Place = start;
        Note(new Subscribed(Tick(), reader.Client, reader.Session, reader.Room.Id, start));
        if (!start.IsStart && start.Epoch != head.Epoch)
            Tell(reader, head, GapReason.LostPast);
        else if (head.Sequence - start.Sequence > MaxReplay)
            Tell(reader, head, GapReason.TooFarBehind);
        else
            reader.Place = start with { Epoch = head.Epoch };
    }

    private void Tell(Reader reader, Position to, GapReason reason)
    {
        Note(new GapTold(Tick(), reader.Client, reader.Session, reader.Room.Id, reader.Place!.Value, to, reason));
        reader.Place = to;
        reader.HandedUpTo = reason == GapReason.LostPast ? to.Sequence : Math.Max(reader.HandedUpTo, to.Sequence);
    }

    private void Disconnect(Reader reader)
    {
        reader.IsConnected = false;
        Note(new Disconnected(Tick(), reader.Client, reader.Session));

        // It may come back with an older position than it has: the wire then repeats, the application does not see it.
        var place = reader.Place!.Value;
        reader.Place = place with { Sequence = Math.Max(Math.Min(place.Sequence, 1), place.Sequence - _random.Next(3)) };
    }

    private void Deliver(Reader reader)
    {
        var place = reader.Place!.Value;
        if (place.Epoch != reader.Room.Epoch)
        {
            Tell(reader, reader.Room.Head, GapReason.LostPast);
            return;
        }

        var behind = reader.Room.Log.Count - place.Sequence;
        if (behind <= 0)
            return;
        if (reader.Room.Id == Relaxed && behind > 1 && _random.Next(6) == 0)
        {
            SkipSome(reader, place, _random.Next(1, (int)behind));
            return;
        }

        var entry = reader.Room.Log[(int)place.Sequence];
        reader.Place = entry.Position;
        Note(new Delivered(Tick(), reader.Client, reader.Session, reader.Room.Id, entry));
        if (entry.Position.Sequence <= reader.HandedUpTo)
            return;
        reader.HandedUpTo = entry.Position.Sequence;
        Note(new HandedOn(Tick(), reader.Client, reader.Room.Id, entry));
    }

    private void SkipSome(Reader reader, Position place, int count)
    {
        var from = place with { Epoch = reader.Room.Epoch };
        var to = new Position(from.Epoch, from.Sequence + count);
        Note(new SkipTold(Tick(), reader.Client, reader.Session, reader.Room.Id, from, to, count));
        reader.Place = to;
        reader.HandedUpTo = Math.Max(reader.HandedUpTo, to.Sequence);
    }

    private void End()
    {
        foreach (var reader in _readers.Where(r => r.Place is not null && !r.IsRemoved))
        {
            if (!reader.IsConnected)
                Connect(reader);
            while (reader.Place!.Value != reader.Room.Head)
                Deliver(reader);
        }

        foreach (var room in _rooms)
        {
            Note(new FinalLog(Tick(), room.Id, FinalSource.Store, [.. room.Log]));
            Note(new FinalLog(Tick(), room.Id, FinalSource.Client, [.. room.Log]));
        }
    }

    private void Note(Record record) => _records.Add(record);

    // A tick is long enough for two of them to be a removal's grace.
    private long Tick() => _now += _random.Next(1, 4) * TimeSpan.TicksPerSecond;

    private T Pick<T>(List<T> from) => from[_random.Next(from.Count)];

    private Epoch NewEpoch() => new((uint)_random.Next(1, int.MaxValue));

    private sealed class Room(string id, Epoch epoch)
    {
        public RoomId Id { get; } = RoomId.Parse(id);

        public Epoch Epoch { get; private set; } = epoch;

        public List<Entry> Log { get; } = [new(new Position(epoch, 1), "#room_created", 1)];

        public Position Head => new(Epoch, Log.Count);

        public Position Append(string message, ulong hash)
        {
            Log.Add(new Entry(new Position(Epoch, Log.Count + 1), message, hash));
            return Head;
        }

        public void Renew(Epoch next, int kept)
        {
            Epoch = next;
            Log.RemoveRange(kept, Log.Count - kept);
            for (var i = 0; i < Log.Count; i++)
                Log[i] = Log[i] with { Position = new Position(next, i + 1) };
        }
    }

    private sealed class Reader(string client, Room room)
    {
        public string Client { get; } = client;

        public Room Room { get; } = room;

        public int Session { get; set; }

        public bool IsConnected { get; set; }

        public bool IsRemoved { get; set; }

        public Position? Place { get; set; }

        public long HandedUpTo { get; set; }
    }

    private sealed class Attempt(string message, string client, Room room)
    {
        public string Message { get; } = message;

        public ulong Hash { get; } = Fingerprint.Of("text of " + message);

        public string Client { get; } = client;

        public Room Room { get; } = room;

        public bool IsStored { get; set; }

        public Position Position { get; set; }
    }
}
