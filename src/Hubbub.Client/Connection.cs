using System.Threading.Channels;
using Hubbub.Client.Links;
using Hubbub.Client.Wire;
using Hubbub.Protocol;

namespace Hubbub.Client;

/// <summary>
/// Keeps one link open: chooses the transport, comes back when it is lost, climbs to a better one when it can, and goes on elsewhere when the server asks for it. At most one link is in use; a
/// second one exists only while it is being opened beside it (make before break). One <see cref="RunAsync"/> does the work; other members are thread-safe.
/// </summary>
internal sealed class Connection
{
    /// <summary>The spread of the clients that a stopping server sends away.</summary>
    private static readonly TimeSpan SoonWithin = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan OpensWithin = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstClimb = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestClimb = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MoveAgain = TimeSpan.FromMilliseconds(500);

    /// <summary>A transport that has worked before fell for a reason that has probably passed, such as a server that was starting.</summary>
    private static readonly TimeSpan ProvenWithin = TimeSpan.FromSeconds(1);

    private readonly HubbubClientOptions _options;
    private readonly Http _http;
    private readonly LinkHost _host;
    private readonly Random _random;
    private readonly Backoff _backoff;
    private readonly Action<ConnectionState, HubbubException?> _changed;
    private readonly Channel<(Link Link, string? Url)> _moves = Channel.CreateBounded<(Link, string?)>(new BoundedChannelOptions(4) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly Channel<Link> _expiring = Channel.CreateBounded<Link>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly HashSet<TransportName> _proven = [];
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private Running? _current;
    private Running? _trial;

    /// <summary>The link whose opening is news.</summary>
    private Link? _awaited;

    /// <summary>Which of the transports is used or tried: 0 is the best.</summary>
    private int _rung;
    private int _climbs;
    private int _refusedTokens;

    public Connection(
        HubbubClientOptions options, Http http, Func<IReadOnlyList<RoomSubscription>> rooms, Func<RoomId, RoomSubscription?> find, Random random,
        Action<ConnectionState, HubbubException?> changed)
    {
        _options = options;
        _http = http;
        _random = random;
        _backoff = new Backoff(random);
        _changed = changed;
        _host = new LinkHost(options, http, rooms, find, HasOpened, (link, url) => _moves.Writer.TryWrite((link, url)), link => _expiring.Writer.TryWrite(link));
    }

    public TransportName? Transport
    {
        get
        {
            lock (_lock)
                return _current?.Link.Transport;
        }
    }

    /// <summary>The address in use.</summary>
    public Uri? Address
    {
        get
        {
            lock (_lock)
                return _current?.Link.Address;
        }
    }

    public void Join(RoomSubscription room) => OnLinks(link => link.Join(room));

    public void Leave(RoomId room) => OnLinks(link => link.Leave(room));

    /// <summary>False where the link in use has no way to say it.</summary>
    public bool Typing(RoomId room)
    {
        lock (_lock)
            return _current?.Link.Typing(room) ?? false;
    }

    /// <summary>Connects, and stays connected until stopped or refused for good.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        HubbubException? why = null;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var renewing = RenewTokensAsync(over.Token);
        try
        {
            _changed(ConnectionState.Connecting, null);
            why = await StayAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Closed by its owner.
        }
        finally
        {
            await DropAllAsync();
            await over.CancelAsync();
            await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _changed(ConnectionState.Closed, why);
        }
    }

    /// <returns>What it was refused with for good.</returns>
    private async Task<HubbubException> StayAsync(CancellationToken ct)
    {
        while (true)
        {
            string token;
            try
            {
                token = await _http.Credentials.CurrentAsync(ct);
            }
            catch (HubbubException e) when (e.Retryable || !e.IsServers)
            {
                await WaitAsync(Longer(_backoff.Next(), e.RetryAfter), ct);
                continue;
            }
            catch (HubbubException e)
            {
                return e;
            }

            var link = Make(_options.Transports[_rung], _http.Base, token);
            lock (_lock)
                _awaited = link;
            var running = new Running(link, ct);
            lock (_lock)
                _current = running;
            await OpensAsync(running, OpensWithin, ct);
            bool opened;
            lock (_lock)
            {
                opened = _awaited is null;
                _awaited = null;
            }

            LinkEnd end;
            if (opened)
            {
                var since = _options.Time.GetTimestamp();
                _refusedTokens = 0;
                _proven.Add(link.Transport);
                end = await LiveAsync(ct);
                token = Current().Link.Token;
                if (_options.Time.GetElapsedTime(since) > StableAfter)
                    _backoff.Reset();
                if (ComeBack.Of(end) is not ComeBack.Never)
                    _changed(ConnectionState.Reconnecting, null);
            }
            else
            {
                await running.StopAsync();
                end = running.WasStopped ? new LinkEnd(null, "no answer in time") : await running.Ended;
            }

            await DropAllAsync();
            if (await AfterAsync(end, opened, token, ct) is { } final)
                return final;
        }
    }

