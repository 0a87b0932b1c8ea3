using System.Net;
using Hubbub.Server.Auth;
using Hubbub.Server.Operations;
using Hubbub.Server.Transports.WebSockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Hubbub.Server.Transports.Loops;

/// <summary>
/// The loops of this node, one a core, and the listener that feeds them. Kestrel asks it for its listening sockets; where the carrier is off, or an address is no IP address, it steps aside and
/// Kestrel has its own.
/// </summary>
internal sealed class LoopCarrier(
    LoopServices services, Authenticator authenticator, HubbubOptions options, IOptions<SocketTransportOptions> sockets, ILoggerFactory loggers)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly Lock _lock = new();
    private EventLoop[] _loops = [];
    private int _next;

    /// <summary>Whether this node has loops at all.</summary>
    public bool IsOn { get; } = options.Carrier switch
    {
        _ when !options.Role.ServesConnections() => false,
        Carrier.Stream => false,
        Carrier.Loop when !OperatingSystem.IsLinux() => throw new PlatformNotSupportedException("The loop carrier needs Linux; choose --carrier stream or auto."),
        _ => OperatingSystem.IsLinux(),
    };

    /// <summary>Whether the loops write through io_uring.</summary>
    public bool UsesRings { get; } = options.Io switch
    {
        SendIo.Send => false,
        SendIo.Uring when !OperatingSystem.IsLinux() => throw new PlatformNotSupportedException("io_uring needs Linux; choose --io send or auto."),
        SendIo.Uring => SendRing.IsPermitted(out var why)
            ? true
            : throw new PlatformNotSupportedException($"io_uring cannot be had here ({why}; containers often forbid it); choose --io send or auto."),
        _ => OperatingSystem.IsLinux() && SendRing.IsPermitted(out _),
    };

    /// <summary>How many WebSockets live on the loops now.</summary>
    public int Connections => _loops.Sum(l => l.Connections);

    public bool CanBind(EndPoint endpoint) => IsOn && endpoint is IPEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Start();
        var contexts = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), loggers.CreateLogger<LoopListener>());
        return ValueTask.FromResult<IConnectionListener>(LoopListener.Bind(endpoint, sockets.Value, this, contexts, loggers.CreateLogger<LoopListener>()));
    }

    /// <summary>Lets the loops run until told to stop; then gives their connections, which were told before, a moment to go. A loop that ends by itself has met a bug, which is thrown.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        if (!IsOn)
            return;
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var telling = ct.Register(told.SetResult);
        var loops = Start();
        var ends = Array.ConvertAll(loops, l => l.Finished);
        await await Task.WhenAny([told.Task, .. ends]);
        foreach (var loop in loops)
            loop.Stop(SocketRules.CloseTimeout);
        await Task.WhenAll(ends);
        ct.ThrowIfCancellationRequested();
    }

    /// <summary>Does something on the thread of one of the loops, and comes back to it after every wait.</summary>
    public async Task RunOnLoopAsync(Func<Task> work)
    {
        var working = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        Start()[0].Post(_ => working.SetResult(work()), null);
        await await working.Task;
    }

    public EventLoop Next()
    {
        var loops = _loops;
        return loops[(uint)Interlocked.Increment(ref _next) % (uint)loops.Length];
    }

    /// <summary>Gives a new connection to a loop.</summary>
    /// <param name="descriptor">Its socket, which does not block.</param>
    /// <param name="handOver">Takes it if it is not for the loops.</param>
    public void Welcome(int descriptor, Action<int> handOver)
    {
        var loop = Next();
        loop.Post(_ => loop.Watch(new Visitor(descriptor, loop, services, authenticator, handOver), Visitor.Interest), null);
    }

    private EventLoop[] Start()
    {
        lock (_lock)
        {
            if (_loops.Length > 0)
                return _loops;
            var loops = new EventLoop[Environment.ProcessorCount];
            for (var i = 0; i < loops.Length; i++)
            {
                loops[i] = new EventLoop($"hubbub loop {i}", options.MaxFrameBytes, UsesRings);
                loops[i].Start();
                services.Connections.Attach(loops[i]);
            }

            return _loops = loops;
        }
    }
}
