namespace Hubbub.Load.Loop;

/// <summary>
/// Rings once at an absolute monotonic time, to the kernel's precision (some 50 µs): epoll's own time-out counts whole
/// milliseconds, which an open-loop rate of thousands a second would show as bursts.
/// </summary>
internal sealed unsafe class PaceTimer : LoopHandler
{
    private readonly Action _ring;

    public PaceTimer(EventLoop loop, Action ring)
    {
        _ring = ring;
        Descriptor = Kernel.TimerDescriptor(Kernel.Monotonic, Kernel.NonBlockingCloseOnExec);
        if (Descriptor < 0)
            throw new BenchmarkFailure($"A timer could not be opened: {Kernel.LastReason()}.");
        loop.Add(this, Kernel.Readable);
    }

    /// <summary>Rings at <paramref name="time"/>, at once if that has passed; forgets an earlier setting.</summary>
    public void RingAt(long time)
    {
        var setting = new Kernel.TimerSetting
        {
            Seconds = (nint)(time / 1_000_000_000),
            Nanoseconds = (nint)(time % 1_000_000_000),
        };
        if (Kernel.SetTimer(Descriptor, Kernel.AbsoluteTime, &setting, null) < 0)
            throw new BenchmarkFailure($"A timer could not be set: {Kernel.LastReason()}.");
    }

    public override void OnReady(uint events)
    {
        ulong rings;
        if (Kernel.Read(Descriptor, &rings, sizeof(ulong)) == sizeof(ulong))
            _ring();
    }

    public override void Shut()
    {
        if (Descriptor < 0)
            return;
        _ = Kernel.Close(Descriptor);
        Descriptor = -1;
    }
}
