using System.Collections.Immutable;
using System.Security.Cryptography;
using Hubbub.Brokers.Announcements;
using Hubbub.Core.Broker;
using Hubbub.Protocol;
using Microsoft.Extensions.Logging;

namespace Hubbub.Brokers;

/// <summary>
/// A node's end of a broker that is another process, of whatever kind. It outlives connections: what waits to be sent, which rooms are wanted, and how things stand are kept here,
/// and one loop connects, serves the connection until it breaks (<see cref="SessionLoops"/>), and connects anew. Thread-safe; nothing but that loop ever waits.
/// </summary>
internal sealed partial class NetworkBroker : IBroker
{
    private readonly IBrokerDriver _driver;
    private readonly BrokerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Strangers _strangers;
    private readonly string _node = RandomNumberGenerator.GetHexString(16, lowercase: true);
    private readonly Random _jitter = new(RandomNumberGenerator.GetInt32(int.MaxValue));
    private ImmutableArray<Action<Announcement>> _listeners = [];
    private volatile SessionLoops? _session;
    private volatile Standing _standing = new(BrokerState.Down, "It has not been connected yet.");
    private long _sent;
    private long _dropped;
    private long _received;
    private long _ups;

    public NetworkBroker(IBrokerDriver driver, BrokerOptions options, TimeProvider time, ILogger logger)
    {
        _driver = driver;
        _options = options;
        _time = time;
        _logger = logger;
        _strangers = new Strangers(driver.Name, time, logger);
        Outbound = new Outbound(_node, options.QueueLength);
    }

    public event Action<IReadOnlyList<RoomId>>? Subscribed;

    public BrokerStatus Status
    {
        get
        {
            var standing = _standing;
            return new BrokerStatus(
                standing.State,
                standing.Trouble,
                Interlocked.Read(ref _sent),
                Interlocked.Read(ref _dropped),
                Interlocked.Read(ref _received),
                Math.Max(0, Interlocked.Read(ref _ups) - 1));
        }
    }

    internal Outbound Outbound { get; }

    internal Interests Interests { get; } = new();

    public IDisposable Listen(Action<Announcement> receive)
    {
        ArgumentNullException.ThrowIfNull(receive);

        // Wrapped, so that one who listens twice with the same delegate stops once for each.
        Action<Announcement> listener = announcement => receive(announcement);
        ImmutableInterlocked.Update(ref _listeners, (all, added) => all.Add(added), listener);
        return new Listening(this, listener);
    }

    public void Subscribe(RoomId room) => Interests.Add(room);

    public void Unsubscribe(RoomId room) => Interests.Remove(room);

    public void Announce(Announcement announcement)
    {
        ArgumentNullException.ThrowIfNull(announcement);

        // An event may wait for the broker to come back; that somebody was typing then is of no use.
        if ((announcement is TypingAnnounced or PresenceAnnounced or ReadAnnounced && _standing.State != BrokerState.Up) || !Outbound.Add(announcement))
            CountDropped(1);
    }

