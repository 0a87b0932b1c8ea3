using System.Net;
using Hubbub.Core.People;
using Hubbub.Protocol;

namespace Hubbub.Server.Transports;

/// <summary>
/// Who is let in: limits on the node's connections, on those of one address and of one user, on new ones a second, and on memory. Beyond them 503 with <c>Retry-After</c> before an upgrade, so
/// that a balancer tries the next node; those who are in are not touched. Thread-safe.
/// </summary>
internal sealed partial class Admission(HubbubOptions options, LastSeen lastSeen, TimeProvider time, ILogger<Admission> logger)
{
    private readonly Quota<IPAddress> _addresses = new(options.MaxConnectionsPerAddress);
    private readonly Quota<UserId> _users = new(options.MaxConnectionsPerUser);
    private readonly Lock _paceLock = new();
    private readonly long _maxMemory = options.MaxMemory > 0 ? options.MaxMemory : (long)(0.9 * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    private volatile Refusal? _closed;
    private int _count;
    private volatile bool _isMemoryShort;

    // Guarded by _paceLock: a token bucket of a second's worth.
    private double _welcome = options.MaxNewConnectionsPerSecond;
    private long _welcomedAt = time.GetTimestamp();

    /// <summary>Live connections now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Lets nobody in any more, and says why.</summary>
    public void Close(Refusal why) => _closed = why;

    /// <summary>Lets a connection in, or says why not. Who was let in must <see cref="Leave"/>.</summary>
    /// <param name="address">Where it comes from, as far as that is known. This machine's own is not counted: it is a proxy's, or the operator's.</param>
    /// <param name="place">What it holds as long as it lives.</param>
    public Refusal? TryEnter(IPAddress? address, out Place place)
    {
        place = default;
        if ((_closed ?? (_isMemoryShort ? Refusals.NodeFull("this node is short of memory") : null)) is { } closed)
            return closed;
        if (Interlocked.Increment(ref _count) > options.MaxConnections)
        {
            Interlocked.Decrement(ref _count);
            return Refusals.NodeFull("this node has all the connections that it takes");
        }

        var counted = address is not null && !IPAddress.IsLoopback(address) ? address : null;
        if (counted is not null && !_addresses.TryTake(counted))
        {
            Interlocked.Decrement(ref _count);
            LogAddressFull(counted, options.MaxConnectionsPerAddress);
            return Refusals.NodeFull("your address has as many connections here as one may have");
        }

        place = new Place(counted, null);
        if (MayCome())
            return null;
        Leave(place);
        return Refusals.NodeFull("too many came in the last second");
    }

    /// <summary>Counts a connection that was let in as its user's, once that is known; or says why not.</summary>
    public Refusal? TryIdentify(User user, ref Place place)
    {
        if (place.User is not null)
            return null;
        if (!_users.TryTake(user.Id))
            return Refusals.NodeFull("you have as many connections here as one may have");
        place = place with { User = user.Id };
        lastSeen.Arrive(user);
        return null;
    }

    /// <summary>Once for each that was let in.</summary>
    public void Leave(Place place)
    {
        if (place.User is { } user)
        {
            _users.Return(user);
            lastSeen.Depart(user);
        }

        if (place.Address is { } address)
            _addresses.Return(address);
        Interlocked.Decrement(ref _count);
    }

    /// <summary>Looks at the memory; every second.</summary>
    public void Tick()
    {
        var used = Environment.WorkingSet;
        if (_isMemoryShort != used > _maxMemory)
        {
            _isMemoryShort = !_isMemoryShort;
            if (_isMemoryShort)
                LogMemoryShort(used >> 20, _maxMemory >> 20);
        }
    }

    private bool MayCome()
    {
        if (options.MaxNewConnectionsPerSecond <= 0)
            return true;
        lock (_paceLock)
        {
            var now = time.GetTimestamp();
            _welcome = Math.Min(options.MaxNewConnectionsPerSecond, _welcome + (time.GetElapsedTime(_welcomedAt, now).TotalSeconds * options.MaxNewConnectionsPerSecond));
            _welcomedAt = now;
            if (_welcome < 1)
                return false;
            _welcome--;
            return true;
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Address} has {Most} connections, as many as one address may have (MaxConnectionsPerAddress), and is refused more. If it is a proxy's, let it say whom it speaks for (docs/operations.md)")]
    private partial void LogAddressFull(IPAddress address, int most);

    [LoggerMessage(LogLevel.Warning, "This process has {Used} MB, more than {Most} (MaxMemory), and lets nobody in until it has less")]
    private partial void LogMemoryShort(long used, long most);
}

/// <summary>What a connection that was let in is counted as.</summary>
/// <param name="Address">Where it comes from; null if that is not counted.</param>
/// <param name="User">Whose it is; null until known.</param>
internal readonly record struct Place(IPAddress? Address, UserId? User);
