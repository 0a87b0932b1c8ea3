using System.Collections.Concurrent;
using Hubbub.Client.Wire;
using Hubbub.Protocol;

namespace Hubbub.Client;

/// <summary>
/// A client of one Hubbub server or cluster: rooms are followed and posts arrive, each once and in order, whatever the network does. Thread-safe. Dispose it to end everything.
/// </summary>
public sealed class HubbubClient : IAsyncDisposable
{
    /// <summary>Rooms that one client follows at a time: what the server reads on one connection.</summary>
    public const int MaxRooms = 128;

    private readonly HubbubClientOptions _options;
    private readonly Http _http;
    private readonly Connection _connection;
    private readonly RoomHost _roomHost;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<RoomId, RoomSubscription> _rooms = [];
    private readonly ConcurrentDictionary<RoomSubscription, byte> _left = new();
    private readonly TaskCompletionSource _online = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private volatile ConnectionState _state = ConnectionState.Idle;
    private bool _isStarted;
    private bool _isDisposed;

    /// <exception cref="ArgumentException">The address is none of http or https, or there is no transport.</exception>
    public HubbubClient(HubbubClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!options.Url.IsAbsoluteUri || options.Url.Scheme is not ("http" or "https"))
            throw new ArgumentException("The address must be an http: or https: one.", nameof(options));
        if (options.Transports.Count == 0)
            throw new ArgumentException("There is no transport to use.", nameof(options));
        _options = options;
        _http = new Http(options);
        Api = new HubbubApi(_http);
        var random = options.Seed is { } seed ? new Random(seed) : new Random();
        _connection = new Connection(options, _http, Readable, Find, random, Changed);
        _roomHost = new RoomHost(
            Api, options, random, () => User, () => _state == ConnectionState.Online, room => _connection.Typing(room), room => _connection.Join(room), Ended, _stop.Token);
    }

    /// <summary>Raised when the state has changed, with the refusal that closed the client, if one did. On any thread; must return at once.</summary>
    public event Action<ConnectionState, HubbubException?>? StateChanged;

    /// <summary>The HTTP API, call by call.</summary>
    public HubbubApi Api { get; }

    public ConnectionState State => _state;

    /// <summary>What carries the conversation; null while nothing does.</summary>
    public TransportName? Transport => _connection.Transport;

    /// <summary>The address of the connection in use; another than the options' when the server has sent us there.</summary>
    public Uri? Address => _connection.Address;

    /// <summary>Who we are, once the server has said so.</summary>
    public User? User => _http.Credentials.User;

    /// <summary>Connects, and stays connected until disposed. Completes when first online; fails only if the server refuses us for good.</summary>
    public async Task ConnectAsync(CancellationToken ct = default)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_isStarted)
                _running = Task.Run(() => _connection.RunAsync(_stop.Token), CancellationToken.None);
            _isStarted = true;
        }

        await _online.Task.WaitAsync(ct);
    }

    /// <summary>Follows a room. The same room again is the same subscription, until it has ended.</summary>
    /// <exception cref="HubbubException">More than <see cref="MaxRooms"/>.</exception>
    public RoomSubscription Join(RoomId room, RoomStart start = default)
    {
        RoomSubscription joined;
        lock (_lock)
        {
            if (_rooms.TryGetValue(room, out var known))
                return known;
            if (_rooms.Count >= MaxRooms)
                throw new HubbubException("too_many_rooms", $"More than {MaxRooms} rooms at a time.");
            _rooms[room] = joined = new RoomSubscription(room, start, _roomHost);
        }

        _connection.Join(joined);
        return joined;
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }

        await _stop.CancelAsync();
        await _running;
        foreach (var room in Rooms().Concat(_left.Keys))
        {
            room.Close();
            await room.EndedAsync();
        }

        _online.TrySetException(new HubbubException("closed", "The client was closed."));
        _ = _online.Task.Exception;
        _http.Dispose();
        _stop.Dispose();
    }

    private IReadOnlyList<RoomSubscription> Rooms()
    {
        lock (_lock)
            return [.. _rooms.Values];
    }

    private IReadOnlyList<RoomSubscription> Readable() => [.. Rooms().Where(r => r.IsReadable)];

    private RoomSubscription? Find(RoomId room)
    {
        lock (_lock)
            return _rooms.GetValueOrDefault(room);
    }

    private void Changed(ConnectionState state, HubbubException? why)
    {
        _state = state;
        if (state == ConnectionState.Online)
            _online.TrySetResult();
        else if (state == ConnectionState.Closed)
            _online.TrySetException(why ?? new HubbubException("closed", "The client was closed."));
        _ = _online.Task.Exception;
        StateChanged?.Invoke(state, why);
    }

    private void Ended(RoomSubscription room, bool byUs)
    {
        lock (_lock)
        {
            if (!_rooms.Remove(room.Id))
                return;
        }

        // Its posts may still be on their way; those of others that were left before have arrived meanwhile.
        foreach (var before in _left.Keys.Where(r => r.EndedAsync().IsCompletedSuccessfully))
            _left.TryRemove(before, out _);
        _left[room] = 0;
        if (byUs)
            _connection.Leave(room.Id);
    }
}
