using Hubbub.Protocol;

namespace Hubbub.Stores.Postgres;

/// <summary>Makes an event of what a row of <c>hubbub.events</c> holds.</summary>
internal static class EventRow
{
    private static readonly long MinTime = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long MaxTime = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Null if the row cannot be read.</summary>
    public static RoomEvent? Read(
        RoomId room, Position position, long sentAt, string senderId, string senderName, string? key, string type, string body)
    {
        if (sentAt < MinTime || sentAt > MaxTime || !UserId.TryParse(senderId, out var sender) || EventBody.Read(type, body) is not { } content)
            return null;
        return new RoomEvent(room, position, new User(sender, senderName), DateTimeOffset.FromUnixTimeMilliseconds(sentAt), key, content);
    }
}
