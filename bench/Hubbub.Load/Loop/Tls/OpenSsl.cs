using System.Runtime.InteropServices;

namespace Hubbub.Load.Loop.Tls;

/// <summary>
/// What a TLS client on a non-blocking socket needs of OpenSSL 3, on which .NET's own TLS on Linux rests as well. An <c>SslStream</c> would need a
/// stream, a task and a hand-off to the thread pool for each connection, on the core that reads for all of them.
/// </summary>
internal static unsafe partial class OpenSsl
{
    // From openssl/ssl.h and openssl/tls1.h; part of OpenSSL's stable interface.
    public const int Tls13 = 0x0304;
    public const int ControlMode = 33;
    public const int ControlReadAhead = 41;
    public const int ControlSessionCacheMode = 44;
    public const int ControlMinProtocol = 123;
    public const int ModePartialWrite = 0x1;
    public const int ModeMovingWriteBuffer = 0x2;
    public const int ModeReleaseBuffers = 0x10;
    public const ulong OptionIgnoreUnexpectedEnd = 1 << 7;

    public const int ErrorWantRead = 2;
    public const int ErrorWantWrite = 3;
    public const int ErrorSystemCall = 5;
    public const int ErrorClosed = 6;

    private const string Ssl = "libssl.so.3";
    private const string Crypto = "libcrypto.so.3";

    /// <exception cref="BenchmarkFailure">The library is not on this machine.</exception>
    public static void Require(string library = Ssl)
    {
        if (!NativeLibrary.TryLoad(library, typeof(OpenSsl).Assembly, null, out _))
            throw new BenchmarkFailure($"TLS needs OpenSSL 3, whose {library} could not be loaded; on Debian it is in the package libssl3.");
    }

    [LibraryImport(Ssl, EntryPoint = "TLS_client_method")]
    public static partial nint ClientMethod();

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_new")]
    public static partial nint NewContext(nint method);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_ctrl")]
    public static partial nint Control(TlsContext context, int command, nint number, nint pointer);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_set_options")]
    public static partial ulong SetOptions(TlsContext context, ulong options);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_set_ciphersuites", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetCipherSuites(TlsContext context, string names);

    [LibraryImport(Ssl, EntryPoint = "SSL_new")]
    public static partial nint New(TlsContext context);

    [LibraryImport(Ssl, EntryPoint = "SSL_free")]
    public static partial void Free(nint ssl);

    [LibraryImport(Ssl, EntryPoint = "SSL_set_fd")]
    public static partial int SetDescriptor(nint ssl, int descriptor);

    [LibraryImport(Ssl, EntryPoint = "SSL_connect", SetLastError = true)]
    public static partial int Connect(nint ssl);

    [LibraryImport(Ssl, EntryPoint = "SSL_read", SetLastError = true)]
    public static partial int Read(nint ssl, byte* buffer, int length);

    [LibraryImport(Ssl, EntryPoint = "SSL_write", SetLastError = true)]
    public static partial int Write(nint ssl, byte* buffer, int length);

    [LibraryImport(Ssl, EntryPoint = "SSL_has_pending")]
    public static partial int HasPending(nint ssl);

    [LibraryImport(Ssl, EntryPoint = "SSL_shutdown")]
    public static partial int Shutdown(nint ssl);

    [LibraryImport(Ssl, EntryPoint = "SSL_get_error")]
    public static partial int ErrorOf(nint ssl, int result);

    [LibraryImport(Crypto, EntryPoint = "ERR_get_error")]
    public static partial nuint TakeError();

    [LibraryImport(Crypto, EntryPoint = "ERR_clear_error")]
    public static partial void ClearErrors();

    [LibraryImport(Crypto, EntryPoint = "ERR_reason_error_string")]
    private static partial nint ReasonOf(nuint error);

    /// <summary>The first of the thread's waiting errors, in OpenSSL's words.</summary>
    public static string Reason()
    {
        var error = TakeError();
        return Marshal.PtrToStringUTF8(ReasonOf(error)) ?? $"OpenSSL's error {error:x}";
    }
}
