using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Hubbub.Load.Loop;

/// <summary>
/// One thread that waits for many descriptors with epoll and calls their handlers. All handlers of a loop run on its
/// thread and therefore need no locks among themselves; other threads reach it through <see cref="Post"/> alone.
/// </summary>
internal sealed class EventLoop : IAsyncDisposable
{
    /// <summary>Handlers are ticked this often, so their deadlines are kept to about this precision.</summary>
    public const int TickMilliseconds = 10;

    private const int EventsPerWait = 512;

    // The kernel packs an epoll_event into 12 bytes on x86-64 and pads it to 16 everywhere else.
    private static readonly int s_dataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int s_stride = s_dataOffset + 8;

    private readonly int _epoll;
    private readonly Alarm _alarm;
    private readonly byte[] _events = GC.AllocateArray<byte>(EventsPerWait * s_stride, pinned: true);
    private readonly List<LoopHandler?> _handlers = [];
    private readonly Stack<int> _freeSlots = [];
    private readonly ConcurrentQueue<Action> _posted = [];
    private readonly List<Action<long>> _ticks = [];
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private readonly uint _restMicroseconds;
    private volatile bool _stopping;

    /// <param name="name">The thread's.</param>
    /// <param name="rest">
    /// How long to sleep after each round of events, so that more come together: a thread that wakes for every single one costs itself and
    /// its peer several microseconds each. Everything is seen later by up to this and what the kernel adds (some 50 µs).
    /// </param>
    public EventLoop(string name, TimeSpan rest = default)
    {
        _restMicroseconds = (uint)rest.TotalMicroseconds;
        _epoll = Kernel.EpollCreate(Kernel.CloseOnExec);
        if (_epoll < 0)
            throw new BenchmarkFailure($"epoll could not be opened: {Kernel.LastReason()}.");
        _alarm = new Alarm(this);
        Add(_alarm, Kernel.Readable);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    /// <summary>Where every connection of this loop receives; a handler may read it only while it is called.</summary>
    public byte[] Inbox { get; } = GC.AllocateUninitializedArray<byte>(256 * 1024, pinned: true);

    /// <summary>Scratch space to build one outgoing frame or request in.</summary>
    public byte[] Outbox { get; } = GC.AllocateUninitializedArray<byte>(32 * 1024, pinned: true);

    /// <summary>Completes when the thread has ended; faulted if a handler threw.</summary>
    public Task Finished => _finished.Task;

    public void Start() => _thread.Start();

    /// <summary>Runs <paramref name="action"/> on the loop's thread, in the order posted. Safe from any thread.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        _alarm.Ring();
    }

