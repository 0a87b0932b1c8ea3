using Hubbub.Core.Broker;
using Hubbub.Core.Presence;
using Hubbub.Protocol;

namespace Hubbub.Core.Hub;

/// <summary>Who is in the room, under the room's lock (<see cref="Attendance"/>).</summary>
public sealed partial class LiveRoom
{
    /// <summary>How long the other nodes have had to say who is there, in the clock's ticks.</summary>
    internal long PresenceAge
    {
        get
        {
            lock (_lock)
                return _attendance.Age;
        }
    }

    internal RoomPresence LookWhoIsHere(UserId asker)
    {
        lock (_lock)
            return _attendance.Look(asker, asTold: Listeners_NeedsLock > 0);
    }

    internal void Introduce()
    {
        lock (_lock)
            _attendance.Introduce();
    }

    internal void BeatPresence()
    {
        lock (_lock)
            _attendance.Beat();
    }

    internal IReadOnlyList<PresenceAnnounced> Announce(bool asks)
    {
        lock (_lock)
            return _attendance.Announce(asks);
    }

    internal IReadOnlyList<PresenceAnnounced> EndPresence()
    {
        lock (_lock)
            return _attendance.End();
    }

    internal bool HearPresence(PresenceAnnounced said)
    {
        lock (_lock)
            return _attendance.Hear(said);
    }

    /// <summary>A room that was closed is nobody's any more: whoever opens it anew says so.</summary>
    internal Roll CallRoll(bool mayAnnounce)
    {
        lock (_lock)
            return _closed ? new Roll([], null, Again: false) : _attendance.Call(mayAnnounce);
    }
}
