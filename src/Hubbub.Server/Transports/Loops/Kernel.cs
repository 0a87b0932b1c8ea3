using System.Net;
using System.Runtime.InteropServices;

namespace Hubbub.Server.Transports.Loops;

/// <summary>
/// The system calls of the loop carrier, as Linux's C library exports them. A .NET socket costs twice as much for a delivery (its own poll thread, a hand-off to the thread pool,
/// completion objects), see docs/decisions/0007-two-carriers.md. Descriptors are plain numbers here: each belongs to one loop's thread, which alone uses and closes it.
/// </summary>
internal static unsafe partial class Kernel
{
    // From the Linux headers; the same on x86-64 and arm64.
    public const int CloseOnExec = 0x80000;
    public const int NonBlockingCloseOnExec = 0x800 | 0x80000;
    public const int ProtocolTcp = 6;
    public const int OptionNoDelay = 1;
    public const int Peek = 0x2;
    public const int SendingSide = 1;
    public const int DoNotWaitNoSignal = 0x40 | 0x4000;

    public const int EpollAdd = 1;
    public const int EpollDelete = 2;
    public const int EpollModify = 3;
    public const uint Readable = 0x1;
    public const uint Writable = 0x4;
    public const uint Broken = 0x8 | 0x10;
    public const uint EdgeTriggered = 1u << 31;

    public const int Interrupted = 4;
    public const int WouldBlock = 11;
    public const int ConnectionAborted = 103;

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int descriptor, byte* interest);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int maximum, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int listener, void* address, void* length, int flags);

    [LibraryImport("libc", EntryPoint = "getpeername", SetLastError = true)]
    private static partial int GetPeerName(int descriptor, byte* address, int* length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int descriptor, int level, int name, int* value, uint length);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int descriptor, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, void* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, void* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shut(int descriptor, int how);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    // The one call that is made once a delivery. Without a transition its thread holds up a collection for as long as the call lasts, some microseconds; and nothing of the runtime's can come
    // between the call and the look at its error, so that the marshaller need not keep it.
    [LibraryImport("libc", EntryPoint = "send")]
    [SuppressGCTransition]
    private static partial nint Send(int descriptor, byte* buffer, nint length, int flags);

    /// <summary>A call that the C library has no name for.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint Call(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(void* address, nint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int UnmapMemory(void* address, nint length);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, nuint* softAndHard);

    /// <summary>Hands bytes to a socket without waiting.</summary>
    /// <returns>How many it took, 0 if its buffer is full, −1 if the peer is lost.</returns>
    public static int SendNow(int descriptor, byte* bytes, int length)
    {
        var taken = Send(descriptor, bytes, length, DoNotWaitNoSignal);
        if (taken >= 0)
            return (int)taken;
        return Marshal.GetLastSystemError() is WouldBlock or Interrupted ? 0 : -1;
    }

    /// <summary>The address of the other side; null if it has gone, or has none.</summary>
    public static IPAddress? PeerOf(int descriptor)
    {
        // struct sockaddr_in: family, port, 4 bytes; sockaddr_in6: family, port, flow, 16 bytes.
        const int Room = 28, Inet = 2, Inet6 = 10;
        var name = stackalloc byte[Room];
        var length = Room;
        if (GetPeerName(descriptor, name, &length) < 0)
            return null;
        return *(ushort*)name switch
        {
            Inet => new IPAddress(new ReadOnlySpan<byte>(name + 4, 4)),
            Inet6 => Plain(new IPAddress(new ReadOnlySpan<byte>(name + 8, 16))),
            _ => null,
        };
    }

    /// <summary>Memory that is shared with the kernel; null if it cannot be had.</summary>
    public static byte* MapShared(int descriptor, nint length, nint offset)
    {
        const int ReadAndWrite = 0x3, SharedAndPresent = 0x1 | 0x8000, Failed = -1;
        var mapped = Map(null, length, ReadAndWrite, SharedAndPresent, descriptor, offset);
        return mapped == Failed ? null : (byte*)mapped;
    }

    public static void Unmap(void* memory, nint length) => _ = UnmapMemory(memory, length);

    /// <summary>How many files this process may have open: their numbers are below it.</summary>
    public static long MaxFiles()
    {
        const int OpenFiles = 7;
        var limits = stackalloc nuint[2];
        return GetLimit(OpenFiles, limits) == 0 && limits[0] < int.MaxValue ? (long)limits[0] : int.MaxValue;
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    public static IOException Failure(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{what}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }
}
