using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Hubbub.Core.Hub;
using Hubbub.Protocol;
using Hubbub.Protocol.WebSockets;

namespace Hubbub.Server.Transports.Loops;

/// <summary>
/// One thread that reads, acts and writes for its connections. A turn: wait for the kernel, take in what came, run what was posted, then write: first the feeds that have something of
/// their own, then small rooms, then slices of the large ones, so that a room of ten thousand delays nobody for longer than a slice. What comes meanwhile goes out together in the next turn.
/// </summary>
/// <remarks>
/// Everything of its connections happens on its thread; awaiting there comes back to it (<see cref="LoopContext"/>). Other threads reach it by <see cref="Post"/> and the rings of
/// <see cref="IShard"/>, which never wait.
/// </remarks>
internal sealed class EventLoop : IShard, IConnectionGroup
{
    /// <summary>How often a stopping loop looks whether its time is over, in milliseconds.</summary>
    private const int StoppingWait = 50;

    private readonly bool _useRing;
    private readonly Epoll _epoll = new();
    private readonly Alarm _alarm;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Filled from any thread.
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _posted = new();
    private readonly ConcurrentQueue<Feed> _rungFeeds = new();
    private readonly ConcurrentQueue<Audience> _rungAudiences = new();
    private int _isAwake = 1;
    private long _stopBy = long.MaxValue;
    private int _connections;

    // The thread's own.
    private readonly Rota _rota = new();
    private readonly List<LoopConnection> _dead = [];
    private SendRing? _ring;

    /// <param name="name">The thread's.</param>
    /// <param name="maxFrameBytes">The largest message of a client.</param>
    /// <param name="useRing">Whether rounds are written through io_uring, where the kernel gives this thread a ring.</param>
    public EventLoop(string name, int maxFrameBytes, bool useRing)
    {
        _useRing = useRing;
        Inbox = GC.AllocateUninitializedArray<byte>(maxFrameBytes + MessageReader.MaxOverhead(maxFrameBytes) + (64 * 1024), pinned: true);
        _alarm = new Alarm();
        _epoll.Add(_alarm, Kernel.Readable);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    /// <summary>Where every connection of this loop receives; read only while its <see cref="IWatched.OnReady"/> runs. Holds the rest of one message and a good read.</summary>
    public byte[] Inbox { get; }

    public Outbox Outbox { get; } = new();

    /// <summary>Completes when the thread has ended; faulted if it met a bug.</summary>
    public Task Finished => _finished.Task;

    /// <summary>How many WebSockets live on it.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public bool IsCurrent => Thread.CurrentThread == _thread;

    public void Start() => _thread.Start();

    /// <summary>Ends the thread as soon as its connections have gone, which were told to before, or when the time is over; then all that is still open is closed.</summary>
    public void Stop(TimeSpan within)
    {
        Volatile.Write(ref _stopBy, Environment.TickCount64 + (long)within.TotalMilliseconds);
        Wake();
    }

    /// <summary>Runs something on the loop's thread, in the order posted. From any thread.</summary>
    public void Post(SendOrPostCallback callback, object? state)
    {
        _posted.Enqueue((callback, state));
        Wake();
    }

    public unsafe void Send(ReadOnlySpan<ShardConnection> to, ReadOnlySpan<byte> bytes, Span<int> taken)
    {
        fixed (byte* start = bytes)
        {
            var sent = 0;
            if (_ring is not null && to.Length > 1)
            {
                for (var i = 0; i < to.Length; i++)
                {
                    var connection = Unsafe.As<LoopConnection>(to[i]);
                    _ring.Prepare(i, connection.IsKept ? connection.Slot : connection.Descriptor, connection.IsKept, start, bytes.Length);
                }

                sent = _ring.Send(taken);
            }

            for (var i = sent; i < to.Length; i++)
                taken[i] = Kernel.SendNow(Unsafe.As<LoopConnection>(to[i]).Descriptor, start, bytes.Length);
        }
    }

    public void Ring(Feed feed)
    {
        _rungFeeds.Enqueue(feed);
        Wake();
    }

    public void Ring(Audience audience)
    {
        _rungAudiences.Enqueue(audience);
        Wake();
    }

    public void Watch(IWatched watched, uint interest) => _epoll.Add(watched, interest);

    public void Change(IWatched watched, uint interest) => _epoll.Change(watched, interest);

    public void Forget(IWatched watched, bool livesOn = false) => _epoll.Remove(watched, livesOn);

    /// <summary>A visitor has become a connection.</summary>
    public void Settle(Visitor visitor, LoopConnection connection)
    {
        _connections++;
        _epoll.Replace(visitor, connection, Kernel.Readable);
        connection.IsKept = _ring?.TryKeep(connection.Slot, connection.Descriptor) ?? false;
    }

    /// <summary>A connection has ended.</summary>
    public void Dismiss(LoopConnection connection)
    {
        _connections--;
        if (connection.IsKept)
            _ring!.LetGo(connection.Slot);
        _epoll.Remove(connection);
    }

    /// <summary>Ends a connection at the end of the turn: in the midst of a round over an audience nobody may leave it.</summary>
    public void EndLater(LoopConnection connection) => _dead.Add(connection);

    /// <summary>Looks at the clocks of all its connections, on its own thread.</summary>
    public void Tick() => Post(static loop => ((EventLoop)loop!).TickAll(), this);

    /// <summary>Closes all its connections in good order.</summary>
    public void Close(CloseCode code, string reason, TimeSpan? retryAfter = null) => Post(_ => CloseAll(code, reason, retryAfter), null);

    public Task<IReadOnlyList<IConnection>> AllAsync()
    {
        var all = new TaskCompletionSource<IReadOnlyList<IConnection>>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(_ => all.TrySetResult([.. _epoll.All.ToArray().OfType<LoopConnection>()]), null);

        // A loop that has ended runs nothing any more.
        _ = Finished.ContinueWith(_ => all.TrySetResult([]), TaskScheduler.Default);
        return all.Task;
    }

    private void Run()
    {
        SynchronizationContext.SetSynchronizationContext(new LoopContext(this));

        // Here, because a ring serves only the thread that opened it.
        _ring = _useRing ? SendRing.TryOpen(out _) : null;
        try
        {
            while (!ShallEnd())
                Turn();
            ShutAll();
            _finished.SetResult();
        }
#pragma warning disable CA1031 // The thread's edge: whatever is thrown becomes the loop's fault, which its owner awaits.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            ShutAll();
            _finished.SetException(bug);
        }
    }

