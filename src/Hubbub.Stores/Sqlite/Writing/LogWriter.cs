using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;

namespace Hubbub.Stores.Sqlite.Writing;

/// <summary>
/// The rules of <see cref="IRoomLog.AppendAsync"/> inside the writer's transaction. Rooms it has met are remembered, with their heads as this
/// transaction leaves them; <see cref="Forget"/> after every rollback, for then they are wrong. Used by the writer's thread alone.
/// </summary>
internal sealed class LogWriter(Database database)
{
    /// <summary>At this many remembered rooms (some 200 bytes each) all are forgotten and looked up anew.</summary>
    private const int MaxRooms = 20_000;

    private readonly Dictionary<RoomId, RoomRow> _rooms = [];
    private readonly List<RoomRow> _grown = [];

    private readonly Statement _findRoom = database.Prepare("SELECT number, epoch, head FROM rooms WHERE id = ?1");

    private readonly Statement _addRoom = database.Prepare("""
        INSERT INTO rooms (id, epoch, head, name, visibility, created_at, consistency) VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6)
        RETURNING number
        """);

    private readonly Statement _saveHead = database.Prepare("UPDATE rooms SET head = ?2 WHERE number = ?1");

    private readonly Statement _rename = database.Prepare("UPDATE rooms SET name = ?2 WHERE number = ?1");

    // A known key is no error but zero changed rows, so that a new post, which is nearly every one, needs no look-up of its key before.
    private readonly Statement _addEvent = database.Prepare("""
        INSERT INTO events (room_number, sequence, sent_at, sender_id, sender_name, key, type, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT (room_number, sender_id, key) WHERE key IS NOT NULL DO NOTHING
        """);

    private readonly Statement _findByKey = database.Prepare($"""
        SELECT {EventRow.Columns} FROM events e WHERE e.room_number = ?1 AND e.sender_id = ?2 AND e.key = ?3
        """);

    private readonly Statement _findRole = database.Prepare("SELECT role FROM members WHERE room_number = ?1 AND user_id = ?2");

    private readonly Statement _saveMember = database.Prepare("""
        INSERT INTO members (room_number, user_id, user_name, role, since) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (room_number, user_id) DO UPDATE SET user_name = excluded.user_name, role = excluded.role, since = excluded.since
        """);

    private readonly Statement _forgetMember = database.Prepare("DELETE FROM members WHERE room_number = ?1 AND user_id = ?2");

    private readonly Statement _roomNumbers = database.Prepare("SELECT number, epoch FROM rooms ORDER BY number");

    private readonly Statement _saveEpoch = database.Prepare("UPDATE rooms SET epoch = ?2 WHERE number = ?1");

    public AppendOutcome[] Append(IReadOnlyList<Draft> batch)
    {
        var outcomes = new AppendOutcome[batch.Count];
        for (var i = 0; i < outcomes.Length; i++)
            outcomes[i] = Append(batch[i]);
        foreach (var room in _grown)
        {
            _saveHead.Set(1, room.Number).Set(2, room.Head).Run();
            room.HasGrown = false;
        }

        _grown.Clear();
        return outcomes;
    }

    /// <returns>How many rooms have a new life now.</returns>
    public int RenewEpochs(Func<Epoch> draw)
    {
        var rooms = new List<(long Number, Epoch Old)>();
        using (var rows = _roomNumbers.Rows())
        {
            while (rows.Next())
                rooms.Add((rows.Number(0), new Epoch((uint)rows.Number(1))));
        }

        foreach (var (number, old) in rooms)
        {
            var epoch = draw();
            if (epoch == old)
                epoch = draw();
            _saveEpoch.Set(1, number).Set(2, epoch.Value).Run();
        }

        Forget();
        return rooms.Count;
    }

    public void Forget()
    {
        _rooms.Clear();
        _grown.Clear();
    }

    private AppendOutcome Append(Draft draft)
    {
        var room = FindRoom(draft.Room);
        if (draft.Content is RoomCreated created)
            return room is null ? Create(draft, created) : AppendOutcome.Refused(Refusals.RoomExists);
        if (room is null)
            return AppendOutcome.Refused(Refusals.RoomNotFound);
        if (IsSoAlready(room, draft.Content))
            return draft.Key is null ? AppendOutcome.Unchanged : Repeat(room, draft) ?? AppendOutcome.Unchanged;
        return TryStore(room, draft) is { } stored
            ? AppendOutcome.Appended(stored)
            : Repeat(room, draft) ?? throw new StoreException($"Room '{draft.Room}' refuses a key that it does not have: its index is damaged.");
    }

    private AppendOutcome Create(Draft draft, RoomCreated created)
    {
        _addRoom.Set(1, draft.Room.Value).Set(2, draft.Epoch.Value).Set(3, created.Name).Set(4, (long)created.Visibility)
            .Set(5, draft.SentAt.ToUnixTimeMilliseconds()).Set(6, (long)created.Consistency);
        long number;
        using (var rows = _addRoom.Rows())
        {
            rows.Next();
            number = rows.Number(0);

            // A row that RETURNING gives is not final before the statement has ended.
            rows.Next();
        }

        var room = Remember(draft.Room, new RoomRow(number, draft.Epoch, head: 0));
        return AppendOutcome.Appended(TryStore(room, draft)!);
    }

