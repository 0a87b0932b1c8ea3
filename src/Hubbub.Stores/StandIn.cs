using Hubbub.Protocol;

namespace Hubbub.Stores;

/// <summary>
/// What stands in the place of an event that cannot be read: its own deletion. Readers depend on a log without holes, and one bad row must not
/// end the room; a client that is told of the deletion of a message which it does not have does nothing.
/// </summary>
internal static class StandIn
{
    private static readonly User Store = new(UserId.Parse("hubbub"), "Hubbub");

    public static RoomEvent For(RoomId room, Position position) =>
        new(room, position, Store, DateTimeOffset.UnixEpoch, Key: null, new MessageDeleted(position.Sequence));
}
