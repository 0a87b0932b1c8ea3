using System.Collections.Concurrent;
using System.Threading.Channels;
using Hubbub.Protocol;

namespace Hubbub.Brokers;

/// <summary>
/// The rooms that this node wants to hear of, and those about which it has changed its mind since a session last looked; bounded by the number of live rooms. It outlives
/// sessions. Changed from any thread, looked at by one.
/// </summary>
internal sealed class Interests
{
    private readonly ConcurrentDictionary<RoomId, byte> _wanted = new();
    private readonly Lock _lock = new();
    private readonly HashSet<RoomId> _changed = [];
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public bool Wants(RoomId room) => _wanted.ContainsKey(room);

    public void Add(RoomId room)
    {
        _wanted[room] = 0;
        Change(room);
    }

    public void Remove(RoomId room)
    {
        if (_wanted.TryRemove(room, out _))
            Change(room);
    }

    /// <summary>A new session begins: nothing is subscribed, and everything is news to it.</summary>
    public IReadOnlyList<RoomId> TakeAll()
    {
        lock (_lock)
        {
            _changed.Clear();
            return [.. _wanted.Keys];
        }
    }

    /// <summary>Waits until there is a change, and takes them all.</summary>
    public async Task<IReadOnlyList<RoomId>> TakeChangedAsync(CancellationToken ct)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_changed.Count > 0)
                {
                    IReadOnlyList<RoomId> taken = [.. _changed];
                    _changed.Clear();
                    return taken;
                }
            }

            await _bell.Reader.ReadAsync(ct);
        }
    }

    private void Change(RoomId room)
    {
        lock (_lock)
            _changed.Add(room);
        _bell.Writer.TryWrite(true);
    }
}