    /// <summary>
    /// Runs <paramref name="question"/> on the loop's thread and gives its answer; fails if the loop has ended.
    /// </summary>
    public async Task<T> AskAsync<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => answer.SetResult(question()));
        await WaitAsync(answer.Task);
        return await answer.Task;
    }

    /// <summary>
    /// Waits for something that this loop's handlers complete; ends with the loop's fault should that come first.
    /// </summary>
    public async Task WaitAsync(Task work)
    {
        if (await Task.WhenAny(work, Finished) == work)
        {
            await work;
            return;
        }
        await Finished;
        throw new InvalidOperationException("The loop ended before its work.");
    }

    /// <summary>
    /// Calls <paramref name="tick"/> about every 10 ms with the monotonic time. From the loop's thread, or before it starts.
    /// </summary>
    public void OnTick(Action<long> tick) => _ticks.Add(tick);

    public void Add(LoopHandler handler, uint interest)
    {
        if (!_freeSlots.TryPop(out var slot))
        {
            slot = _handlers.Count;
            _handlers.Add(null);
        }
        _handlers[slot] = handler;
        handler.Slot = slot;
        Control(Kernel.EpollAdd, handler, interest);
    }

    public void Change(LoopHandler handler, uint interest) => Control(Kernel.EpollModify, handler, interest);

    /// <summary>The kernel reports nothing of this handler any more, not even its end, until it is watched again.</summary>
    public void Ignore(LoopHandler handler) => Control(Kernel.EpollDelete, handler, 0);

    public void Watch(LoopHandler handler, uint interest) => Control(Kernel.EpollAdd, handler, interest);

    /// <summary>Forgets the handler; closing its descriptor is what removes it from the kernel's set.</summary>
    public void Remove(LoopHandler handler)
    {
        // An event of this slot may still wait in the current batch. Should a new handler take the slot before that, it is
        // called without need and finds nothing to read.
        _handlers[handler.Slot] = null;
        _freeSlots.Push(handler.Slot);
    }

    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        if (_thread.ThreadState.HasFlag(System.Threading.ThreadState.Unstarted))
        {
            CloseAll();
            return;
        }
        _alarm.Ring();
        // The owner has already seen the reason of a fault where it mattered; disposing must not throw it again.
        await Finished.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Run()
    {
        try
        {
            var nextTick = 0L;
            while (!_stopping)
            {
                var count = Wait();
                if (count > 0 && _restMicroseconds > 0)
                    _ = Kernel.Sleep(_restMicroseconds);
                var now = Stopwatch.GetTimestamp();
                if (now < nextTick)
                    continue;
                nextTick = now + Clock.Milliseconds(TickMilliseconds);
                for (var i = 0; i < _ticks.Count; i++)
                    _ticks[i](now);
            }
            CloseAll();
            _finished.SetResult();
        }
#pragma warning disable CA1031 // The thread's edge: whatever a handler threw becomes the loop's fault, seen by its owner.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            CloseAll();
            _finished.SetException(fault);
        }
    }

    private unsafe int Wait()
    {
        fixed (byte* events = _events)
        {
            var count = Kernel.EpollWait(_epoll, events, EventsPerWait, TickMilliseconds);
            if (count < 0 && Marshal.GetLastPInvokeError() != Kernel.Interrupted)
                throw new BenchmarkFailure($"epoll failed: {Kernel.LastReason()}.");
            for (var i = 0; i < count; i++)
            {
                var at = events + i * s_stride;
                _handlers[*(int*)(at + s_dataOffset)]?.OnReady(*(uint*)at);
            }
            return count;
        }
    }

    private void RunPosted()
    {
        while (_posted.TryDequeue(out var action))
            action();
    }

    private void CloseAll()
    {
        foreach (var handler in _handlers.ToArray())
            handler?.Shut();
        _ = Kernel.Close(_epoll);
    }

    private unsafe void Control(int operation, LoopHandler handler, uint interest)
    {
        var buffer = stackalloc byte[16];
        *(uint*)buffer = interest;
        *(long*)(buffer + s_dataOffset) = handler.Slot;
        if (Kernel.EpollControl(_epoll, operation, handler.Descriptor, buffer) < 0)
            throw new BenchmarkFailure($"A descriptor could not be watched: {Kernel.LastReason()}.");
    }

    /// <summary>The descriptor that other threads ring to make the loop run what they posted.</summary>
    private sealed unsafe class Alarm : LoopHandler
    {
        private readonly EventLoop _loop;
        private readonly Lock _life = new();
        private bool _shut;

        public Alarm(EventLoop loop)
        {
            _loop = loop;
            Descriptor = Kernel.EventDescriptor(0, Kernel.NonBlockingCloseOnExec);
            if (Descriptor < 0)
                throw new BenchmarkFailure($"An event descriptor could not be opened: {Kernel.LastReason()}.");
        }

        public void Ring()
        {
            // The lock keeps a late ring from writing into a descriptor that was closed and given to somebody else.
            lock (_life)
            {
                var one = 1UL;
                if (!_shut)
                    _ = Kernel.Write(Descriptor, &one, sizeof(ulong));
            }
        }

        public override void OnReady(uint events)
        {
            ulong rings;
            _ = Kernel.Read(Descriptor, &rings, sizeof(ulong));
            _loop.RunPosted();
        }

        public override void Shut()
        {
            lock (_life)
            {
                if (_shut)
                    return;
                _shut = true;
                _ = Kernel.Close(Descriptor);
            }
        }
    }
}