    /// <summary>The event as stored; null if its key is known.</summary>
    private RoomEvent? TryStore(RoomRow room, Draft draft)
    {
        var sequence = room.Head + 1;
        var sentAt = draft.SentAt.ToUnixTimeMilliseconds();
        var changed = _addEvent.Set(1, room.Number).Set(2, sequence).Set(3, sentAt)
            .Set(4, draft.Sender.Id.Value).Set(5, draft.Sender.Name).Set(6, draft.Key)
            .Set(7, draft.Content.Type).Set(8, EventBody.Write(draft.Content)).Run();
        if (changed == 0)
            return null;
        room.Head = sequence;
        if (!room.HasGrown)
        {
            room.HasGrown = true;
            _grown.Add(room);
        }

        var stored = new RoomEvent(
            draft.Room, new Position(room.Epoch, sequence), draft.Sender, DateTimeOffset.FromUnixTimeMilliseconds(sentAt), draft.Key, draft.Content);
        Project(room, stored);
        return stored;
    }

    /// <summary>The directory's part of an event.</summary>
    private void Project(RoomRow room, RoomEvent stored)
    {
        switch (stored.Content)
        {
            case RoomCreated:
                SaveMember(room, stored.Sender, Role.Owner, stored.SentAt);
                break;
            case RoomRenamed renamed:
                _rename.Set(1, room.Number).Set(2, renamed.Name).Run();
                break;
            case MemberJoined joined:
                SaveMember(room, joined.User, joined.Role, stored.SentAt);
                break;
            case MemberLeft { Reason: LeaveReason.Left } left:
                _forgetMember.Set(1, room.Number).Set(2, left.User.Id.Value).Run();
                break;
            case MemberLeft removed:
                SaveMember(room, removed.User, role: null, stored.SentAt);
                break;
        }
    }

    private void SaveMember(RoomRow room, User user, Role? role, DateTimeOffset since)
    {
        _saveMember.Set(1, room.Number).Set(2, user.Id.Value).Set(3, user.Name).Set(5, since.ToUnixTimeMilliseconds());
        (role is { } present ? _saveMember.Set(4, (long)present) : _saveMember.Set(4, null)).Run();
    }

    /// <summary>What the key of a draft was used for; null if it was not.</summary>
    private AppendOutcome? Repeat(RoomRow room, Draft draft)
    {
        using var rows = _findByKey.Set(1, room.Number).Set(2, draft.Sender.Id.Value).Set(3, draft.Key).Rows();
        if (!rows.Next())
            return null;
        var original = EventRow.Read(rows, 0, draft.Room, room.Epoch);
        return original is not null && original.Content == draft.Content
            ? AppendOutcome.Repeated(original)
            : AppendOutcome.Refused(Refusals.KeyReused);
    }

    private bool IsSoAlready(RoomRow room, EventContent content)
    {
        switch (content)
        {
            case MemberJoined joined:
                return Standing(room, joined.User.Id) == (true, joined.Role);
            case MemberLeft { Reason: LeaveReason.Left } left:
                return Standing(room, left.User.Id).Role is null;
            case MemberLeft removed:
                return Standing(room, removed.User.Id) == (true, null);
            default:
                return false;
        }
    }

    /// <summary>Known without a role: removed. Unknown: no member, and never removed.</summary>
    private (bool IsKnown, Role? Role) Standing(RoomRow room, UserId user)
    {
        using var rows = _findRole.Set(1, room.Number).Set(2, user.Value).Rows();
        if (!rows.Next())
            return (false, null);
        return (true, rows.IsNull(0) ? null : (Role)rows.Number(0));
    }

    private RoomRow? FindRoom(RoomId id)
    {
        if (_rooms.TryGetValue(id, out var known))
            return known;
        using var rows = _findRoom.Set(1, id.Value).Rows();
        return rows.Next() ? Remember(id, new RoomRow(rows.Number(0), new Epoch((uint)rows.Number(1)), rows.Number(2))) : null;
    }

    private RoomRow Remember(RoomId id, RoomRow room)
    {
        // Rooms that have grown in this batch must stay: their heads are not saved yet.
        if (_rooms.Count >= MaxRooms && _grown.Count == 0)
            _rooms.Clear();
        _rooms[id] = room;
        return room;
    }

    /// <summary>A room's number, life, and head within the transaction.</summary>
    private sealed class RoomRow(long number, Epoch epoch, long head)
    {
        public long Number => number;

        public Epoch Epoch => epoch;

        public long Head { get; set; } = head;

        /// <summary>The head is not saved yet.</summary>
        public bool HasGrown { get; set; }
    }
}
