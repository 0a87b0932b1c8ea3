using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;
using Microsoft.Extensions.Logging;

namespace Hubbub.Stores.Sqlite.Reading;

/// <summary>The questions to the log, on one read connection.</summary>
internal sealed partial class LogReader(Database database, ILogger logger)
{
    // One statement, so that the head and the events are of one moment. The range of sequences bounds the page, not a LIMIT: a row that
    // is missing leaves a place to be filled instead of drawing later ones in.
    private readonly Statement _page = database.Prepare($"""
        SELECT r.epoch, r.head, {EventRow.Columns}
        FROM rooms r
        LEFT JOIN events e ON e.room_number = r.number AND e.sequence > ?2 AND e.sequence <= min(?2 + ?3, r.head)
        WHERE r.id = ?1
        ORDER BY e.sequence
        """);

    private readonly Statement _head = database.Prepare("SELECT epoch, head FROM rooms WHERE id = ?1");

    public LogPage? Page(RoomId room, long after, int limit)
    {
        using var rows = _page.Set(1, room.Value).Set(2, after).Set(3, limit).Rows();
        if (!rows.Next())
            return null;
        var head = new Position(new Epoch((uint)rows.Number(0)), rows.Number(1));
        var count = (int)Math.Clamp(head.Sequence - after, 0, limit);
        var events = new List<RoomEvent>(count);
        var more = count > 0 && !rows.IsNull(2);
        for (var sequence = after + 1; events.Count < count; sequence++)
        {
            RoomEvent? stored = null;
            if (more && rows.Number(2) == sequence)
            {
                stored = EventRow.Read(rows, 2, room, head.Epoch);
                more = rows.Next();
            }

            if (stored is null)
                Log.Unreadable(logger, room.Value, sequence);
            events.Add(stored ?? StandIn.For(room, head with { Sequence = sequence }));
        }

        return new LogPage(head, events);
    }

    public Position? Head(RoomId room)
    {
        using var rows = _head.Set(1, room.Value).Rows();
        return rows.Next() ? new Position(new Epoch((uint)rows.Number(0)), rows.Number(1)) : null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error,
            "Event {Sequence} of room {Room} cannot be read; readers see a deletion in its place. Was the file damaged, or written by a "
            + "newer hubbub?")]
        public static partial void Unreadable(ILogger logger, string room, long sequence);
    }
}
