using System.Runtime.InteropServices;

namespace Hubbub.Server.Transports.Loops;

/// <summary>A descriptor that a loop watches. Called on the loop's thread only.</summary>
internal interface IWatched
{
    /// <summary>The <see cref="Slot"/> of one that no loop watches.</summary>
    const int Nowhere = -1;

    int Descriptor { get; }

    /// <summary>Its number in the loop's table; the table's to set.</summary>
    int Slot { get; set; }

    /// <summary>Something has happened to the descriptor; does what can be done without waiting.</summary>
    void OnReady(uint events);

    /// <summary>Time has passed, about a second.</summary>
    void Tick();

    /// <summary>The loop ends now: close.</summary>
    void Shut();
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
    private IWatched?[] _watched = new IWatched?[64];
    private int _slots;

    public Epoll()
    {
        _epoll = Kernel.EpollCreate(Kernel.CloseOnExec);
        if (_epoll < 0)
            throw Kernel.Failure("epoll could not be opened");
    }

    /// <summary>Everybody, with holes.</summary>
    public ReadOnlySpan<IWatched?> All => _watched.AsSpan(0, _slots);

    public void Add(IWatched watched, uint interest)
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

    public void Change(IWatched watched, uint interest) => Control(Kernel.EpollModify, watched, interest);

    /// <summary>Another stands behind the same descriptor from now on.</summary>
    public void Replace(IWatched before, IWatched after, uint interest)
    {
        after.Slot = before.Slot;
        before.Slot = IWatched.Nowhere;
        _watched[after.Slot] = after;
        Change(after, interest);
    }

    /// <summary>Forgets it. Closing the descriptor is what takes it out of the kernel's set; one that lives on elsewhere must be taken out.</summary>
    public void Remove(IWatched watched, bool livesOn = false)
    {
        if (watched.Slot < 0)
            return;
        if (livesOn)
            Control(Kernel.EpollDelete, watched, 0);

        // An event of this slot may still wait in the current turn. Should another take the slot before that, it is called without need and finds nothing to do.
        _watched[watched.Slot] = null;
        _free.Push(watched.Slot);
        watched.Slot = IWatched.Nowhere;
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

    private void Control(int operation, IWatched watched, uint interest)
    {
        var buffer = stackalloc byte[16];
        *(uint*)buffer = interest;
        *(long*)(buffer + DataOffset) = watched.Slot;
        if (Kernel.EpollControl(_epoll, operation, watched.Descriptor, buffer) < 0)
            throw Kernel.Failure("a descriptor could not be watched");
    }
}
