using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;
using Hubbub.Stores.Sqlite.Reading;

namespace Hubbub.Stores.Sqlite.Writing;

/// <summary>What is written about reports, inside the writer's transaction. Used by the writer's thread alone.</summary>
internal sealed class ReportWriter(Database database)
{
    private const string OfRoom = "room_number = (SELECT number FROM rooms WHERE id = ?1)";

    private readonly ReportReader _reader = new(database);
    private readonly Statement _forget = database.Prepare($"DELETE FROM reports WHERE {OfRoom} AND resolved_at < ?2");
    private readonly Statement _made = database.Prepare("SELECT count(*) FROM reports WHERE reporter_id = ?1 AND made_at >= ?2");
    private readonly Statement _waiting = database.Prepare($"SELECT count(*) FROM reports WHERE {OfRoom} AND resolution IS NULL");

    private readonly Statement _add = database.Prepare("""
        INSERT INTO reports (room_number, id, message, reporter_id, reporter_name, reason, made_at)
        SELECT number, ?2, ?3, ?4, ?5, ?6, ?7 FROM rooms WHERE id = ?1
        """);

    private readonly Statement _resolve = database.Prepare($"UPDATE reports SET resolution = ?3, resolved_by = ?4, resolved_at = ?5 WHERE {OfRoom} AND message = ?2 AND resolution IS NULL");

    public AddedReport Add(Report report, ReportLimits limits)
    {
        if (_reader.FindWaiting(report.Room, report.Message, report.Reporter.Id) is { } known)
            return new AddedReport(known, false, null);
        _forget.Set(1, report.Room.Value).Set(2, limits.Forget.ToUnixTimeMilliseconds()).Run();
        if (Count(_made.Set(1, report.Reporter.Id.Value).Set(2, limits.Since.ToUnixTimeMilliseconds())) >= limits.PerPerson)
            return new AddedReport(null, false, Refusals.TooManyReports);
        if (Count(_waiting.Set(1, report.Room.Value)) >= limits.Waiting)
            return new AddedReport(null, false, Refusals.ReportsWait);
        var added = _add.Set(1, report.Room.Value).Set(2, report.Id).Set(3, report.Message).Set(4, report.Reporter.Id.Value).Set(5, report.Reporter.Name)
            .Set(6, report.Reason).Set(7, report.At.ToUnixTimeMilliseconds()).Run();
        return added == 1 ? new AddedReport(report, true, null) : new AddedReport(null, false, Refusals.RoomNotFound);
    }

    public int Resolve(RoomId room, long message, ReportResolution resolution, UserId by, DateTimeOffset at) =>
        _resolve.Set(1, room.Value).Set(2, message).Set(3, (long)resolution).Set(4, by.Value).Set(5, at.ToUnixTimeMilliseconds()).Run();

    private static long Count(Statement statement)
    {
        using var rows = statement.Rows();
        return rows.Next() ? rows.Number(0) : 0;
    }
}
