using System.Threading.Channels;
using Hubbub.Brokers.Announcements;
using Hubbub.Core.Broker;

namespace Hubbub.Brokers;

/// <summary>
/// What waits to be sent: at most a number of announcements, of which one more drops the oldest, and a ping beside them, which never waits in their line. Filled from any
/// thread, emptied by one.
/// </summary>
internal sealed class Outbound(string node, int capacity)
{
    private readonly Lock _lock = new();
    private readonly Queue<Announcement> _waiting = new();
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private bool _pings;

    /// <summary>False if the oldest had to go for it.</summary>
    public bool Add(Announcement announcement)
    {
        bool fits;
        lock (_lock)
        {
            fits = _waiting.Count < capacity;
            if (!fits)
                _waiting.Dequeue();
            _waiting.Enqueue(announcement);
        }

        _bell.Writer.TryWrite(true);
        return fits;
    }

    public void Ping()
    {
        lock (_lock)
            _pings = true;
        _bell.Writer.TryWrite(true);
    }

    /// <summary>Waits until there is something, and takes at most so many, a ping first.</summary>
    public async Task<IReadOnlyList<Envelope>> TakeAsync(int most, CancellationToken ct)
    {
        while (true)
        {
            if (Take(most) is { Count: > 0 } taken)
                return taken;
            await _bell.Reader.ReadAsync(ct);
        }
    }

    /// <summary>What there is now, at most so many.</summary>
    public IReadOnlyList<Envelope> Take(int most)
    {
        lock (_lock)
        {
            var taken = new List<Envelope>(Math.Min(most, _waiting.Count + 1));
            if (_pings)
                taken.Add(Envelope.Ping(node));
            _pings = false;
            while (taken.Count < most && _waiting.TryDequeue(out var announcement))
                taken.Add(new Envelope(node, announcement));
            return taken;
        }
    }
}
