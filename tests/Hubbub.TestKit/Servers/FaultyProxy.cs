using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Hubbub.TestKit.Servers;

/// <summary>
/// Bytes to a server and back, on this machine, with what networks do to them: connections cut, nobody there, half-open silence, delay, and another server behind the same address. Thread-safe.
/// </summary>
public sealed class FaultyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, byte> _sockets = new();
    private readonly ConcurrentDictionary<Socket, byte> _silenced = new();
    private readonly ConcurrentDictionary<Task, byte> _carrying = new();
    private readonly CancellationTokenSource _over = new();
    private readonly Task _accepting;
    private volatile Uri _server;
    private volatile bool _isOffline;

    public FaultyProxy(Uri server)
    {
        _server = server;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _accepting = AcceptAsync();
    }

    public Uri Url { get; }

    /// <summary>So long after it was read a piece is passed on.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Of each delay only a part by chance, if this is set.</summary>
    public Random? Jitter { get; init; }

    /// <summary>New connections are accepted, and nothing that is said there is ever heard.</summary>
    public bool IsBlackHole { get; set; }

    /// <summary>Connections that were let in so far.</summary>
    public int Accepted { get; private set; }

    /// <summary>Resets every connection; new ones come through.</summary>
    public void Cut()
    {
        foreach (var socket in _sockets.Keys)
            Reset(socket);
    }

    /// <summary>From now on new connections lead to another server; those that are open stay.</summary>
    public void LeadTo(Uri server) => _server = server;

    /// <summary>Nobody is there: what is open is cut, and what comes is refused.</summary>
    public void GoOffline()
    {
        _isOffline = true;
        Cut();
    }

    public void ComeBack() => _isOffline = false;

    /// <summary>Half-open: connections stay, and nothing gets through either way any more. New ones do.</summary>
    public void FallSilent()
    {
        foreach (var socket in _sockets.Keys)
            _silenced[socket] = 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_carrying.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _over.Dispose();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_over.IsCancellationRequested)
        {
            var client = await _listener.AcceptSocketAsync(_over.Token);
            if (_isOffline)
            {
                Reset(client);
                continue;
            }

            Accepted++;
            var carrying = CarryAsync(client);
            _carrying[carrying] = 0;
            _ = carrying.ContinueWith(done => _carrying.TryRemove(done, out _), TaskScheduler.Default);
        }
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // It has ended by itself.
        }

        socket.Dispose();
    }

    private async Task CarryAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            _sockets[client] = 0;
            _sockets[server] = 0;
            if (IsBlackHole)
                _silenced[client] = 0;
            try
            {
                await server.ConnectAsync(_server.Host, _server.Port, _over.Token);
                await Task.WhenAny(PassAsync(client, server), PassAsync(server, client));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // Cut, or nobody behind it.
            }
            finally
            {
                _sockets.TryRemove(client, out _);
                _sockets.TryRemove(server, out _);
                _silenced.TryRemove(client, out _);
                _silenced.TryRemove(server, out _);
            }
        }
    }

    private double Part()
    {
        if (Jitter is null)
            return 1;
        lock (Jitter)
            return Jitter.NextDouble();
    }

    private async Task PassAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _over.Token) is > 0 and var read)
            {
                if (Delay > TimeSpan.Zero)
                    await Task.Delay(Delay * Part(), _over.Token);
                if (!_silenced.ContainsKey(from))
                    await to.SendAsync(buffer.AsMemory(0, read), _over.Token);
            }

            to.Shutdown(SocketShutdown.Send);

            // The other way may have more to say.
            await Task.Delay(TimeSpan.FromSeconds(1), _over.Token);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Cut.
        }
    }
}
