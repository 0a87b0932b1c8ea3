using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;
using NpgsqlTypes;

namespace Hubbub.Stores.Postgres.Reading;

/// <summary>The questions to messages as they stand. A row that cannot be read is left out: a page of the log says where it is.</summary>
internal static class MessageReader
{
    private const string FindQuery = $"""
        SELECT room.epoch, {EventRow.Columns}
        FROM unnest($2) WITH ORDINALITY asked (sequence, place)
        JOIN hubbub.rooms room ON room.id = $1
        JOIN hubbub.events event ON event.room_id = $1 AND event.sequence = asked.sequence AND event.type = 'message'
        ORDER BY asked.place
        """;

    private const string EditsQuery = $"""
        SELECT DISTINCT ON (event.target) room.epoch, {EventRow.Columns}
        FROM hubbub.rooms room JOIN hubbub.events event ON event.room_id = room.id
        WHERE room.id = $1 AND event.target = ANY($2) AND event.type = 'message_edited'
        ORDER BY event.target, event.sequence DESC
        """;

    private const string ReactionsQuery = """
        SELECT message, emoji, count(*)::int, bool_or(user_id = $3)
        FROM hubbub.reactions
        WHERE room_id = $1 AND message = ANY($2)
        GROUP BY message, emoji
        ORDER BY message, min(since), emoji
        """;

    private const string RepliesQuery = """
        SELECT target, count(*)::int, max(sequence)
        FROM hubbub.events
        WHERE room_id = $1 AND target = ANY($2) AND type = 'message' AND body <> ''
        GROUP BY target
        """;

    private const string ConcerningQuery = $"""
        SELECT room.epoch, {EventRow.Columns}
        FROM hubbub.rooms room JOIN hubbub.events event ON event.room_id = room.id
        WHERE room.id = $1 AND event.target = ANY($2) AND event.sequence > $3 AND event.type <> 'message'
        ORDER BY event.sequence
        LIMIT $4
        """;

    private const string ConcerningOfTypeQuery = $"""
        SELECT room.epoch, {EventRow.Columns}
        FROM hubbub.rooms room JOIN hubbub.events event ON event.room_id = room.id
        WHERE room.id = $1 AND event.target = ANY($2) AND event.sequence > $3 AND event.type = $5
        ORDER BY event.sequence
        LIMIT $4
        """;

    public static async Task<IReadOnlyList<long>> PinnedAsync(NpgsqlConnection connection, RoomId room) => await connection
        .Command("SELECT message FROM hubbub.pins WHERE room_id = $1 ORDER BY number DESC").With(room.Value).ManyAsync(rows => rows.GetInt64(0));

    public static async Task<IReadOnlyList<StandingMessage>> FindAsync(NpgsqlConnection connection, RoomId room, IReadOnlyList<long> sequences, UserId viewer)
    {
        var posted = await AskAsync(connection.Command(FindQuery).With(room.Value).With([.. sequences], NpgsqlDbType.Bigint), room);
        long[] found = [.. posted.Select(e => e.Sequence)];
        if (found.Length == 0)
            return [];
        var edits = (await AskAsync(connection.Command(EditsQuery).With(room.Value).With(found, NpgsqlDbType.Bigint), room)).ToDictionary(e => e.Content.Target!.Value);
        var reactions = (await connection.Command(ReactionsQuery).With(room.Value).With(found, NpgsqlDbType.Bigint).With(viewer.Value)
            .ManyAsync(rows => (Message: rows.GetInt64(0), Reactions: new Reactions(rows.GetString(1), rows.GetInt32(2), rows.GetBoolean(3)))))
            .ToLookup(row => row.Message, row => row.Reactions);
        var replies = (await connection.Command(RepliesQuery).With(room.Value).With(found, NpgsqlDbType.Bigint)
            .ManyAsync(rows => (Thread: rows.GetInt64(0), Count: rows.GetInt32(1), Last: rows.GetInt64(2)))).ToDictionary(row => row.Thread);
        return [.. posted.Select(e => new StandingMessage(e, e.Content is MessagePosted { IsDeleted: true } ? null : edits.GetValueOrDefault(e.Sequence))
        {
            Reactions = reactions.Contains(e.Sequence) ? [.. reactions[e.Sequence]] : [],
            Replies = replies.GetValueOrDefault(e.Sequence).Count,
            LastReply = replies.GetValueOrDefault(e.Sequence).Last,
        })];
    }

    public static async Task<IReadOnlyList<RoomEvent>> ConcerningAsync(NpgsqlConnection connection, RoomId room, Concerning asked)
    {
        var command = connection.Command(asked.Type is null ? ConcerningQuery : ConcerningOfTypeQuery)
            .With(room.Value).With([.. asked.Messages], NpgsqlDbType.Bigint).With(asked.After).With(asked.Limit);
        return await AskAsync(asked.Type is null ? command : command.With(asked.Type), room);
    }

    private static async Task<List<RoomEvent>> AskAsync(NpgsqlCommand command, RoomId room) =>
        [.. (await command.ManyAsync(rows => EventRow.Read(rows, 1, room, new Epoch((uint)rows.GetInt64(0))))).OfType<RoomEvent>()];
}
