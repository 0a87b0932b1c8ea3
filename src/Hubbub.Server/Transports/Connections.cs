using System.Collections.Concurrent;
using Hubbub.Protocol;

namespace Hubbub.Server.Transports;

/// <summary>
/// All live connections of this node. One timer looks after all of them, so an idle connection has none of its own. The number is bounded; a node above its limit answers 503
/// before an upgrade, so that a balancer tries the next.
/// </summary>
internal sealed class Connections(HubbubOptions options, TimeProvider time)
{
    private const string Stopping = "server is stopping";
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<IConnection, byte> _connections = new();
    private int _count;
    private volatile bool _stopping;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes a connection in; false above the limit or while stopping.</summary>
    public bool TryAdd(IConnection connection)
    {
        if (!TryEnter())
            return false;
        Attach(connection);
        return true;
    }

    /// <summary>Counts a connection that somebody attached looks after; false above the limit or while stopping. Ends with <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        if (_stopping)
            return false;
        if (Interlocked.Increment(ref _count) <= options.MaxConnections)
            return true;
        Interlocked.Decrement(ref _count);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _count);

    /// <summary>Looks after a connection, or after somebody who does for many, without counting.</summary>
    public void Attach(IConnection connection)
    {
        _connections.TryAdd(connection, 0);

        // A stop may have gone through the table just before.
        if (_stopping)
            connection.Close(CloseCode.GoingAway, Stopping);
    }

    public void Remove(IConnection connection)
    {
        if (_connections.TryRemove(connection, out _))
            Leave();
    }

    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TickInterval, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            foreach (var (connection, _) in _connections)
                connection.Tick();
        }
    }

    /// <summary>Tells every connection that the node stops; they end by themselves.</summary>
    public void CloseAll()
    {
        _stopping = true;
        foreach (var (connection, _) in _connections)
            connection.Close(CloseCode.GoingAway, Stopping);
    }
}
