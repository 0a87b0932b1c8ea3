using System.Security.Cryptography;
using Hubbub.Core.Broker;
using Hubbub.Core.Hub;

namespace Hubbub.Core.Presence;

/// <summary>
/// Tells listeners and the other nodes who is in the rooms of this one. One timer serves all rooms: once a second it goes over those in which something has changed or is awaited, so a room is told of at most once a
/// second, whatever happens in it. Nothing is trusted to it but presence. Thread-safe.
/// </summary>
internal sealed class RollCall(IBroker broker, HubOptions options, TimeProvider time, Action<LiveRoom, Frame> tell)
{
    /// <summary>In a larger room only the number is told, and some of the users are shown.</summary>
    public const int MaxListed = 200;

    /// <summary>Announcements between two calls that do not wait for the next one, and rooms announced in one call; the rest waits, so that events are not pushed out of the broker's queue.</summary>
    private const int AtOnce = 256;

    /// <summary>Calls between two in which also rooms are announced that no other node is known to serve: should two nodes have missed all that the other said, they find each other by it.</summary>
    private const int CallsPerBeat = 30;

    private readonly Lock _lock = new();
    private List<LiveRoom> _waiting = [];
    private int _announcedAtOnce;
    private long _version;

    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a room is announced that other nodes serve too, changed or not.</summary>
    public static TimeSpan Repeat { get; } = TimeSpan.FromSeconds(3);

    /// <summary>After so much silence another node's users are gone: three repeats.</summary>
    public static TimeSpan Lease { get; } = TimeSpan.FromSeconds(10);

    /// <summary>A room whose listeners are only counted is told of their number so often at most.</summary>
    public static TimeSpan CountInterval { get; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a room that was just opened here waits for what the other nodes say, before somebody is told who is in it.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMilliseconds(300);

    /// <summary>This node's name in announcements; of this process alone, so that what a former one said ends with its lease.</summary>
    public string Node { get; } = RandomNumberGenerator.GetHexString(16, lowercase: true);

    public long Now => time.GetTimestamp();

    public long Grace => Ticks(options.PresenceGrace);

    public long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    public long NextVersion() => Interlocked.Increment(ref _version);

    /// <summary>The room is looked at in the next call. Once for each time: the room remembers that it waits. Called under the room's lock.</summary>
    public void Await(LiveRoom room)
    {
        lock (_lock)
            _waiting.Add(room);
    }

    /// <summary>A room is new here: says who is there, and asks the others.</summary>
    public void Introduce(LiveRoom room)
    {
        room.Introduce();
        if (MayAnnounceAtOnce())
            Announce(room.Announce(asks: true));
    }

    /// <summary>Takes in what another node says, and answers if it asks.</summary>
    public void Hear(LiveRoom room, PresenceAnnounced said)
    {
        if (said.Node != Node && room.HearPresence(said) && MayAnnounceAtOnce())
            Announce(room.Announce(asks: false));
    }

    /// <summary>Calls the roll until stopped; then tells the others that this node's users are gone from here.</summary>
    public async Task RunAsync(Func<IEnumerable<LiveRoom>> rooms, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            for (var calls = 1; await timer.WaitForNextTickAsync(ct); calls++)
            {
                if (calls % CallsPerBeat == 0)
                {
                    foreach (var room in rooms())
                        room.BeatPresence();
                }

                Call();
            }
        }
        finally
        {
            foreach (var room in rooms())
                Announce(room.EndPresence());
        }
    }

    private void Call()
    {
        List<LiveRoom> waiting;
        lock (_lock)
        {
            (waiting, _waiting) = (_waiting, []);
            _announcedAtOnce = 0;
        }

        var announced = 0;
        foreach (var room in waiting)
        {
            var found = room.CallRoll(mayAnnounce: announced < AtOnce);
            if (found.Announcements.Count > 0)
                announced++;
            Announce(found.Announcements);
            if (found.Told is { } frame)
                tell(room, frame);
            if (found.Again)
                Await(room);
        }
    }

    private bool MayAnnounceAtOnce()
    {
        lock (_lock)
            return _announcedAtOnce++ < AtOnce;
    }

    private void Announce(IReadOnlyList<PresenceAnnounced> announcements)
    {
        foreach (var announcement in announcements)
            broker.Announce(announcement);
    }
}

/// <summary>What a call found in a room.</summary>
/// <param name="Announcements">For the other nodes.</param>
/// <param name="Told">For this node's listeners.</param>
/// <param name="Again">Whether something is awaited there, so that the next call looks again.</param>
internal readonly record struct Roll(IReadOnlyList<PresenceAnnounced> Announcements, Frame? Told, bool Again);