    public async Task RunAsync(CancellationToken ct)
    {
        for (var failures = 0; !ct.IsCancellationRequested; failures++)
        {
            var upsBefore = _ups;
            try
            {
                await VisitAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Lose(e);
            }

            if (_ups != upsBefore)
                failures = 0;
            await Task.Delay(Pause(failures), _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _standing = new Standing(BrokerState.Down, "The node has stopped.");
    }

    internal void CountSent(int announcements) => Interlocked.Add(ref _sent, announcements);

    internal void CountDropped(int announcements) => Interlocked.Add(ref _dropped, announcements);

    internal void TellSubscribed(IReadOnlyList<RoomId> rooms) => Subscribed?.Invoke(rooms);

    /// <summary>A ping has made its way through the broker and back.</summary>
    internal void BeUp()
    {
        if (_standing.State == BrokerState.Up)
            return;
        _standing = new Standing(BrokerState.Up, null);
        if (Interlocked.Increment(ref _ups) == 1)
            LogConnected(_driver.Name);
        else
            LogBack(_driver.Name);
    }

    /// <summary>Connects, and serves the connection until it breaks or the node stops.</summary>
    private async Task VisitAsync(CancellationToken ct)
    {
        IBrokerSession session;
        using (var patience = CancellationTokenSource.CreateLinkedTokenSource(ct))
        {
            patience.CancelAfter(_options.ConnectTimeout);
            var connecting = _driver.ConnectAsync(_node, Receive, patience.Token);
            try
            {
                session = await connecting.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                Abandon(connecting);
                throw new TimeoutException($"it did not answer within {_options.ConnectTimeout.TotalSeconds:0.#} s");
            }
        }

        try
        {
            var loops = new SessionLoops(this, session, _options, _time);
            _session = loops;
            await loops.RunAsync(ct);
        }
        finally
        {
            _session = null;
            await EndAsync(session);
        }
    }

    /// <summary>Ends a connection whose other side may be silent for ever: not waited for longer than connecting may take.</summary>
    private async Task EndAsync(IBrokerSession session)
    {
        try
        {
            await session.DisposeAsync().AsTask().WaitAsync(_options.ConnectTimeout, _time);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogEnding(_driver.Name, _driver.Explain(e));
        }
    }

    /// <summary>A connection that comes after all, when nobody waits for it any more, is ended.</summary>
    private void Abandon(Task<IBrokerSession> connecting) => _ = connecting.ContinueWith(
        late => late.IsCompletedSuccessfully ? EndAsync(late.Result) : Task.FromResult(late.Exception),
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    private void Lose(Exception e)
    {
        var wasUp = _standing.State == BrokerState.Up;
        var why = _driver.Explain(e);
        var isNews = wasUp || _standing.Trouble != why;
        _standing = new Standing(e is SilentBrokerException ? BrokerState.Suspect : BrokerState.Down, why);
        if (wasUp)
            LogLost(_driver.Name, why);
        else if (isNews)
            LogUnreachable(_driver.Name, why);
    }

    private TimeSpan Pause(int failures)
    {
        var longest = _options.LongestRetry.Ticks;
        var pause = Math.Min(longest, _options.FirstRetry.Ticks * Math.Pow(2, Math.Min(failures, 16)));
        return TimeSpan.FromTicks((long)(pause * (0.5 + (_jitter.NextDouble() / 2))));
    }

    private void Receive(ReadOnlySpan<byte> payload)
    {
        if (!EnvelopeJson.TryRead(payload, out var envelope))
        {
            _strangers.Note(payload.Length);
            return;
        }

        if (envelope.Node == _node)
        {
            if (envelope.Announcement is null)
                _session?.HearPing();
            return;
        }

        if (envelope.Announcement is not { } announcement || !Interests.Wants(announcement.Room))
            return;
        Interlocked.Increment(ref _received);
        foreach (var listener in _listeners)
        {
            try
            {
                listener(announcement);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // It runs on the driver's thread, whose connection must not end by a bug of ours.
                LogBug(e);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Connected to the broker {Broker}")]
    private partial void LogConnected(string broker);

    [LoggerMessage(LogLevel.Information, "The broker {Broker} is back; every room served here is compared with the log")]
    private partial void LogBack(string broker);

    [LoggerMessage(LogLevel.Warning, "The broker {Broker} is lost: {Why}. Rooms live on the sweep, some seconds late, until it is back")]
    private partial void LogLost(string broker, string why);

    [LoggerMessage(LogLevel.Warning, "The broker {Broker} cannot be used: {Why}. Rooms live on the sweep, some seconds late; trying again and again")]
    private partial void LogUnreachable(string broker, string why);

    [LoggerMessage(LogLevel.Debug, "Ending the connection to the broker {Broker} failed: {Why}")]
    private partial void LogEnding(string broker, string why);

    [LoggerMessage(LogLevel.Critical, "A listener to the broker met a bug")]
    private partial void LogBug(Exception e);

    private sealed record Standing(BrokerState State, string? Trouble);

    private sealed class Listening(NetworkBroker broker, Action<Announcement> listener) : IDisposable
    {
        public void Dispose() => ImmutableInterlocked.Update(ref broker._listeners, (all, gone) => all.Remove(gone), listener);
    }
}
