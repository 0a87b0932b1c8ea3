using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Hubbub.Server.Transports.Loops;

/// <summary>
/// A listening socket in front of Kestrel: plain-text WebSocket upgrades stay with the loops, every other connection is Kestrel's, untouched. One port for all.
/// </summary>
internal sealed class LoopListener : IConnectionListener
{
    private readonly Socket _socket;
    private readonly EventLoop _doorLoop;
    private readonly Door _door;
    private readonly SocketConnectionContextFactory _contexts;

    // Bounded by the open files of the process; Kestrel takes them as fast as they come.
    private readonly Channel<int> _forKestrel = Channel.CreateUnbounded<int>(new UnboundedChannelOptions { SingleReader = true });

    private LoopListener(Socket socket, LoopCarrier carrier, SocketConnectionContextFactory contexts, ILogger logger)
    {
        _socket = socket;
        _contexts = contexts;
        _doorLoop = carrier.Next();
        _door = new Door((int)socket.Handle, _doorLoop, fd => carrier.Welcome(fd, HandOver), logger);
    }

    public EndPoint EndPoint => _socket.LocalEndPoint!;

    public static LoopListener Bind(EndPoint endPoint, SocketTransportOptions options, LoopCarrier carrier, SocketConnectionContextFactory contexts, ILogger logger)
    {
        Socket socket;
        try
        {
            socket = options.CreateBoundListenSocket(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }

        socket.Listen(options.Backlog);
        socket.Blocking = false;
        var listener = new LoopListener(socket, carrier, contexts, logger);
        listener._doorLoop.Post(_ => listener._doorLoop.Watch(listener._door, Kernel.Readable), null);
        return listener;
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _forKestrel.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_forKestrel.Reader.TryRead(out var descriptor) && Adopt(descriptor) is { } socket)
                return _contexts.Create(socket);
        }

        return null;
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _doorLoop.Post(
            _ =>
            {
                _doorLoop.Forget(_door);
                _socket.Dispose();
                closed.SetResult();
            },
            null);
        await Task.WhenAny(closed.Task, _doorLoop.Finished);
        _socket.Dispose();
        _forKestrel.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        while (_forKestrel.Reader.TryRead(out var descriptor))
            _ = Kernel.Close(descriptor);
        _contexts.Dispose();
    }

    /// <summary>A socket for Kestrel; null if its peer has gone meanwhile, which a socket made of a descriptor would take for never having been connected.</summary>
    private static Socket? Adopt(int descriptor)
    {
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        try
        {
            var socket = new Socket(handle);
            if (socket.Connected)
                return socket;
            socket.Dispose();
        }
        catch (SocketException)
        {
            handle.Dispose();
        }

        return null;
    }

    private void HandOver(int descriptor)
    {
        if (!_forKestrel.Writer.TryWrite(descriptor))
            _ = Kernel.Close(descriptor);
    }
}

/// <summary>Where connections come in.</summary>
internal sealed unsafe partial class Door(int descriptor, EventLoop loop, Action<int> welcome, ILogger logger) : IWatched
{
    /// <summary>Taken in at a time, so that a storm of them does not keep the loop from its others.</summary>
    private const int AtATime = 64;

    /// <summary>Files that are kept for the store, for threads and for those who are inside: a runtime that can open nothing at all does not survive it.</summary>
    private const int Reserve = 64;

    private readonly long _maxFiles = Kernel.MaxFiles() - Reserve;
    private bool _isResting;

    public int Descriptor { get; } = descriptor;

    public int Slot { get; set; } = IWatched.Nowhere;

    public void OnReady(uint events)
    {
        for (var i = 0; i < AtATime; i++)
        {
            var accepted = Kernel.Accept(Descriptor, null, null, Kernel.NonBlockingCloseOnExec);
            if (accepted >= _maxFiles)
            {
                // The kernel gives the lowest free number, so this one tells how many there are.
                TurnAway(accepted);
                Rest("nearly all files that this process may open are open");
                return;
            }

            if (accepted >= 0)
            {
                var on = 1;
                _ = Kernel.SetOption(accepted, Kernel.ProtocolTcp, Kernel.OptionNoDelay, &on, sizeof(int));
                welcome(accepted);
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Kernel.Interrupted or Kernel.ConnectionAborted:
                    break;
                case Kernel.WouldBlock:
                    return;
                case var error:
                    Rest(Marshal.GetPInvokeErrorMessage(error));
                    return;
            }
        }
    }

    public void Tick()
    {
        if (!_isResting)
            return;
        _isResting = false;
        loop.Change(this, Kernel.Readable);
    }

    public void Shut()
    {
        // The listener closes it.
    }

    private static void TurnAway(int accepted)
    {
        var busy = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8;
        fixed (byte* answer = busy)
            _ = Kernel.SendNow(accepted, answer, busy.Length);
        _ = Kernel.Close(accepted);
    }

    /// <summary>Out of files, as a rule: whoever waits outside is taken in when others have gone. Looking all the time would only keep the loop from its work.</summary>
    private void Rest(string reason)
    {
        LogResting(reason);
        _isResting = true;
        loop.Change(this, 0);
    }

    [LoggerMessage(LogLevel.Warning, "A connection could not be accepted, trying again in a second: {Reason}")]
    private partial void LogResting(string reason);
}
