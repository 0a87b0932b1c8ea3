using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Hubbub.Server.Auth;

/// <summary>
/// The keys as configured, and the current <see cref="KeyRing"/>: swapped by one volatile write when the key set's file has changed. A file
/// that has become unusable changes nothing but the log. Thread-safe.
/// </summary>
internal sealed partial class TokenKeys
{
    /// <summary>How often the key set's file is looked at, at most.</summary>
    public static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(10);

    /// <summary>In bytes; a key takes about half a kilobyte.</summary>
    private const int MaxFileLength = 256 * 1024;

    private readonly VerificationKey _own;
    private readonly VerificationKey[] _fixed;
    private readonly string? _jwksFile;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile KeyRing _current;
    private FileStamp _stamp;
    private long _checkedAt;
    private int _checking;

    /// <exception cref="AuthSetupException">A key cannot be used.</exception>
    public TokenKeys(SigningKey own, TokenOptions options, TimeProvider time, ILogger logger)
    {
        _own = new HmacKey(own.Secret.ToArray(), Tokens.OwnKid);
        _fixed = [.. options.HmacKeys.Select(ReadSecret), .. options.PublicKeyFiles.Select(ReadPublicKey)];
        _jwksFile = string.IsNullOrEmpty(options.JwksFile) ? null : options.JwksFile;
        _time = time;
        _logger = logger;
        _checkedAt = time.GetTimestamp();
        _current = _jwksFile is null ? new KeyRing(_own, _fixed) : ReadKeySet(_jwksFile);
    }

    public KeyRing Current()
    {
        if (_jwksFile is { } file && _time.GetElapsedTime(Volatile.Read(ref _checkedAt)) >= CheckEvery)
            CheckAgain(file);
        return _current;
    }

    /// <summary>
    /// One thread looks at the file, on its own request's time (microseconds, unless it changed); the others go on with the keys there are.
    /// </summary>
    private void CheckAgain(string file)
    {
        if (Interlocked.Exchange(ref _checking, 1) != 0)
            return;
        try
        {
            Volatile.Write(ref _checkedAt, _time.GetTimestamp());
            if (FileStamp.Of(file) == _stamp)
                return;
            _current = ReadKeySet(file);
            Log.Reloaded(_logger, file, _current.CustomerKeys);
        }
        catch (Exception e) when (e is AuthSetupException or IOException or UnauthorizedAccessException)
        {
            Log.KeptOldKeys(_logger, _current.CustomerKeys, e.Message);
        }
        finally
        {
            Volatile.Write(ref _checking, 0);
        }
    }

    private KeyRing ReadKeySet(string file)
    {
        try
        {
            var json = ReadFile(file, out var stamp);
            var ring = new KeyRing(_own, _fixed.Concat(Jwks.Read(json)));
            // Only now: a file caught half-written is read again at the next check, even if its time and length stay.
            _stamp = stamp;
            return ring;
        }
        catch (Exception e) when (e is FormatException or AuthSetupException or IOException or UnauthorizedAccessException)
        {
            throw new AuthSetupException($"The key set {file} is unusable: {e.Message}", e);
        }
    }

    private static HmacKey ReadSecret(HmacKeyOptions options)
    {
        var name = options.Kid ?? "without a kid";
        var secret = (options.Secret, options.SecretBase64Url) switch
        {
            // Were a public key taken for a shared secret, anybody could sign with it.
            ({ } text, null) when text.Contains("-----BEGIN", StringComparison.Ordinal) =>
                throw new AuthSetupException($"The HMAC key {name} is a PEM text; put public keys into {TokenOptions.Section}:PublicKeyFiles."),
            ({ } text, null) => Encoding.UTF8.GetBytes(text),
            (null, { } text) when Base64Url.IsValid(text) => Base64Url.DecodeFromChars(text),
            (null, not null) => throw new AuthSetupException($"The HMAC key {name} is not base64url."),
            _ => throw new AuthSetupException($"The HMAC key {name} needs one of Secret and SecretBase64Url."),
        };

        if (secret.Length < HmacKey.MinLength)
            throw new AuthSetupException($"The HMAC key {name} has {secret.Length} bytes; it must have {HmacKey.MinLength} or more.");
        return options.Kid is { } kid ? new HmacKey(secret, kid) : new HmacKey(secret);
    }

    private static VerificationKey ReadPublicKey(string file)
    {
        try
        {
            var pem = Encoding.ASCII.GetString(ReadFile(file, out _));
            if (!PemEncoding.TryFind(pem, out var fields))
                throw new AuthSetupException($"The key file {file} is not PEM.");
            if (pem[fields.Label] is not "PUBLIC KEY" || PemEncoding.TryFind(pem.AsSpan()[fields.Location.End..], out _))
                throw new AuthSetupException($"The key file {file} must hold one PUBLIC KEY and nothing else.");

            var info = Convert.FromBase64String(pem[fields.Base64Data]);
            return ReadPublicKeyInfo(info, Path.GetFileNameWithoutExtension(file));
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new AuthSetupException($"The key file {file} is unusable: {e.Message}", e);
        }
    }

    private static VerificationKey ReadPublicKeyInfo(byte[] info, string kid)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportSubjectPublicKeyInfo(info, out _);
        }
        catch (CryptographicException)
        {
            // Not RSA, then.
            rsa.Dispose();
            var ec = ECDsa.Create();
            ec.ImportSubjectPublicKeyInfo(info, out _);
            return new EcKey(ec, kid, Jwks.Thumbprint(ec.ExportParameters(false)));
        }

        return new RsaKey(rsa, kid, Jwks.Thumbprint(rsa.ExportParameters(false)));
    }

    private static byte[] ReadFile(string file, out FileStamp stamp)
    {
        using var handle = File.OpenHandle(file);
        stamp = FileStamp.Of(handle);
        if (stamp.Length > MaxFileLength)
            throw new IOException($"it has {stamp.Length} bytes; at most {MaxFileLength} are read.");
        var content = new byte[stamp.Length];
        var read = RandomAccess.Read(handle, content, 0);
        return read == content.Length ? content : throw new IOException("it shrank while it was read.");
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The key set {File} has changed: {Keys} customers' keys are in force, and every token is checked anew")]
        public static partial void Reloaded(ILogger logger, string file, int keys);

        [LoggerMessage(LogLevel.Warning, "The {Keys} customers' keys of before stay in force. {Reason}")]
        public static partial void KeptOldKeys(ILogger logger, int keys, string reason);
    }
}

/// <summary>
/// By what a changed file is known. Taken from the open file and not from its name, which may be a link whose target was exchanged
/// (Kubernetes does so).
/// </summary>
internal readonly record struct FileStamp(DateTime WrittenAt, long Length)
{
    public static FileStamp Of(string file)
    {
        using var handle = File.OpenHandle(file);
        return Of(handle);
    }

    public static FileStamp Of(Microsoft.Win32.SafeHandles.SafeFileHandle handle) =>
        new(File.GetLastWriteTimeUtc(handle), RandomAccess.GetLength(handle));
}
