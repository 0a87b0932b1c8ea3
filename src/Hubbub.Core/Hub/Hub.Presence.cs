using Hubbub.Core.Broker;
using Hubbub.Core.Presence;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Core.Hub;

/// <summary>Who is in the rooms of this node, here and at the other nodes. It promises nothing for messages.</summary>
public sealed partial class Hub
{
    /// <summary>After the broker was away all rooms come at once; so many are introduced without waiting for their turn.</summary>
    private const int IntroducedAtOnce = 16;

    private readonly RollCall _rollCall;

    /// <summary>Who is in a room, at all nodes. The first question about a room that nobody listens to here waits a moment for the other nodes' answers. Null if the room is gone.</summary>
    public async ValueTask<RoomPresence?> PresenceAsync(Room room, UserId asker, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(room);
        if (await OpenAsync(room.Id, room.Consistency, ct) is not { } live)
            return null;
        var early = _rollCall.Ticks(RollCall.Patience) - live.PresenceAge;
        if (early > 0)
            await Task.Delay(TimeSpan.FromSeconds((double)early / _time.TimestampFrequency), _time, ct);
        return live.LookWhoIsHere(asker);
    }

    private void HearPresence(PresenceAnnounced said)
    {
        if (_rooms.TryGetValue(said.Room, out var room))
            _rollCall.Hear(room, said);
    }

    private void TellPresence(LiveRoom room, Frame frame)
    {
        if (room.Listeners > 0 && room.Signal(frame))
            Ring(room);
    }

    /// <summary>What was said about these rooms until now may have been missed.</summary>
    private void IntroduceAnew(IReadOnlyList<RoomId> rooms)
    {
        foreach (var id in rooms)
        {
            if (!_rooms.TryGetValue(id, out var room))
                continue;
            if (rooms.Count <= IntroducedAtOnce)
                _rollCall.Introduce(room);
            else
                room.Introduce();
        }
    }

    /// <summary>In one order everywhere, so that a seed reproduces a simulation.</summary>
    private IEnumerable<LiveRoom> RoomsInOrder() => _rooms.Values.OrderBy(r => r.Id.Value, StringComparer.Ordinal);
}