    /// <summary>While a link lives: moves to another node when asked, and tries better transports. Ends when the link in use does.</summary>
    private async Task<LinkEnd> LiveAsync(CancellationToken ct)
    {
        // What waits here ends with it, and does not pile up over the life of a client.
        using var life = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            return await LiveAsync(life.Token, ct);
        }
        finally
        {
            await life.CancelAsync();
        }
    }

    private async Task<LinkEnd> LiveAsync(CancellationToken life, CancellationToken ct)
    {
        var climb = Task.Delay(FirstClimbAfter(), _options.Time, life);
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var current = Current();
            var asked = _moves.Reader.WaitToReadAsync(life).AsTask();
            var first = await Task.WhenAny(current.Ended, asked, climb);
            if (first == current.Ended)
                return await current.Ended;
            if (first == asked)
            {
                if (_moves.Reader.TryRead(out var move) && move.Link == current.Link)
                    await MoveAsync(current, move.Url, ct);
                continue;
            }

            ct.ThrowIfCancellationRequested();
            await ClimbAsync(ct);
            climb = Task.Delay(ClimbAfter(), _options.Time, life);
        }
    }

    /// <summary>Make before break, tried for as long as the old link lives.</summary>
    private async Task MoveAsync(Running old, string? url, CancellationToken ct)
    {
        var elsewhere = Elsewhere(url);
        for (var attempt = 0; !old.Ended.IsCompleted; attempt++)
        {
            var there = elsewhere is not null && attempt < 2 ? elsewhere : _http.Base;
            if (await TryReplaceAsync(old, old.Link.Transport, there, ct))
                return;
            TimeSpan pause;
            lock (_random)
                pause = MoveAgain * (1 << Math.Min(attempt, 3)) * (0.5 + (_random.NextDouble() / 2));
            await Task.WhenAny(old.Ended, Task.Delay(pause, _options.Time, ct));
            ct.ThrowIfCancellationRequested();
        }
    }

    private async Task ClimbAsync(CancellationToken ct)
    {
        for (var rung = 0; rung < _rung; rung++)
        {
            var old = Current();
            if (!await TryReplaceAsync(old, _options.Transports[rung], _http.Base, ct))
                continue;
            (_rung, _climbs) = (rung, rung == 0 ? 0 : _climbs);
            _proven.Add(_options.Transports[rung]);
            return;
        }

        _climbs++;
    }

    /// <summary>Opens a link beside the one in use, and puts it in its place when it reads.</summary>
    private async Task<bool> TryReplaceAsync(Running old, TransportName transport, Uri address, CancellationToken ct)
    {
        string token;
        try
        {
            token = await _http.Credentials.CurrentAsync(ct);
        }
        catch (HubbubException)
        {
            return false;
        }

        var trial = new Running(Make(transport, address, token), ct);
        lock (_lock)
            _trial = trial;

        // Should the old one end meanwhile, as it does where a node has drained for long enough, then the new one is all the more wanted, and nobody need see that there was a moment without.
        var opened = await OpensAsync(trial, OpensWithin, ct) && MayGoOnAfter(old);
        lock (_lock)
        {
            _trial = null;
            if (opened)
                _current = trial;
        }

        // What is asked from now on is asked there.
        if (opened)
            _http.Base = address;

        // Whichever of the two is not wanted any more; the other one reads already.
        await (opened ? old : trial).StopAsync();
        return opened;
    }

    /// <summary>Whether a link beside this one may take its place: not after an end that says something about us, which is heeded first.</summary>
    private static bool MayGoOnAfter(Running old) =>
        !old.Ended.IsCompletedSuccessfully || ComeBack.Of(old.Ended.Result) is not (ComeBack.Never or ComeBack.WithFreshToken);

    /// <returns>What it was refused with for good; null to go on.</returns>
    private async Task<HubbubException?> AfterAsync(LinkEnd end, bool opened, string token, CancellationToken ct)
    {
        switch (ComeBack.Of(end))
        {
            case ComeBack.Never never:
                return never.Error;
            case ComeBack.WithFreshToken refused:
                return await WithFreshTokenAsync(token, refused.AnyUser, refused.Error, ct);
            case ComeBack.Soon:
                double part;
                lock (_random)
                    part = _random.NextDouble();
                await WaitAsync(SoonWithin * part, ct);
                break;
            case ComeBack.After after:
                double more;
                lock (_random)
                    more = _random.NextDouble() / 5;
                await WaitAsync(after.Wait * (1 + more), ct);
                break;
            default:
                // Something on the way may not let this transport through: the next lower one at once, and from the lowest to the best again after a while.
                if (!opened && !ComeBack.IsServers(end) && ++_rung < _options.Transports.Count)
                    break;
                if (!opened)
                    _rung = 0;

                // Where the server has sent us nobody answers: the usual address knows where to go.
                _http.Base = _options.Url;
                await WaitAsync(_backoff.Next(), ct);
                break;
        }

        return null;
    }

    private async Task<HubbubException?> WithFreshTokenAsync(string refused, bool anyUser, HubbubException error, CancellationToken ct)
    {
        // What this guest may not, another may not either, and would have none of its memberships.
        if (!anyUser && _options.Token is null)
            return error;

        // A fresh token that is refused as well will not be liked better the third time.
        if (++_refusedTokens > 2)
            return error;
        try
        {
            return await _http.Credentials.FreshAsync(refused, ct) is null ? error : null;
        }
        catch (HubbubException e) when (e.Retryable || !e.IsServers)
        {
            await WaitAsync(Longer(_backoff.Next(), e.RetryAfter), ct);
            return null;
        }
        catch (HubbubException e)
        {
            return e;
        }
    }

    /// <summary>Gives links that say that their token will expire a newer one in place.</summary>
    private async Task RenewTokensAsync(CancellationToken ct)
    {
        await foreach (var link in _expiring.Reader.ReadAllAsync(ct))
        {
            try
            {
                if (await _http.Credentials.RenewedAsync(ct) is { } fresh)
                    link.Authenticate(fresh);
            }
            catch (HubbubException)
            {
                // The old one still has some time; when it ends, the server closes and the application is asked again.
            }
        }
    }

    /// <summary>Our token goes there: it must be an address of the web, and as safe as the one in use.</summary>
    private Uri? Elsewhere(string? url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var there) && (there.Scheme == Uri.UriSchemeHttps || (there.Scheme == Uri.UriSchemeHttp && _http.Base.Scheme == Uri.UriSchemeHttp)) ? there : null;

    private TimeSpan FirstClimbAfter()
    {
        if (!_options.Transports.Take(_rung).Any(_proven.Contains))
            return ClimbAfter();
        lock (_random)
            return ProvenWithin * _random.NextDouble();
    }

    /// <summary>On the highest rung there is nowhere to climb to.</summary>
    private TimeSpan ClimbAfter()
    {
        if (_rung == 0)
            return Timeout.InfiniteTimeSpan;
        var whole = FirstClimb * Math.Pow(2, Math.Min(_climbs, 4));
        lock (_random)
            return (whole < LongestClimb ? whole : LongestClimb) * (0.75 + (_random.NextDouble() / 2));
    }

    private Link Make(TransportName transport, Uri address, string token) => transport switch
    {
        TransportName.WebSocket => new WebSocketLink(_host, address, token),
        TransportName.EventStream => new EventStreamLink(_host, address, token),
        _ => new LongPollLink(_host, address, token),
    };

    /// <summary>Said on the link's own way, so that whoever listens is told that we are online before what comes.</summary>
    private void HasOpened(Link link)
    {
        lock (_lock)
        {
            if (_awaited != link)
                return;
            _awaited = null;
        }

        _changed(ConnectionState.Online, null);
    }

    private async Task<bool> OpensAsync(Running running, TimeSpan within, CancellationToken ct)
    {
        await Task.WhenAny(running.Link.Opened, running.Ended, Task.Delay(within, _options.Time, ct));
        ct.ThrowIfCancellationRequested();
        return running.Link.Opened.IsCompletedSuccessfully && !running.Ended.IsCompleted;
    }

    private Task WaitAsync(TimeSpan wait, CancellationToken ct) => Task.Delay(wait, _options.Time, ct);

    private static TimeSpan Longer(TimeSpan a, TimeSpan? b) => b is { } other && other > a ? other : a;

    private Running Current()
    {
        lock (_lock)
            return _current!;
    }

    private void OnLinks(Action<Link> act)
    {
        Running?[] both;
        lock (_lock)
            both = [_current, _trial];
        foreach (var running in both)
        {
            if (running is not null)
                act(running.Link);
        }
    }

    private async Task DropAllAsync()
    {
        Running?[] both;
        lock (_lock)
        {
            both = [_current, _trial];
            _current = _trial = null;
        }

        foreach (var running in both)
        {
            if (running is not null)
                await running.StopAsync();
        }
    }

    /// <summary>A link with its task.</summary>
    private sealed class Running
    {
        private readonly CancellationTokenSource _stop;
        private bool _isGone;

        public Running(Link link, CancellationToken ct)
        {
            Link = link;
            _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
            Ended = link.RunAsync(_stop.Token);
        }

        public Link Link { get; }

        public Task<LinkEnd> Ended { get; }

        public bool WasStopped { get; private set; }

        public async Task StopAsync()
        {
            if (_isGone)
                return;
            _isGone = true;
            WasStopped = !Ended.IsCompleted;
            await _stop.CancelAsync();
            await Ended;
            _stop.Dispose();
            Link.Dispose();
        }
    }
}
