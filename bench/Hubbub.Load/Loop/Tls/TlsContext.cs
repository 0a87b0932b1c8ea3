using Microsoft.Win32.SafeHandles;

namespace Hubbub.Load.Loop.Tls;

/// <summary>
/// What the TLS of all connections of a run has in common: version 1.3, one cipher suite, so that every server encrypts the same way, and a full
/// handshake for each connection. Certificates are not verified: the only targets are servers on this machine. Immutable; safe from
/// any thread. Connections outlive it unharmed.
/// </summary>
internal sealed class TlsContext : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>The one that every implementation of TLS 1.3 must have (RFC 8446, section 9.1).</summary>
    private const string CipherSuite = "TLS_AES_128_GCM_SHA256";

    /// <exception cref="BenchmarkFailure">OpenSSL 3 is not there, or refuses these settings.</exception>
    public TlsContext()
        : base(ownsHandle: true)
    {
        OpenSsl.Require();
        SetHandle(OpenSsl.NewContext(OpenSsl.ClientMethod()));
        if (IsInvalid || OpenSsl.Control(this, OpenSsl.ControlMinProtocol, OpenSsl.Tls13, 0) != 1 || OpenSsl.SetCipherSuites(this, CipherSuite) != 1)
            throw new BenchmarkFailure($"OpenSSL cannot be used: {OpenSsl.Reason()}.");
        _ = OpenSsl.Control(this, OpenSsl.ControlSessionCacheMode, 0, 0);

        // One read of the socket for all that has come, not one for each record's head and one for the rest.
        _ = OpenSsl.Control(this, OpenSsl.ControlReadAhead, 1, 0);

        // A connection keeps its unsent rest in a buffer that grows and so may move; and an idle one holds no buffer.
        _ = OpenSsl.Control(this, OpenSsl.ControlMode, OpenSsl.ModePartialWrite | OpenSsl.ModeMovingWriteBuffer | OpenSsl.ModeReleaseBuffers, 0);

        // A server that dies takes no leave; that is an end like any other, and no fault of the protocol.
        _ = OpenSsl.SetOptions(this, OpenSsl.OptionIgnoreUnexpectedEnd);
    }

    protected override bool ReleaseHandle()
    {
        OpenSsl.FreeContext(handle);
        return true;
    }
}
