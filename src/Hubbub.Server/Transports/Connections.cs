using System.Collections.Concurrent;
using Hubbub.Protocol;

namespace Hubbub.Server.Transports;

/// <summary>
/// All live connections of this node. One timer looks after all of them, so an idle connection has none of its own. Whether another is let in is <see cref="Admission"/>'s word.
/// </summary>
internal sealed class Connections(Admission admission, TimeProvider time)
{
    private const string Stopping = "server is stopping";
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<IConnection, byte> _connections = new();
    private readonly ConcurrentDictionary<IConnectionGroup, byte> _groups = new();
    private volatile bool _stopping;

    public int Count => admission.Count;

    /// <summary>Looks after a connection that was let in, until <see cref="Remove"/>.</summary>
    public void Add(IConnection connection)
    {
        _connections.TryAdd(connection, 0);
        CloseIfStopping(connection);
    }

    public void Remove(IConnection connection) => _connections.TryRemove(connection, out _);

    /// <summary>Looks after somebody who does for many.</summary>
    public void Attach(IConnectionGroup group)
    {
        _groups.TryAdd(group, 0);
        CloseIfStopping(group);
    }

    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TickInterval, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            admission.Tick();
            foreach (var looked in All())
                looked.Tick();
        }
    }

    /// <summary>Every single connection that is open now.</summary>
    public async Task<IReadOnlyList<IConnection>> SnapshotAsync()
    {
        var all = _connections.Keys.ToList();
        foreach (var (group, _) in _groups)
            all.AddRange(await group.AllAsync());
        return all;
    }

    /// <summary>Tells every connection that the node stops; they end by themselves.</summary>
    public void CloseAll()
    {
        admission.Close(Refusals.Stopping);
        _stopping = true;
        foreach (var looked in All())
            looked.Close(CloseCode.GoingAway, Stopping);
    }

    private IEnumerable<ILookedAfter> All() => _connections.Keys.Concat<ILookedAfter>(_groups.Keys);

    /// <summary>A stop may have gone through the tables just before.</summary>
    private void CloseIfStopping(ILookedAfter looked)
    {
        if (_stopping)
            looked.Close(CloseCode.GoingAway, Stopping);
    }
}
