using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;

namespace Hubbub.Stores.Postgres.Reading;

/// <summary>The questions about reports.</summary>
internal static class ReportReader
{
    private const string OfRoom = "SELECT id, room_id, message, reporter_id, reporter_name, reason, made_at, resolution, resolved_by, resolved_at FROM hubbub.reports WHERE room_id = $1";

    public static Task<List<Report>> ListAsync(NpgsqlConnection connection, RoomId room, bool isResolved, int limit) => connection
        .Command(OfRoom + (isResolved ? " AND resolution IS NOT NULL ORDER BY resolved_at DESC, id LIMIT $2" : " AND resolution IS NULL ORDER BY made_at, id LIMIT $2"))
        .With(room.Value).With(limit).ManyAsync(Read);

    public static Task<Report?> FindAsync(NpgsqlConnection connection, RoomId room, string id) => connection
        .Command($"{OfRoom} AND id = $2").With(room.Value).With(id).OneAsync<Report?>(Read);

    /// <summary>The reporter's own of this message that waits.</summary>
    public static Task<Report?> FindWaitingAsync(NpgsqlConnection connection, RoomId room, long message, UserId reporter) => connection
        .Command($"{OfRoom} AND message = $2 AND reporter_id = $3 AND resolution IS NULL").With(room.Value).With(message).With(reporter.Value).OneAsync<Report?>(Read);

    private static Report Read(NpgsqlDataReader rows) => new(
        rows.GetString(0), RoomId.Parse(rows.GetString(1)), rows.GetInt64(2), new User(UserId.Parse(rows.GetString(3)), rows.GetString(4)), rows.GetString(5), Time(rows.GetInt64(6)))
    {
        Resolution = rows.IsDBNull(7) ? null : (ReportResolution)rows.GetInt16(7),
        ResolvedBy = rows.TextOrNull(8) is { } by ? UserId.Parse(by) : null,
        ResolvedAt = rows.NumberOrNull(9) is { } at ? Time(at) : null,
    };

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
