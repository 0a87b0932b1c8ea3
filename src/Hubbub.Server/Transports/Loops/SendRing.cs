using System.Runtime.InteropServices;

namespace Hubbub.Server.Transports.Loops;

/// <summary>
/// An io_uring of one loop: the sends of a round go to the kernel with one system call, which does them all before it returns. Nothing stays under way in it, so bytes and descriptors are
/// free again afterwards, as after <c>send</c>. Of one thread: the one that opened it.
/// </summary>
/// <remarks>Layout and numbers: <c>linux/io_uring.h</c>, the manual pages io_uring_setup(2) and io_uring_enter(2).</remarks>
internal sealed unsafe class SendRing : IDisposable
{
    /// <summary>Sends that go together at most.</summary>
    public const int Entries = 64;

    /// <summary>Descriptors that one ring keeps at most; eight bytes each, for its whole life.</summary>
    public const int MaxKept = 64 * 1024;

    private const int SetUp = 425;
    private const int EnterRing = 426;
    private const int Register = 427;

    private const int OperationSend = 26;
    private const uint GetEvents = 1;
    private const uint SingleMapping = 1;
    private const uint OneIssuer = 1 << 12;
    private const uint DeferTaskRun = 1 << 13;
    private const byte FixedFile = 1;
    private const uint RegisterFiles = 2;
    private const uint UpdateFiles = 6;
    private const uint ProbeOperations = 8;
    private const int ProbeHeadSize = 16;
    private const int ProbeEntrySize = 8;
    private const int SubmissionSize = 64;
    private const int CompletionSize = 16;
    private const nint QueuesOffset = 0;
    private const nint SubmissionsOffset = 0x10000000;

    private readonly int _ring;
    private readonly byte* _queues;
    private readonly nint _queuesSize;
    private readonly byte* _submissions;
    private readonly uint* _submissionHead;
    private readonly uint* _submissionTail;
    private readonly uint _submissionMask;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly uint _completionMask;
    private readonly byte* _completions;
    private readonly int _places;

    private SendRing(int ring, in Parameters at, byte* queues, nint queuesSize, byte* submissions)
    {
        _ring = ring;
        _queues = queues;
        _queuesSize = queuesSize;
        _submissions = submissions;
        _submissionHead = (uint*)(queues + at.SubmissionHead);
        _submissionTail = (uint*)(queues + at.SubmissionTail);
        _submissionMask = *(uint*)(queues + at.SubmissionMask);
        _completionHead = (uint*)(queues + at.CompletionHead);
        _completionTail = (uint*)(queues + at.CompletionTail);
        _completionMask = *(uint*)(queues + at.CompletionMask);
        _completions = queues + at.Completions;

        // Submissions lie in the order of their slots, always.
        var array = (uint*)(queues + at.SubmissionArray);
        for (var i = 0u; i <= _submissionMask; i++)
            array[i] = i;
        _places = MakePlaces(ring);
    }

    /// <summary>Whether this kernel gives such rings to this process: containers often forbid it, and kernels before 5.6 do not know the operation.</summary>
    /// <param name="why">If not, why not.</param>
    public static bool IsPermitted(out string why)
    {
        using var ring = TryOpen(out why);
        if (ring is null)
            return false;
        if (ring.Knows(OperationSend))
            return true;
        why = "the kernel is too old for it";
        return false;
    }

    /// <summary>Null if the kernel does not give one.</summary>
    public static SendRing? TryOpen(out string why)
    {
        why = "";
        Parameters parameters = new() { Flags = OneIssuer | DeferTaskRun };
        var ring = (int)Kernel.Call(SetUp, Entries, (nint)(&parameters), 0, 0, 0, 0);
        if (ring < 0)
        {
            // A kernel before 6.1 does not know these wishes; they only save it work.
            parameters = default;
            ring = (int)Kernel.Call(SetUp, Entries, (nint)(&parameters), 0, 0, 0, 0);
        }

        if (ring < 0)
        {
            why = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
            return null;
        }

        var size = Math.Max(
            (nint)parameters.SubmissionArray + ((nint)parameters.SubmissionEntries * sizeof(uint)),
            (nint)parameters.Completions + ((nint)parameters.CompletionEntries * CompletionSize));
        var queues = (parameters.Features & SingleMapping) == 0 ? null : Kernel.MapShared(ring, size, QueuesOffset);
        var submissions = queues == null ? null : Kernel.MapShared(ring, (nint)parameters.SubmissionEntries * SubmissionSize, SubmissionsOffset);
        if (submissions != null)
            return new SendRing(ring, parameters, queues, size, submissions);
        why = "its memory could not be mapped";
        if (queues != null)
            Kernel.Unmap(queues, size);
        _ = Kernel.Close(ring);
        return null;
    }

    /// <summary>
    /// Has the ring keep a descriptor, so that the kernel need not look it up, and count who holds it, for every send. Until <see cref="LetGo"/> the socket does not end, even when the descriptor is closed.
    /// </summary>
    /// <param name="place">A number that no other kept descriptor has.</param>
    /// <param name="descriptor">The socket's.</param>
    /// <returns>False if there is no such place, or the kernel does not want to: then the descriptor itself goes into each send.</returns>
    public bool TryKeep(int place, int descriptor) => place < _places && Put(place, descriptor);

    /// <summary>Gives back a kept descriptor, which must be done before it is closed.</summary>
    public void LetGo(int place) => Put(place, -1);

