using Hubbub.Compare.Dialects;
using Hubbub.Compare.Listening;
using Hubbub.Load;
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

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
    private static readonly long s_patience = Clock.Milliseconds(10_000);

    private readonly Session _session;
    private readonly List<Listener> _listeners = [];
    private readonly List<Listener> _gone = [];

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
            var (now, open, ended) = await _session.Loop.AskAsync(Look);
            if (now != heard)
                lastProgress = Clock.Now;
            heard = now;
            if (open == 0 && ended.Count == 0 || Clock.Now - lastProgress > s_patience)
                break;
            await ComeBackAsync(ended, cancel);
            await _session.Loop.WaitAsync(Task.Delay(s_look, cancel));
        }
        await _session.Loop.AskAsync(() =>
        {
            Complete = _listeners.Concat(_gone).Count(IsComplete);
            Missed = _listeners.Concat(_gone).Sum(listener => listener.Missed + listener.Room.Heard - listener.Heard);
            return true;
        });
    }

    private static bool IsComplete(Listener listener) => listener.Heard == listener.Room.Heard && listener.Missed == 0;

    /// <summary>How much all have heard, how many still have to, and who must come back for it.</summary>
    private (long Heard, int Open, List<Listener> Ended) Look()
    {
        var heard = _listeners.Concat(_gone).Sum(listener => (long)listener.Heard);
        var ended = new List<Listener>();
        foreach (var listener in _listeners.Where(listener => listener.IsClosed).ToArray())
        {
            CutOff++;
            _listeners.Remove(listener);
            if (!IsComplete(listener) && listener.ComeBack() is { } next)
                ended.Add(next);
            else
                _gone.Add(listener);
        }
        return (heard, _listeners.Count(listener => listener.Heard < listener.Room.Heard), ended);
    }

    private async Task ComeBackAsync(List<Listener> again, CancellationToken cancel)
    {
        try
        {
            await Ramp.OpenAsync(_session.Loop, _session.Server.Target, again.Count, i =>
            {
                _listeners.Add(again[i]);
                return again[i];
            }, () => { }, cancel);
        }
        catch (BenchmarkFailure)
        {
            // Those that could not come back are missing from the complete, which the table shows.
        }
    }
}
