using System.Runtime.InteropServices;

namespace Hubbub.Load.Loop.Tls;

/// <summary>TLS by OpenSSL, which reads and writes the socket itself.</summary>
internal sealed unsafe class TlsChannel : IChannel
{
    private readonly nint _ssl;
    private bool _isOpen;

    public TlsChannel(TlsContext context, int descriptor)
    {
        _ssl = OpenSsl.New(context);
        if (_ssl == 0 || OpenSsl.SetDescriptor(_ssl, descriptor) != 1)
            throw new BenchmarkFailure($"OpenSSL could not make a connection: {OpenSsl.Reason()}.");
    }

    public string EndReason { get; private set; } = "";

    public uint Awaited { get; private set; } = Kernel.Readable;

    public bool HoldsMore => OpenSsl.HasPending(_ssl) == 1;

    public int Open()
    {
        OpenSsl.ClearErrors();
        var result = OpenSsl.Connect(_ssl);
        _isOpen = result == 1;
        return _isOpen ? 1 : Unfinished(result);
    }

    public int Receive(Span<byte> into)
    {
        OpenSsl.ClearErrors();
        int count;
        fixed (byte* at = into)
            count = OpenSsl.Read(_ssl, at, into.Length);
        return count > 0 ? count : Unfinished(count);
    }

    public int Send(ReadOnlySpan<byte> bytes)
    {
        // The kernel's signal for a broken connection, which cannot be declined here, is ignored by .NET's runtime.
        OpenSsl.ClearErrors();
        int count;
        fixed (byte* at = bytes)
            count = OpenSsl.Write(_ssl, at, bytes.Length);
        return count > 0 ? count : Unfinished(count);
    }

    public void Close()
    {
        // OpenSSL forbids a farewell on a connection that has failed, or that never was one.
        if (_isOpen)
            _ = OpenSsl.Shutdown(_ssl);
        OpenSsl.Free(_ssl);
    }

    /// <summary>0 if the call only has to be made again later.</summary>
    private int Unfinished(int result)
    {
        // Read first: the calls below may fail calls of their own.
        var systemError = Marshal.GetLastPInvokeError();
        switch (OpenSsl.ErrorOf(_ssl, result))
        {
            case OpenSsl.ErrorWantRead:
                Awaited = Kernel.Readable;
                return 0;
            case OpenSsl.ErrorWantWrite:
                Awaited = Kernel.Readable | Kernel.Writable;
                return 0;
            case OpenSsl.ErrorClosed:
                EndReason = IChannel.ClosedByServer;
                return IChannel.Ended;
            case OpenSsl.ErrorSystemCall:
                EndReason = Kernel.Reason(systemError);
                break;
            default:
                EndReason = $"TLS failed: {OpenSsl.Reason()}";
                break;
        }
        _isOpen = false;
        return IChannel.Ended;
    }
}
