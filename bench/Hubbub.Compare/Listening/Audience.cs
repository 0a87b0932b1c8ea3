using System.Numerics;
using Hubbub.Load.Checks;
using Hubbub.Load.Figures;
using Hubbub.Load.Loop;

namespace Hubbub.Compare.Listening;

/// <summary>
/// All rooms of a run and the loop that closes over them: so many posts are on their way at a time, and the next go out when those
/// have been heard by everybody who is awaited. Lives on the generator's loop; the counters may be read from anywhere.
/// </summary>
internal sealed class Audience
{
    private readonly EventLoop _loop;
    private readonly int _window;
    private readonly int _chunk;
    private readonly Action _refill;
    private int _nextRoom;
    private int _outstanding;
    private bool _refillComes;
    private bool _posting;
    private long _deliveries;
    private long _completed;
    private long _lastDelivery;
    private LatencyHistogram _latency = new();

    /// <param name="loop">Where everything of this run happens.</param>
    /// <param name="rooms">How many rooms.</param>
    /// <param name="window">Posts that may be on their way at a time. They go out in two halves, so that the server has work while the generator reads.</param>
    public Audience(EventLoop loop, int rooms, int window)
    {
        _loop = loop;
        _window = window;
        _chunk = Math.Max(1, window / 2);
        _refill = Refill;
        var remembered = (int)BitOperations.RoundUpToPowerOf2((uint)(window / rooms + 1) * 2);
        Rooms = [.. Enumerable.Range(0, rooms).Select(index => new Room(this, index, remembered))];
    }

    public IReadOnlyList<Room> Rooms { get; }

    public Findings Findings { get; } = new();

    /// <summary>Posts travel on one connection and so must be heard in the order in which they were sent.</summary>
    public bool IsOrdered { get; set; } = true;

    public ISender? Sender { get; set; }

    public long MaxPosts { get; set; } = long.MaxValue;

    public long Posted { get; private set; }

    public long Deliveries => Volatile.Read(ref _deliveries);

    /// <summary>Posts that everybody has.</summary>
    public long Completed => Volatile.Read(ref _completed);

    public bool IsQuiet => _outstanding == 0;

    public long LastDelivery => Volatile.Read(ref _lastDelivery);

    /// <summary>Bytes of WebSocket frames that carried messages, headers included.</summary>
    public long WireBytes { get; set; }

    /// <summary>Hands over the latencies since the last call.</summary>
    public LatencyHistogram TakeLatency()
    {
        var taken = _latency;
        _latency = new LatencyHistogram();
        return taken;
    }

    public void BeginPosting()
    {
        _posting = true;
        Refill();
    }

    /// <summary>Posts without regard to what is on its way. A room that nobody awaits is not waited for.</summary>
    public void PostNow(ISender sender, int room)
    {
        sender.Post(room, Clock.Now);
        sender.Flush();
        if (Rooms[room].Awaited == 0)
            return;
        _outstanding++;
        Posted++;
    }

    public void EndPosting() => _posting = false;

    public void Deliver(long latency, long now)
    {
        Volatile.Write(ref _deliveries, _deliveries + 1);
        Volatile.Write(ref _lastDelivery, now);
        _latency.Record(latency);
    }

    public void Complete()
    {
        Volatile.Write(ref _completed, _completed + 1);
        _outstanding--;
        if (!_posting || _refillComes || _window - _outstanding < _chunk)
            return;
        // Not from within a listener's read: what else this round of the loop brings may complete more.
        _refillComes = true;
        _loop.Post(_refill);
    }

    private void Refill()
    {
        _refillComes = false;
        while (_posting && _window - _outstanding >= _chunk && Posted < MaxPosts)
        {
            for (var i = 0; i < _chunk && Posted < MaxPosts; i++)
            {
                Sender!.Post(_nextRoom, Clock.Now);
                _nextRoom = (_nextRoom + 1) % Rooms.Count;
                _outstanding++;
                Posted++;
            }
            Sender!.Flush();
        }
    }
}