    private void Turn()
    {
        // First say that we sleep, then look once more: whoever comes in between either is seen or rings the alarm.
        Interlocked.Exchange(ref _isAwake, 0);
        var isIdle = _rota.IsEmpty && _posted.IsEmpty && _rungFeeds.IsEmpty && _rungAudiences.IsEmpty;
        _epoll.Wait(!isIdle ? 0 : Volatile.Read(ref _stopBy) == long.MaxValue ? Timeout.Infinite : StoppingWait);
        Volatile.Write(ref _isAwake, 1);

        // What is posted meanwhile waits for the next turn, so that nobody can keep the loop from writing.
        for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var posted); left--)
            posted.Callback(posted.State);
        for (var left = _rungFeeds.Count; left > 0 && _rungFeeds.TryDequeue(out var feed); left--)
            WriteOwn((LoopConnection)feed.Connection!);
        while (_rungAudiences.TryDequeue(out var audience))
            _rota.Add(audience);
        _rota.Turn();
        foreach (var connection in _dead)
            connection.End();
        _dead.Clear();
    }

    private static void WriteOwn(LoopConnection connection)
    {
        try
        {
            connection.WriteOwn();
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            connection.Break(bug);
        }
    }

    private bool ShallEnd()
    {
        var stopBy = Volatile.Read(ref _stopBy);
        if (stopBy == long.MaxValue)
            return false;
        return _connections == 0 || Environment.TickCount64 > stopBy;
    }

    private void TickAll()
    {
        // By index, since a tick may end a connection.
        for (var i = 0; i < _epoll.All.Length; i++)
            _epoll.All[i]?.Tick();
    }

    private void CloseAll(CloseCode code, string reason, TimeSpan? retryAfter)
    {
        for (var i = 0; i < _epoll.All.Length; i++)
            (_epoll.All[i] as LoopConnection)?.Close(code, reason, retryAfter);
    }

    private void ShutAll()
    {
        for (var i = 0; i < _epoll.All.Length; i++)
            _epoll.All[i]?.Shut();
        _epoll.Close();
        _ring?.Dispose();
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _isAwake, 1) == 0)
            _alarm.Ring();
    }

    /// <summary>The descriptor that other threads ring when the loop sleeps.</summary>
    private sealed unsafe class Alarm : IWatched
    {
        private readonly Lock _life = new();
        private bool _isShut;

        public Alarm()
        {
            Descriptor = Kernel.EventDescriptor(0, Kernel.NonBlockingCloseOnExec);
            if (Descriptor < 0)
                throw Kernel.Failure("a loop's alarm could not be opened");
        }

        public int Descriptor { get; }

        public int Slot { get; set; } = IWatched.Nowhere;

        public void Ring()
        {
            // The lock keeps a late ring from writing into a descriptor that was closed and given to somebody else.
            lock (_life)
            {
                var one = 1UL;
                if (!_isShut)
                    _ = Kernel.Write(Descriptor, &one, sizeof(ulong));
            }
        }

        public void OnReady(uint events)
        {
            ulong rings;
            _ = Kernel.Read(Descriptor, &rings, sizeof(ulong));
        }

        public void Tick()
        {
            // It has no clock.
        }

        public void Shut()
        {
            lock (_life)
            {
                if (_isShut)
                    return;
                _isShut = true;
                _ = Kernel.Close(Descriptor);
            }
        }
    }
}

/// <summary>Brings whatever is awaited on a loop's thread back to it.</summary>
internal sealed class LoopContext(EventLoop loop) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => loop.Post(d, state);

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!loop.IsCurrent)
            throw new NotSupportedException("Nobody waits for a loop.");
        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;
}
