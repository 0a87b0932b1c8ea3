using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;

namespace Hubbub.Stores.Sqlite.Reading;

/// <summary>The questions to messages as they stand, on one read connection. A row that cannot be read is left out: a page of the log says where it is.</summary>
internal sealed class MessageReader(Database database)
{
    private readonly Statement _message = database.Prepare($"""
        SELECT r.epoch, {EventRow.Columns}
        FROM rooms r JOIN events e ON e.room_number = r.number
        WHERE r.id = ?1 AND e.sequence = ?2 AND e.type = 'message'
        """);

    private readonly Statement _edit = database.Prepare($"""
        SELECT r.epoch, {EventRow.Columns}
        FROM rooms r JOIN events e ON e.room_number = r.number
        WHERE r.id = ?1 AND e.target = ?2 AND e.type = 'message_edited'
        ORDER BY e.sequence DESC
        LIMIT 1
        """);

    private readonly Statement _concerning = database.Prepare($"""
        SELECT r.epoch, {EventRow.Columns}
        FROM rooms r JOIN events e ON e.room_number = r.number
        WHERE r.id = ?1 AND e.target IN (SELECT value FROM json_each(?2)) AND e.sequence > ?3
            AND CASE WHEN ?4 IS NULL THEN e.type <> 'message' ELSE e.type = ?4 END
        ORDER BY e.sequence
        LIMIT ?5
        """);

    private readonly Statement _reactions = database.Prepare("""
        SELECT x.emoji, count(*), max(x.user_id = ?3)
        FROM rooms r JOIN reactions x ON x.room_number = r.number
        WHERE r.id = ?1 AND x.message = ?2
        GROUP BY x.emoji
        ORDER BY min(x.since), x.emoji
        """);

    private readonly Statement _replies = database.Prepare("""
        SELECT count(*), coalesce(max(e.sequence), 0)
        FROM rooms r JOIN events e ON e.room_number = r.number
        WHERE r.id = ?1 AND e.target = ?2 AND e.type = 'message' AND e.body <> ''
        """);

    private readonly Statement _pinned = database.Prepare("""
        SELECT p.message FROM rooms r JOIN pins p ON p.room_number = r.number WHERE r.id = ?1 ORDER BY p.pinned_by DESC
        """);

    public List<long> Pinned(RoomId room)
    {
        var pinned = new List<long>();
        using var rows = _pinned.Set(1, room.Value).Rows();
        while (rows.Next())
            pinned.Add(rows.Number(0));
        return pinned;
    }

    public List<StandingMessage> Find(RoomId room, IReadOnlyList<long> sequences, UserId viewer)
    {
        var found = new List<StandingMessage>(sequences.Count);
        foreach (var sequence in sequences)
        {
            if (One(_message.Set(1, room.Value).Set(2, sequence), room) is not { } posted)
                continue;
            var isDeleted = posted.Content is MessagePosted { IsDeleted: true };
            var edited = isDeleted ? null : One(_edit.Set(1, room.Value).Set(2, sequence), room);
            using var replies = _replies.Set(1, room.Value).Set(2, sequence).Rows();
            replies.Next();
            found.Add(new StandingMessage(posted, edited)
            {
                Reactions = Reactions(room, sequence, viewer),
                Replies = (int)replies.Number(0),
                LastReply = replies.Number(1),
            });
        }

        return found;
    }

    public List<RoomEvent> Concerning(RoomId room, Concerning asked)
    {
        var events = new List<RoomEvent>();
        _concerning.Set(1, room.Value).Set(2, $"[{string.Join(',', asked.Messages)}]").Set(3, asked.After).Set(4, asked.Type).Set(5, asked.Limit);
        using var rows = _concerning.Rows();
        while (rows.Next())
        {
            if (Read(rows, room) is { } e)
                events.Add(e);
        }

        return events;
    }

    private Reactions[] Reactions(RoomId room, long message, UserId viewer)
    {
        var reactions = new List<Reactions>();
        using var rows = _reactions.Set(1, room.Value).Set(2, message).Set(3, viewer.Value).Rows();
        while (rows.Next())
            reactions.Add(new Reactions(rows.Text(0), (int)rows.Number(1), rows.Number(2) != 0));
        return reactions.Count == 0 ? [] : [.. reactions];
    }

    private static RoomEvent? One(Statement asked, RoomId room)
    {
        using var rows = asked.Rows();
        return rows.Next() ? Read(rows, room) : null;
    }

    private static RoomEvent? Read(in Statement.RowReader rows, RoomId room) => EventRow.Read(rows, 1, room, new Epoch((uint)rows.Number(0)));
}
