using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;

namespace Hubbub.Stores.Sqlite.Reading;

/// <summary>The questions about reports, on one connection.</summary>
internal sealed class ReportReader(Database database)
{
    private const string Columns = "p.id, r.id, p.message, p.reporter_id, p.reporter_name, p.reason, p.made_at, p.resolution, p.resolved_by, p.resolved_at";
    private const string OfRoom = $"SELECT {Columns} FROM rooms r JOIN reports p ON p.room_number = r.number WHERE r.id = ?1";

    private readonly Statement _waiting = database.Prepare($"{OfRoom} AND p.resolution IS NULL ORDER BY p.made_at, p.id LIMIT ?2");
    private readonly Statement _resolved = database.Prepare($"{OfRoom} AND p.resolution IS NOT NULL ORDER BY p.resolved_at DESC, p.id LIMIT ?2");
    private readonly Statement _find = database.Prepare($"{OfRoom} AND p.id = ?2");
    private readonly Statement _mine = database.Prepare($"{OfRoom} AND p.message = ?2 AND p.reporter_id = ?3 AND p.resolution IS NULL");

    public List<Report> List(RoomId room, bool isResolved, int limit)
    {
        var reports = new List<Report>();
        using var rows = (isResolved ? _resolved : _waiting).Set(1, room.Value).Set(2, limit).Rows();
        while (rows.Next())
            reports.Add(Read(rows));
        return reports;
    }

    public Report? Find(RoomId room, string id)
    {
        using var rows = _find.Set(1, room.Value).Set(2, id).Rows();
        return rows.Next() ? Read(rows) : null;
    }

    /// <summary>The reporter's own of this message that waits.</summary>
    public Report? FindWaiting(RoomId room, long message, UserId reporter)
    {
        using var rows = _mine.Set(1, room.Value).Set(2, message).Set(3, reporter.Value).Rows();
        return rows.Next() ? Read(rows) : null;
    }

    private static Report Read(in Statement.RowReader rows) => new(
        rows.Text(0), RoomId.Parse(rows.Text(1)), rows.Number(2), new User(UserId.Parse(rows.Text(3)), rows.Text(4)), rows.Text(5), Time(rows.Number(6)))
    {
        Resolution = (ReportResolution?)rows.NumberOrNull(7),
        ResolvedBy = rows.TextOrNull(8) is { } by ? UserId.Parse(by) : null,
        ResolvedAt = rows.NumberOrNull(9) is { } at ? Time(at) : null,
    };

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
