using System.Runtime.InteropServices;

namespace Hubbub.Load.Loop;

/// <summary>Bytes as they are: one system call for each call.</summary>
internal sealed unsafe class PlainChannel(int descriptor) : IChannel
{
    public string EndReason { get; private set; } = "";

    public uint Awaited => Kernel.Readable;

    public bool HoldsMore => false;

    public int Open() => 1;

    public int Receive(Span<byte> into)
    {
        nint count;
        fixed (byte* at = into)
            count = Kernel.Receive(descriptor, at, into.Length, 0);
        if (count > 0)
            return (int)count;
        return count == 0 ? End(IChannel.ClosedByServer) : Failed();
    }

    public int Send(ReadOnlySpan<byte> bytes)
    {
        nint count;
        fixed (byte* at = bytes)
            count = Kernel.Send(descriptor, at, bytes.Length, Kernel.NoSignal);
        return count >= 0 ? (int)count : Failed();
    }

    public void Close()
    {
    }

    private int Failed()
    {
        var error = Marshal.GetLastPInvokeError();
        return error is Kernel.WouldBlock or Kernel.Interrupted ? 0 : End(Kernel.Reason(error));
    }

    private int End(string reason)
    {
        EndReason = reason;
        return IChannel.Ended;
    }
}
