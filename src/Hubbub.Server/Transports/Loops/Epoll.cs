using System.Runtime.InteropServices;

namespace Hubbub.Server.Transports.Loops;

/// <summary>A descriptor that a loop watches. Called on the loop's thread only.</summary>
internal abstract class Watched(int descriptor)
{
    public int Descriptor { get; } = descriptor;

    /// <summary>Its number in the loop's table, −1 outside.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>Something has happened to the descriptor; does what can be done without waiting.</summary>
    public abstract void OnReady(uint events);

    /// <summary>Time has passed, about a second.</summary>
    public virtual void Tick()
    {
    }

    /// <summary>The loop ends now: close.</summary>
    public abstract void Shut();
}

/// <summary>The kernel's set of watched descriptors, and who stands behind each. Of one thread.</summary>
internal sealed unsafe class Epoll
{
    private const int EventsPerWait = 512;

    // The kernel packs an epoll_event into 12 bytes on x86-64 and pads it to 16 everywhere else.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int Stride = DataOffset + 8;

    private readonly int _epoll;
    private readonly byte[] _events = GC.AllocateArray<byte>(EventsPerWait * Stride, pinned: true);
    private readonly Stack<int> _free = [];
    private Watched?[] _watched = new Watched?[64];
    private int _slots;

    public Epoll()
    {
        _epoll = Kernel.EpollCreate(Kernel.CloseOnExec);
        if (_epoll < 0)
            throw Kernel.Failure("epoll could not be opened");
    }

    /// <summary>Everybody, with holes.</summary>
    public ReadOnlySpan<Watched?> All => _watched.AsSpan(0, _slots);

    public void Add(Watched watched, uint interest)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _slots++;
            if (slot == _watched.Length)
                Array.Resize(ref _watched, 2 * slot);
        }

        _watched[slot] = watched;
        watched.Slot = slot;
        Control(Kernel.EpollAdd, watched, interest);
    }

    public void Change(Watched watched, uint interest) => Control(Kernel.EpollModify, watched, interest);

    /// <summary>Another stands behind the same descriptor from now on.</summary>
    public void Replace(Watched before, Watched after, uint interest)
    {
        after.Slot = before.Slot;
        before.Slot = -1;
        _watched[after.Slot] = after;
        Change(after, interest);
    }

    /// <summary>Forgets it. Closing the descriptor is what takes it out of the kernel's set; one that lives on elsewhere must be taken out.</summary>
    public void Remove(Watched watched, bool livesOn = false)
    {
        if (watched.Slot < 0)
            return;
        if (livesOn)
            Control(Kernel.EpollDelete, watched, 0);

        // An event of this slot may still wait in the current turn. Should another take the slot before that, it is called without need and finds nothing to do.
        _watched[watched.Slot] = null;
        _free.Push(watched.Slot);
        watched.Slot = -1;
    }

    /// <summary>Waits, and calls whoever something has happened to.</summary>
    public void Wait(int milliseconds)
    {
        fixed (byte* events = _events)
        {
            var count = Kernel.EpollWait(_epoll, events, EventsPerWait, milliseconds);
            if (count < 0 && Marshal.GetLastPInvokeError() != Kernel.Interrupted)
                throw Kernel.Failure("epoll failed");
            for (var i = 0; i < count; i++)
            {
                var at = events + (i * Stride);
                _watched[*(int*)(at + DataOffset)]?.OnReady(*(uint*)at);
            }
        }
    }

    public void Close() => _ = Kernel.Close(_epoll);

    private void Control(int operation, Watched watched, uint interest)
    {
        var buffer = stackalloc byte[16];
        *(uint*)buffer = interest;
        *(long*)(buffer + DataOffset) = watched.Slot;
        if (Kernel.EpollControl(_epoll, operation, watched.Descriptor, buffer) < 0)
            throw Kernel.Failure("a descriptor could not be watched");
    }
}
