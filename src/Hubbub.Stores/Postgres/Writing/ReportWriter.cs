using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Hubbub.Stores.Postgres.Reading;
using Npgsql;

namespace Hubbub.Stores.Postgres.Writing;

/// <summary>What is written about reports, a statement and so a transaction each. They lock nothing that an append locks.</summary>
internal static class ReportWriter
{
    // The limits are counted without a lock: of many at once, a few too many may be added. Of the same report, never.
    private const string AddStatement = """
        WITH forgotten AS (
            DELETE FROM hubbub.reports WHERE room_id = $1 AND resolved_at < $8
        ), counted AS (
            SELECT (SELECT count(*) FROM hubbub.reports WHERE reporter_id = $4 AND made_at >= $9) AS made,
                (SELECT count(*) FROM hubbub.reports WHERE room_id = $1 AND resolution IS NULL) AS waiting
        ), added AS (
            INSERT INTO hubbub.reports (room_id, id, message, reporter_id, reporter_name, reason, made_at)
            SELECT room.id, $2, $3, $4, $5, $6, $7
            FROM hubbub.rooms room, counted
            WHERE room.id = $1 AND counted.made < $10 AND counted.waiting < $11
            ON CONFLICT DO NOTHING
            RETURNING id
        )
        SELECT EXISTS (SELECT 1 FROM added), made >= $10 FROM counted
        """;

    public static async Task<AddedReport> AddAsync(NpgsqlConnection connection, Report report, ReportLimits limits)
    {
        var (isAdded, isTooMany) = await connection.Command(AddStatement)
            .With(report.Room.Value).With(report.Id).With(report.Message).With(report.Reporter.Id.Value).With(report.Reporter.Name).With(report.Reason)
            .With(report.At.ToUnixTimeMilliseconds()).With(limits.Forget.ToUnixTimeMilliseconds()).With(limits.Since.ToUnixTimeMilliseconds())
            .With((long)limits.PerPerson).With((long)limits.Waiting).OneAsync(rows => (rows.GetBoolean(0), rows.GetBoolean(1)));
        if (isAdded)
            return new AddedReport(report, true, null);
        if (await ReportReader.FindWaitingAsync(connection, report.Room, report.Message, report.Reporter.Id) is { } known)
            return new AddedReport(known, false, null);
        if (isTooMany)
            return new AddedReport(null, false, Refusals.TooManyReports);
        return new AddedReport(null, false, await DirectoryReader.FindAsync(connection, report.Room) is null ? Refusals.RoomNotFound : Refusals.ReportsWait);
    }

    public static Task<int> ResolveAsync(NpgsqlConnection connection, RoomId room, long message, ReportResolution resolution, UserId by, DateTimeOffset at) => connection
        .Command("UPDATE hubbub.reports SET resolution = $3, resolved_by = $4, resolved_at = $5 WHERE room_id = $1 AND message = $2 AND resolution IS NULL")
        .With(room.Value).With(message).With((short)resolution).With(by.Value).With(at.ToUnixTimeMilliseconds()).RunAsync();
}
