using Hubbub.Compare.Dialects;
using Hubbub.Compare.Listening;
using Hubbub.Load.Loop;

namespace Hubbub.Compare.Scenarios;

/// <summary>Listeners that join, stop reading, and wake up later: those that were cut off come back where the server lets them.</summary>
internal sealed class Sleepers
{
    /// <summary>The smallest that the kernel gives.</summary>
    private const int ReceiveBuffer = 2304;

    /// <summary>
    /// As on the internet. The loopback's own 64 KB would make the kernel hold over a megabyte for each of them before the
    /// server notices anything.
    /// </summary>
    private const int MaxSegment = 1460;

    /// <summary>Connections that may be on their way back at a time; a server's accept queue holds more.</summary>
    private const int MaxOpening = 64;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);
    private static readonly long s_patience = Clock.Milliseconds(10_000);

    private readonly Session _session;
    private readonly List<Listener> _listeners = [];
    private readonly List<Listener> _gone = [];
    private readonly Queue<Listener> _returning = [];

    private Sleepers(Session session) => _session = session;

    public int Complete { get; private set; }

    /// <summary>How many lost their connection, whether or not they came back.</summary>
    public int CutOff { get; private set; }

    public long Missed { get; private set; }

    public static async Task<Sleepers> OpenAsync(Session session, IDialect dialect, int count, CancellationToken cancel)
    {
        var sleepers = new Sleepers(session);
        await Ramp.OpenAsync(session.Loop, session.Server.Target, count, _ =>
        {
            var listener = new Listener(session.Loop, session.Server.Target, dialect, session.Audience, session.Audience.Rooms[0])
            {
                IsAwaited = false,
                ReceiveBuffer = ReceiveBuffer,
                MaxSegment = MaxSegment,
            };
            sleepers._listeners.Add(listener);
            return listener;
        }, () => { }, cancel);
        return sleepers;
    }

    public Task FallAsleepAsync() => _session.Loop.AskAsync(() =>
    {
        foreach (var listener in _listeners)
            listener.StopReading();
        return true;
    });

    /// <summary>Reads on until each has heard everything or can hear no more.</summary>
    public async Task WakeAsync(CancellationToken cancel)
    {
        await _session.Loop.AskAsync(() =>
        {
            foreach (var listener in _listeners)
                listener.ReadOn();
            return true;
        });
        var heard = -1L;
        var lastProgress = Clock.Now;
        while (true)
        {
            var (now, waiting) = await _session.Loop.AskAsync(Look);
            if (now != heard)
                lastProgress = Clock.Now;
            heard = now;
            if (waiting == 0 || Clock.Now - lastProgress > s_patience)
                break;
            await _session.Loop.WaitAsync(Task.Delay(s_look, cancel));
        }
        await _session.Loop.AskAsync(() =>
        {
            var all = _listeners.Concat(_gone).Concat(_returning).ToArray();
            Complete = all.Count(IsComplete);
            Missed = all.Sum(listener => listener.Missed + listener.Room.Heard - listener.Heard);
            return true;
        });
    }

    private static bool IsComplete(Listener listener) => listener.Heard == listener.Room.Heard && listener.Missed == 0;

    /// <summary>How much all have heard, and how many still have to hear something and may.</summary>
    private (long Heard, int Waiting) Look()
    {
        foreach (var listener in _listeners.Where(listener => listener.IsClosed).ToArray())
        {
            if (listener.IsFirst)
                CutOff++;
            _listeners.Remove(listener);
            if (!IsComplete(listener) && listener.ComeBack() is { } next)
                _returning.Enqueue(next);
            else
                _gone.Add(listener);
        }
        for (var opening = _listeners.Count(listener => !listener.IsOpen); opening < MaxOpening && _returning.TryDequeue(out var next); opening++)
        {
            _listeners.Add(next);
            next.Connect(_session.Server.Target);
        }
        return (_listeners.Concat(_gone).Sum(listener => (long)listener.Heard),
            _returning.Count + _listeners.Count(listener => listener.Heard < listener.Room.Heard));
    }
}
