using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Hubbub.Stores.Postgres.Reading;

/// <summary>The questions to the log.</summary>
internal static partial class LogReader
{
    // One statement, so that the head and the events are of one moment. The range of sequences bounds the page, not a LIMIT: a row that
    // is missing leaves a place to be filled instead of drawing later ones in.
    private const string PageQuery = $"""
        SELECT room.epoch, room.head, {EventRow.Columns}
        FROM hubbub.rooms room
        LEFT JOIN hubbub.events event ON event.room_id = $1 AND event.sequence > $2 AND event.sequence <= $3 AND event.sequence <= room.head
        WHERE room.id = $1
        ORDER BY event.sequence
        """;

    private const string HeadsQuery = """
        SELECT room.epoch, room.head
        FROM unnest($1) WITH ORDINALITY asked (id, place)
        LEFT JOIN hubbub.rooms room ON room.id = asked.id
        ORDER BY asked.place
        """;

    public static async Task<LogPage?> PageAsync(NpgsqlConnection connection, RoomId room, long after, int limit, ILogger logger)
    {
        var last = after > long.MaxValue - limit ? long.MaxValue : after + limit;
        await using var command = connection.Command(PageQuery).With(room.Value).With(after).With(last);
        await using var rows = await command.ExecuteReaderAsync();
        if (!await rows.ReadAsync())
            return null;
        var head = new Position(new Epoch((uint)rows.GetInt64(0)), rows.GetInt64(1));
        var count = (int)Math.Clamp(head.Sequence - after, 0, limit);
        var events = new List<RoomEvent>(count);
        var more = !rows.IsDBNull(2);
        for (var sequence = after + 1; events.Count < count; sequence++)
        {
            RoomEvent? stored = null;
            if (more && rows.GetInt64(2) == sequence)
            {
                stored = EventRow.Read(rows, 2, room, head.Epoch);
                more = await rows.ReadAsync();
            }

            if (stored is null)
                Log.Unreadable(logger, room.Value, sequence);
            events.Add(stored ?? StandIn.For(room, head with { Sequence = sequence }));
        }

        return new LogPage(head, events);
    }

    public static async Task<IReadOnlyList<Position?>> HeadsAsync(NpgsqlConnection connection, IReadOnlyList<RoomId> rooms) =>
        rooms.Count == 0
            ? []
            : await connection.Command(HeadsQuery).With([.. rooms.Select(room => room.Value)], NpgsqlDbType.Text)
                .ManyAsync(rows => rows.IsDBNull(0) ? (Position?)null : new Position(new Epoch((uint)rows.GetInt64(0)), rows.GetInt64(1)));

    private static partial class Log
    {
        [LoggerMessage(40, LogLevel.Error,
            "Event {Sequence} of room {Room} cannot be read; readers see a deletion in its place. Was the table damaged, or written by a "
            + "newer hubbub?")]
        public static partial void Unreadable(ILogger logger, string room, long sequence);
    }
}
