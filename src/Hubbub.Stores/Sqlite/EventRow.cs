using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;

namespace Hubbub.Stores.Sqlite;

/// <summary>Reads the columns of a row of <c>events</c>, wherever a query has them.</summary>
internal static class EventRow
{
    public const string Columns = "e.sequence, e.sent_at, e.sender_id, e.sender_name, e.key, e.type, e.body, e.target, e.reply_to, e.mentions, e.files";

    /// <summary>Null if the row cannot be read.</summary>
    /// <param name="rows">At the row.</param>
    /// <param name="first">Where <see cref="Columns"/> begin.</param>
    /// <param name="room">Whose event it is.</param>
    /// <param name="epoch">The room's life.</param>
    public static RoomEvent? Read(in Statement.RowReader rows, int first, RoomId room, Epoch epoch)
    {
        if (!UnixTime.TryRead(rows.Number(first + 1), out var sentAt) || !UserId.TryParse(rows.Text(first + 2), out var sender))
            return null;
        var type = rows.Utf8(first + 5);
        var body = rows.Text(first + 6);
        var content = EventBody.Read(
            type.SequenceEqual("message"u8) ? "message" : rows.Text(first + 5), body, rows.NumberOrNull(first + 7), rows.NumberOrNull(first + 8), rows.TextOrNull(first + 9), rows.TextOrNull(first + 10));
        if (content is null)
            return null;
        return new RoomEvent(
            room,
            new Position(epoch, rows.Number(first)),
            new User(sender, rows.Text(first + 3)),
            sentAt,
            rows.TextOrNull(first + 4),
            content);
    }
}
