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
        INSERT INTO events (room_number, sequence, sent_at, sender_id, sender_name, key, type, body, target, reply_to, mentions, files)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
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

    private readonly Statement _findErased = database.Prepare(
        "SELECT 1 FROM events WHERE room_number = ?1 AND sequence = ?2 AND type = 'message' AND body = ''");

    private readonly Statement _eraseMessage = database.Prepare("""
        UPDATE events SET body = '', mentions = NULL, files = NULL WHERE room_number = ?1 AND sequence = ?2 AND type = 'message'
        """);

    private readonly Statement _eraseEdits = database.Prepare("""
        UPDATE events SET body = '{"message":' || ?2 || '}', mentions = NULL WHERE room_number = ?1 AND target = ?2 AND type = 'message_edited'
        """);

    private readonly Statement _findFree = database.Prepare("""
        SELECT 1 FROM files
        WHERE id = ?1 AND room_number = ?2 AND uploader = ?3 AND size IS NOT NULL AND message IS NULL AND gone = 0 AND thumbnail_of IS NULL
        """);

    private readonly Statement _claimFile = database.Prepare("UPDATE files SET message = ?2 WHERE id = ?1");

    private readonly Statement _claimThumbnails = database.Prepare(
        "UPDATE files SET message = ?2 WHERE thumbnail_of = ?1 AND size IS NOT NULL AND message IS NULL AND gone = 0");

    private readonly Statement _loseFiles = database.Prepare("UPDATE files SET gone = 1 WHERE room_number = ?1 AND message = ?2");

    private readonly Statement _findReaction = database.Prepare(
        "SELECT 1 FROM reactions WHERE room_number = ?1 AND message = ?2 AND emoji = ?3 AND user_id = ?4");

    private readonly Statement _countEmoji = database.Prepare("""
        SELECT count(DISTINCT emoji) FROM reactions r
        WHERE room_number = ?1 AND message = ?2
            AND NOT EXISTS (SELECT 1 FROM reactions s WHERE s.room_number = ?1 AND s.message = ?2 AND s.emoji = ?3)
        """);

    private readonly Statement _addReaction = database.Prepare(
        "INSERT INTO reactions (room_number, message, emoji, user_id, since) VALUES (?1, ?2, ?3, ?4, ?5)");

    private readonly Statement _removeReaction = database.Prepare(
        "DELETE FROM reactions WHERE room_number = ?1 AND message = ?2 AND emoji = ?3 AND user_id = ?4");

    private readonly Statement _forgetReactions = database.Prepare("DELETE FROM reactions WHERE room_number = ?1 AND message = ?2");

    private readonly Statement _findPace = database.Prepare("""
        SELECT r.slow_mode, p.sent_at FROM rooms r LEFT JOIN paced p ON p.room_number = r.number AND p.user_id = ?2 WHERE r.number = ?1
        """);

    private readonly Statement _savePace = database.Prepare("""
        INSERT INTO paced (room_number, user_id, sent_at) SELECT number, ?2, ?3 FROM rooms WHERE number = ?1 AND slow_mode > 0
        ON CONFLICT (room_number, user_id) DO UPDATE SET sent_at = excluded.sent_at
        """);

    private readonly Statement _findPin = database.Prepare("SELECT 1 FROM pins WHERE room_number = ?1 AND message = ?2");

    private readonly Statement _countPins = database.Prepare("SELECT count(*) FROM pins WHERE room_number = ?1");

    private readonly Statement _addPin = database.Prepare("INSERT INTO pins (room_number, message, pinned_by) VALUES (?1, ?2, ?3)");

    private readonly Statement _removePin = database.Prepare("DELETE FROM pins WHERE room_number = ?1 AND message = ?2");

    private readonly Statement _findLife = database.Prepare("SELECT topic, archived, slow_mode FROM rooms WHERE number = ?1");

    private readonly Statement _saveTopic = database.Prepare("UPDATE rooms SET topic = ?2 WHERE number = ?1");

    private readonly Statement _saveArchived = database.Prepare("UPDATE rooms SET archived = ?2 WHERE number = ?1");

    private readonly Statement _saveSlowMode = database.Prepare("UPDATE rooms SET slow_mode = ?2 WHERE number = ?1");

    private readonly Statement _countOwners = database.Prepare("SELECT count(*) FROM members WHERE room_number = ?1 AND role = 1");

    private readonly Statement _findMute = database.Prepare("SELECT 1 FROM mutes WHERE room_number = ?1 AND user_id = ?2");

    private readonly Statement _saveMute = database.Prepare("""
        INSERT INTO mutes (room_number, user_id, until) VALUES (?1, ?2, ?3) ON CONFLICT (room_number, user_id) DO UPDATE SET until = excluded.until
        """);

    private readonly Statement _saveMutedUntil = database.Prepare("UPDATE rooms SET muted_until = max(coalesce(muted_until, ?2), ?2) WHERE number = ?1");

    private readonly Statement _forgetMute = database.Prepare("DELETE FROM mutes WHERE room_number = ?1 AND user_id = ?2");

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
        if (Judge(room, draft) is { } verdict)
            return draft.Key is null ? verdict : Repeat(room, draft) ?? verdict;
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
            .Set(7, draft.Content.Type).Set(8, EventBody.Write(draft.Content))
            .Set(9, draft.Content.Target).Set(10, (draft.Content as MessagePosted)?.ReplyTo).Set(11, EventBody.Mentions(draft.Content))
            .Set(12, (draft.Content as MessagePosted)?.Files).Run();
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
        if (draft.IsPaced)
            _savePace.Set(1, room.Number).Set(2, draft.Sender.Id.Value).Set(3, sentAt).Run();
        Project(room, stored);
        return stored;
    }

    /// <summary>The directory's part of an event.</summary>
    private void Project(RoomRow room, RoomEvent stored)
    {
        switch (stored.Content)
        {
            case MessagePosted { Files: { } files }:
                foreach (var file in AttachedFile.Read(files))
                {
                    _claimFile.Set(1, file.Id).Set(2, stored.Sequence).Run();
                    _claimThumbnails.Set(1, file.Id).Set(2, stored.Sequence).Run();
                }

                break;
            case RoomCreated:
                SaveMember(room, stored.Sender, Role.Owner, stored.SentAt);
                break;
            case RoomRenamed renamed:
                _rename.Set(1, room.Number).Set(2, renamed.Name).Run();
                break;
            case MemberJoined joined:
                SaveMember(room, joined.User, joined.Role, stored.SentAt);
                break;
            case MemberLeft { Reason: LeaveReason.Left or LeaveReason.Kicked } left:
                _forgetMember.Set(1, room.Number).Set(2, left.User.Id.Value).Run();
                break;
            case MemberLeft removed:
                SaveMember(room, removed.User, role: null, stored.SentAt);
                break;
            case MessageDeleted deleted:
                _eraseMessage.Set(1, room.Number).Set(2, deleted.Message).Run();
                _loseFiles.Set(1, room.Number).Set(2, deleted.Message).Run();
                _eraseEdits.Set(1, room.Number).Set(2, deleted.Message).Run();
                _forgetReactions.Set(1, room.Number).Set(2, deleted.Message).Run();
                _removePin.Set(1, room.Number).Set(2, deleted.Message).Run();
                break;
            case RoleChanged changed:
                SaveMember(room, changed.User, changed.Role, stored.SentAt);
                break;
            case MemberMuted muted:
                _saveMute.Set(1, room.Number).Set(2, muted.User.Id.Value).Set(3, muted.Until.ToUnixTimeMilliseconds()).Run();
                _saveMutedUntil.Set(1, room.Number).Set(2, muted.Until.ToUnixTimeMilliseconds()).Run();
                break;
            case MemberUnmuted unmuted:
                _forgetMute.Set(1, room.Number).Set(2, unmuted.User.Id.Value).Run();
                break;
            case MessagePinned pinned:
                _addPin.Set(1, room.Number).Set(2, pinned.Message).Set(3, stored.Sequence).Run();
                break;
            case MessageUnpinned unpinned:
                _removePin.Set(1, room.Number).Set(2, unpinned.Message).Run();
                break;
            case TopicChanged changed:
                _saveTopic.Set(1, room.Number).Set(2, changed.Topic).Run();
                break;
            case SlowModeChanged changed:
                _saveSlowMode.Set(1, room.Number).Set(2, changed.Seconds).Run();
                break;
            case RoomArchived or RoomUnarchived:
                _saveArchived.Set(1, room.Number).Set(2, stored.Content is RoomArchived ? 1 : 0).Run();
                break;
            case ReactionAdded added:
                _addReaction.Set(1, room.Number).Set(2, added.Message).Set(3, added.Emoji).Set(4, stored.Sender.Id.Value).Set(5, stored.SentAt.ToUnixTimeMilliseconds()).Run();
                break;
            case ReactionRemoved removed:
                _removeReaction.Set(1, room.Number).Set(2, removed.Message).Set(3, removed.Emoji).Set(4, stored.Sender.Id.Value).Run();
                break;
        }
    }

    private void SaveMember(RoomRow room, User user, Role? role, DateTimeOffset since)
    {
        _saveMember.Set(1, room.Number).Set(2, user.Id.Value).Set(3, user.Name).Set(4, (long?)role).Set(5, since.ToUnixTimeMilliseconds()).Run();
    }

    /// <summary>What the key of a draft was used for; null if it was not.</summary>
    private AppendOutcome? Repeat(RoomRow room, Draft draft)
    {
        using var rows = _findByKey.Set(1, room.Number).Set(2, draft.Sender.Id.Value).Set(3, draft.Key).Rows();
        if (!rows.Next())
            return null;
        var original = EventRow.Read(rows, 0, draft.Room, room.Epoch);
        return original is not null && original.Content.IsRepeatedBy(draft.Content)
            ? AppendOutcome.Repeated(original)
            : AppendOutcome.Refused(Refusals.KeyReused);
    }

    /// <summary>What stands in the way of a draft that changes something besides the log; null for nothing.</summary>
    private AppendOutcome? Judge(RoomRow room, Draft draft)
    {
        switch (draft.Content)
        {
            case MemberJoined joined:
                return UnchangedIf(Standing(room, joined.User.Id) == (true, joined.Role));
            case MemberLeft { Reason: LeaveReason.Left or LeaveReason.Kicked } left:
                return UnchangedIf(Standing(room, left.User.Id).Role is null);
            case MemberLeft removed:
                return UnchangedIf(Standing(room, removed.User.Id) == (true, null));
            case MessageEdited { IsDeleted: false } edited:
                return IsErased(room, edited.Message) ? AppendOutcome.Refused(Refusals.MessageNotFound) : null;
            case ReactionAdded added:
                return IsErased(room, added.Message) ? AppendOutcome.Refused(Refusals.MessageNotFound)
                    : HasReacted(room, draft.Sender, added.Message, added.Emoji) ? AppendOutcome.Unchanged
                    : OtherEmoji(room, added) >= Limits.MaxEmojiOfMessage ? AppendOutcome.Refused(Refusals.TooManyReactions) : null;
            case ReactionRemoved removed:
                return UnchangedIf(!HasReacted(room, draft.Sender, removed.Message, removed.Emoji));
            case RoleChanged changed:
                return Standing(room, changed.User.Id).Role is not { } role ? AppendOutcome.Refused(Refusals.MemberNotFound)
                    : role == changed.Role ? AppendOutcome.Unchanged
                    : role == Role.Owner && CountOwners(room) == 1 ? AppendOutcome.Refused(Refusals.LastOwner) : null;
            case MemberUnmuted unmuted:
                return UnchangedIf(!IsMuted(room, unmuted.User));
            case MessagePosted when draft.IsPaced && Wait(room, draft) is var left && left > TimeSpan.Zero:
                return AppendOutcome.Refused(Refusals.SlowMode(left));
            case MessagePosted { Files: { } files } when !AttachedFile.Read(files).All(file => IsFree(room, draft.Sender, file.Id)):
                return AppendOutcome.Refused(Refusals.BadFiles);
            case MessagePinned pinned:
                return IsErased(room, pinned.Message) ? AppendOutcome.Refused(Refusals.MessageNotFound)
                    : IsPinned(room, pinned.Message) ? AppendOutcome.Unchanged
                    : CountPins(room) >= Limits.MaxPins ? AppendOutcome.Refused(Refusals.TooManyPins) : null;
            case MessageUnpinned unpinned:
                return UnchangedIf(!IsPinned(room, unpinned.Message));
            case TopicChanged changed:
                return UnchangedIf(Life(room).Topic == changed.Topic);
            case SlowModeChanged changed:
                return UnchangedIf(Life(room).SlowMode == changed.Seconds);
            case RoomArchived or RoomUnarchived:
                return UnchangedIf(Life(room).IsArchived == draft.Content is RoomArchived);
            default:
                return null;
        }
    }

    /// <summary>How long the sender of a paced message has to wait.</summary>
    private TimeSpan Wait(RoomRow room, Draft draft)
    {
        using var rows = _findPace.Set(1, room.Number).Set(2, draft.Sender.Id.Value).Rows();
        return rows.Next() && !rows.IsNull(1)
            ? TimeSpan.FromMilliseconds(rows.Number(1) + (rows.Number(0) * 1000) - draft.SentAt.ToUnixTimeMilliseconds())
            : TimeSpan.Zero;
    }

    private long CountOwners(RoomRow room)
    {
        using var rows = _countOwners.Set(1, room.Number).Rows();
        return rows.Next() ? rows.Number(0) : 0;
    }

    private bool IsMuted(RoomRow room, User user)
    {
        using var rows = _findMute.Set(1, room.Number).Set(2, user.Id.Value).Rows();
        return rows.Next();
    }

    private bool IsPinned(RoomRow room, long message)
    {
        using var rows = _findPin.Set(1, room.Number).Set(2, message).Rows();
        return rows.Next();
    }

    private long CountPins(RoomRow room)
    {
        using var rows = _countPins.Set(1, room.Number).Rows();
        return rows.Next() ? rows.Number(0) : 0;
    }

    private (string Topic, bool IsArchived, long SlowMode) Life(RoomRow room)
    {
        using var rows = _findLife.Set(1, room.Number).Rows();
        return rows.Next() ? (rows.Text(0), rows.Number(1) != 0, rows.Number(2)) : ("", false, 0);
    }

    private bool HasReacted(RoomRow room, User user, long message, string emoji)
    {
        using var rows = _findReaction.Set(1, room.Number).Set(2, message).Set(3, emoji).Set(4, user.Id.Value).Rows();
        return rows.Next();
    }

    /// <summary>How many emoji a message has beside one that it does not have yet; 0 if it has that one.</summary>
    private long OtherEmoji(RoomRow room, ReactionAdded added)
    {
        using var rows = _countEmoji.Set(1, room.Number).Set(2, added.Message).Set(3, added.Emoji).Rows();
        return rows.Next() ? rows.Number(0) : 0;
    }

    private static AppendOutcome? UnchangedIf(bool isSo) => isSo ? AppendOutcome.Unchanged : null;

    private bool IsErased(RoomRow room, long message)
    {
        using var rows = _findErased.Set(1, room.Number).Set(2, message).Rows();
        return rows.Next();
    }

    /// <summary>Whether a message of this sender may bring it.</summary>
    private bool IsFree(RoomRow room, User sender, string file)
    {
        using var rows = _findFree.Set(1, file).Set(2, room.Number).Set(3, sender.Id.Value).Rows();
        return rows.Next();
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
