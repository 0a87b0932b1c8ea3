using System.Runtime.InteropServices;

namespace Hubbub.Load.Loop;

/// <summary>
/// The system calls that the event loop is made of, as Linux's C library exports them. A .NET socket costs several times
/// as much per message (its own poll thread, a hand-off to the thread pool), and the generator shares its cores with the
/// server that it measures.
/// </summary>
internal static unsafe partial class Kernel
{
    // From the Linux headers; the same on x86-64 and arm64.
    public const int StreamNonBlockingCloseOnExec = 1 | 0x800 | 0x80000;
    public const int NonBlockingCloseOnExec = 0x800 | 0x80000;
    public const int CloseOnExec = 0x80000;
    public const int ProtocolTcp = 6;
    public const int OptionNoDelay = 1;
    public const int OptionMaxSegment = 2;
    public const int LevelSocket = 1;
    public const int OptionError = 4;
    public const int OptionReceiveBuffer = 8;
    public const int NoSignal = 0x4000;
    public const int Monotonic = 1;
    public const int AbsoluteTime = 1;

    public const int EpollAdd = 1;
    public const int EpollDelete = 2;
    public const int EpollModify = 3;
    public const uint Readable = 0x1;
    public const uint Writable = 0x4;
    public const uint Broken = 0x8 | 0x10;

    public const int Interrupted = 4;
    public const int WouldBlock = 11;
    public const int TooManyFiles = 24;
    public const int AddressNotAvailable = 99;
    public const int ConnectionRefused = 111;
    public const int InProgress = 115;

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int descriptor, byte* interest);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int maximum, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_create", SetLastError = true)]
    public static partial int TimerDescriptor(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime", SetLastError = true)]
    public static partial int SetTimer(int descriptor, int flags, TimerSetting* setting, void* previous);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int descriptor, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int descriptor, int level, int name, int* value, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int descriptor, int level, int name, int* value, uint* length);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int descriptor, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int descriptor, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, void* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, void* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "usleep", SetLastError = true)]
    public static partial int Sleep(uint microseconds);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int SyncData(SafeHandle descriptor);

    /// <summary>What the kernel calls <c>itimerspec</c>; an interval of zero rings once.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TimerSetting
    {
        public nint IntervalSeconds;
        public nint IntervalNanoseconds;
        public nint Seconds;
        public nint Nanoseconds;
    }

    /// <summary>The last failed call's reason in words a user can act on.</summary>
    public static string LastReason() => Reason(Marshal.GetLastPInvokeError());

    public static string Reason(int error) => error switch
    {
        TooManyFiles => "this process may open no more files (raise `ulimit -n`)",
        AddressNotAvailable => "no local port is left (see net.ipv4.ip_local_port_range)",
        ConnectionRefused => "the connection was refused: nothing listens there",
        _ => Marshal.GetPInvokeErrorMessage(error),
    };
}