    /// <summary>Puts a send into place <paramref name="i"/> (0, 1, 2 …) of those that go together.</summary>
    /// <param name="i">Where among them.</param>
    /// <param name="file">The descriptor, or if it is kept the place where it is.</param>
    /// <param name="isKept">Which of the two.</param>
    /// <param name="bytes">What is sent; it must not move before <see cref="Send"/> has returned.</param>
    /// <param name="length">How many.</param>
    public void Prepare(int i, int file, bool isKept, byte* bytes, int length)
    {
        var submission = _submissions + (((*_submissionTail + (uint)i) & _submissionMask) * SubmissionSize);
        new Span<ulong>(submission, SubmissionSize / sizeof(ulong)).Clear();
        *submission = OperationSend;
        *(submission + 1) = isKept ? FixedFile : (byte)0;
        *(int*)(submission + 4) = file;
        *(ulong*)(submission + 16) = (ulong)bytes;
        *(int*)(submission + 24) = length;
        *(int*)(submission + 28) = Kernel.DoNotWaitNoSignal;
        *(ulong*)(submission + 32) = (ulong)i;
    }

    /// <summary>Does the first so many sends that were prepared.</summary>
    /// <param name="taken">For each how many bytes the kernel took: 0 if the socket's buffer is full, −1 if the peer is lost.</param>
    /// <returns>How many were done. Those behind were not tried, for which the kernel had its reasons (memory); the caller sends them one by one.</returns>
    public int Send(Span<int> taken)
    {
        Volatile.Write(ref *_submissionTail, *_submissionTail + (uint)taken.Length);
        int submitted = 0, done = 0;
        while (submitted < taken.Length)
        {
            var count = (int)Kernel.Call(EnterRing, _ring, taken.Length - submitted, taken.Length - submitted, (nint)GetEvents, 0, 0);
            if (count > 0)
                submitted += count;
            else if (count == 0 || Marshal.GetLastPInvokeError() != Kernel.Interrupted)
                break;
        }

        // What was not taken in is taken back.
        Volatile.Write(ref *_submissionTail, Volatile.Read(ref *_submissionHead));
        while (done < submitted)
        {
            done += Reap(taken);
            if (done < submitted && Kernel.Call(EnterRing, _ring, 0, submitted - done, (nint)GetEvents, 0, 0) < 0 && Marshal.GetLastPInvokeError() != Kernel.Interrupted)
                throw Kernel.Failure("io_uring did not say what became of its sends");
        }

        return submitted;
    }

    public void Dispose()
    {
        Kernel.Unmap(_submissions, ((nint)_submissionMask + 1) * SubmissionSize);
        Kernel.Unmap(_queues, _queuesSize);
        _ = Kernel.Close(_ring);
    }

    /// <returns>How many descriptors the ring can keep.</returns>
    private static int MakePlaces(int ring)
    {
        var count = (int)Math.Min(Kernel.MaxFiles(), MaxKept);
        var none = new int[count];
        Array.Fill(none, -1);
        fixed (int* first = none)
            return Kernel.Call(Register, ring, (nint)RegisterFiles, (nint)first, count, 0, 0) < 0 ? 0 : count;
    }

    private bool Put(int place, int descriptor)
    {
        FilesUpdate update = new() { Offset = (uint)place, Descriptors = (ulong)&descriptor };
        return Kernel.Call(Register, _ring, (nint)UpdateFiles, (nint)(&update), 1, 0, 0) == 1;
    }

    private int Reap(Span<int> taken)
    {
        var head = *_completionHead;
        var tail = Volatile.Read(ref *_completionTail);
        for (var at = head; at != tail; at++)
        {
            var completion = _completions + ((at & _completionMask) * CompletionSize);
            var result = *(int*)(completion + sizeof(ulong));
            taken[(int)*(ulong*)completion] = result >= 0 ? result : result is -Kernel.WouldBlock or -Kernel.Interrupted ? 0 : -1;
        }

        Volatile.Write(ref *_completionHead, tail);
        return (int)(tail - head);
    }

    private bool Knows(int operation)
    {
        const int MaxOperations = 256;
        var probe = stackalloc byte[ProbeHeadSize + (MaxOperations * ProbeEntrySize)];
        new Span<byte>(probe, ProbeHeadSize + (MaxOperations * ProbeEntrySize)).Clear();
        return Kernel.Call(Register, _ring, (nint)ProbeOperations, (nint)probe, MaxOperations, 0, 0) >= 0 && *probe >= operation;
    }

    /// <summary><c>struct io_uring_files_update</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FilesUpdate
    {
        public uint Offset;
        public uint Reserved;
        public ulong Descriptors;
    }

    /// <summary><c>struct io_uring_params</c>, with the offsets of both queues.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Parameters
    {
        public uint SubmissionEntries;
        public uint CompletionEntries;
        public uint Flags;
        public uint PollThreadCpu;
        public uint PollThreadIdle;
        public uint Features;
        public uint WorkQueue;
        public uint Reserved1;
        public uint Reserved2;
        public uint Reserved3;

        public uint SubmissionHead;
        public uint SubmissionTail;
        public uint SubmissionMask;
        public uint SubmissionRingEntries;
        public uint SubmissionFlags;
        public uint SubmissionDropped;
        public uint SubmissionArray;
        public uint SubmissionReserved;
        public ulong SubmissionAddress;

        public uint CompletionHead;
        public uint CompletionTail;
        public uint CompletionMask;
        public uint CompletionRingEntries;
        public uint CompletionOverflow;
        public uint Completions;
        public uint CompletionFlags;
        public uint CompletionReserved;
        public ulong CompletionAddress;
    }
}
