using Hubbub.Compare.Dialects;
using Hubbub.Load;
using Hubbub.Load.Checks;
using Hubbub.Load.Loop;

namespace Hubbub.Compare.Listening;

/// <summary>
/// One who is in a room and hears it. An awaited listener holds the closed loop up until it has each message, and must not lose its
/// connection; any other may fall behind and come back.
/// </summary>
internal sealed class Listener(EventLoop loop, Target target, IDialect dialect, Audience audience, Room room, IReadOnlyList<Turn> opening)
    : PeerConnection(loop, target, dialect, dialect.ListenPath(room.Name), opening)
{
    private bool _ending;

    /// <summary>A listener that joins; the one that comes back in its stead is made by <see cref="ComeBack"/>.</summary>
    public Listener(EventLoop loop, Target target, IDialect dialect, Audience audience, Room room)
        : this(loop, target, dialect, audience, room, dialect.Join(room.Name))
    {
    }

    public Room Room => room;

    public bool IsAwaited { get; init; } = true;

    /// <summary>Its place in the room's story: so many messages it has heard or missed.</summary>
    public int Heard { get; set; } = room.Heard;

    /// <summary>Messages that it should have heard before one that it did hear.</summary>
    public long Missed { get; set; }

    /// <summary>Why its connection ended, if it did.</summary>
    public string? Ended { get; private set; }

    /// <summary>What the server answered the first join with.</summary>
    public string Joined { get; private init; } = "";

    /// <summary>The room's story when the first connection joined; what came before is not its concern.</summary>
    public int From { get; private init; } = room.Heard;

    /// <summary>This is the connection that joined first, not one that came back.</summary>
    public bool IsFirst => Joined.Length == 0;

    private string FirstJoined => IsFirst ? LastWord : Joined;

    /// <summary>A new connection that goes on where this one ended; null if the server cannot.</summary>
    public Listener? ComeBack() => Dialect.Resume(room.Name, FirstJoined, Heard - From) is { } resuming
        ? new Listener(Loop, Server, Dialect, audience, room, resuming)
        {
            IsAwaited = IsAwaited,
            Heard = Heard,
            Missed = Missed,
            Joined = FirstJoined,
            From = From,
        }
        : null;

    public override void Shut()
    {
        _ending = true;
        base.Shut();
    }

    protected override void OnWord(ReadOnlySpan<byte> text, long now)
    {
        var rest = text;
        var any = false;
        while (PostText.TryTake(ref rest, out var message))
        {
            any = true;
            room.Hear(this, message, now);
        }
        if (any)
            audience.WireBytes += text.Length + (text.Length < 126 ? 2 : text.Length <= ushort.MaxValue ? 4 : 10);
        else
            Answer(text);
    }

    protected override void OnClosed(string reason)
    {
        Ended = reason;
        if (IsOpen && IsAwaited && !_ending)
            audience.Findings.Add(Anomaly.Disconnected, $"a listener of {room.Name} lost its connection: {reason}");
    }
}
