using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;

namespace Hubbub.Stores.Postgres;

/// <summary>Makes an event of what a row of <c>hubbub.events</c> holds.</summary>
internal static class EventRow
{
    public const string Columns =
        "event.sequence, event.sent_at, event.sender_id, event.sender_name, event.key, event.type, event.body, event.target, event.reply_to, event.mentions, event.files";

    /// <summary>Null if the row cannot be read.</summary>
    /// <param name="rows">At the row.</param>
    /// <param name="first">Where <see cref="Columns"/> begin.</param>
    /// <param name="room">Whose event it is.</param>
    /// <param name="epoch">The room's life.</param>
    public static RoomEvent? Read(NpgsqlDataReader rows, int first, RoomId room, Epoch epoch) => Read(
        room, new Position(epoch, rows.GetInt64(first)), rows.GetInt64(first + 1), rows.GetString(first + 2), rows.GetString(first + 3), rows.TextOrNull(first + 4),
        rows.GetString(first + 5), rows.GetString(first + 6), rows.NumberOrNull(first + 7), rows.NumberOrNull(first + 8), rows.TextOrNull(first + 9), rows.TextOrNull(first + 10));

    /// <summary>Null if the row cannot be read.</summary>
    public static RoomEvent? Read(
        RoomId room, Position position, long sentAt, string senderId, string senderName, string? key, string type, string body, long? target, long? replyTo, string? mentions, string? files)
    {
        if (!UnixTime.TryRead(sentAt, out var time) || !UserId.TryParse(senderId, out var sender) || EventBody.Read(type, body, target, replyTo, mentions, files) is not { } content)
            return null;
        return new RoomEvent(room, position, new User(sender, senderName), time, key, content);
    }
}
