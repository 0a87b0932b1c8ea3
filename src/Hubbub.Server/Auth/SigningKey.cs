using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Hubbub.Server.Auth;

/// <summary>
/// The server's own secret: it signs guests' tokens, and the keys of other purposes are derived from it. Kept in the data folder as base64url
/// text, readable by the owner alone; every server of a cluster holds the same one, which a database that they share keeps for them. Immutable.
/// </summary>
public sealed partial class SigningKey
{
    public const string FileName = "signing.key";

    /// <summary>The least and the made length, in bytes: HS256 gains nothing from more than the 32 of its hash.</summary>
    public const int Length = 32;

    /// <summary>In bytes. A file beyond this is not a key.</summary>
    private const int MaxFileLength = 1024;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly byte[] _secret;

    private SigningKey(byte[] secret) => _secret = secret;

    internal ReadOnlySpan<byte> Secret => _secret;

    /// <summary>A key that dies with the process, for a store that does too.</summary>
    public static SigningKey InMemory() => new(Draw());

    /// <summary>A new secret.</summary>
    public static byte[] Draw() => RandomNumberGenerator.GetBytes(Length);

    /// <summary>The key whose secret somebody else keeps: <see cref="Length"/> bytes or more.</summary>
    /// <exception cref="AuthSetupException">It is too short.</exception>
    public static SigningKey Of(byte[] secret) => secret.Length >= Length
        ? new SigningKey(secret)
        : throw new AuthSetupException($"The signing key in the database is too short ({secret.Length} bytes): it must have {Length} or more.");

    /// <summary>Reads the key from a file, which must be there.</summary>
    /// <exception cref="AuthSetupException">The key cannot be read, or is not one.</exception>
    public static SigningKey FromFile(string path, ILogger logger)
    {
        try
        {
            return Load(path, logger);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AuthSetupException($"The signing key {path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads the folder's key, or makes one at the first start. Two servers that start at once agree on one key.</summary>
    /// <exception cref="AuthSetupException">The key cannot be read or made, or is not one.</exception>
    public static SigningKey LoadOrMake(string folder, ILogger logger)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            Directory.CreateDirectory(folder);
            if (!File.Exists(path) && TryMake(path))
                Log.Made(logger, path);
            return Load(path, logger);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AuthSetupException($"The signing key {path} can be neither read nor made: {e.Message}", e);
        }
    }

    /// <summary>A key of its own for one purpose (RFC 5869), so that what one purpose signed means nothing to another.</summary>
    internal byte[] Derive(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, Length, info: Encoding.ASCII.GetBytes($"hubbub {purpose} v1"));

    private static SigningKey Load(string path, ILogger logger)
    {
        using var handle = File.OpenHandle(path);
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(handle) & ~OwnerOnly) != 0)
            Log.ReadableByOthers(logger, path);

        var length = RandomAccess.GetLength(handle);
        var text = new byte[Math.Min(length, MaxFileLength)];
        var read = RandomAccess.Read(handle, text, 0);
        var line = text.AsSpan(0, read).Trim(" \t\r\n"u8);
        var secret = new byte[Base64Url.GetMaxDecodedLength(line.Length)];
        if (length > MaxFileLength
            || line.ContainsAny(" \t\r\n="u8)
            || Base64Url.DecodeFromUtf8(line, secret, out _, out var written) != System.Buffers.OperationStatus.Done)
        {
            throw Unusable(path, "is malformed");
        }

        return written >= Length ? new SigningKey(secret[..written]) : throw Unusable(path, $"is too short ({written} bytes)");
    }

    private static AuthSetupException Unusable(string path, string flaw) => new(
        $"The signing key {path} {flaw}: it must hold {Length} bytes or more as base64url text. Restore it from a backup, "
        + "or delete it: then a new one is made, and the guests of before are strangers.");

    /// <summary>
    /// The key appears under its name complete, durable and with its mode, or not at all: it is written beside, and then takes the name if
    /// that is still free.
    /// </summary>
    /// <returns>False if somebody else made one first.</returns>
    private static bool TryMake(string path)
    {
        var beside = $"{path}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}.new";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;

        try
        {
            using (var file = new FileStream(beside, options))
            {
                file.Write(Encoding.ASCII.GetBytes(Base64Url.EncodeToString(Draw()) + "\n"));
                file.Flush(flushToDisk: true);
            }

            return TryTakeName(beside, path);
        }
        finally
        {
            File.Delete(beside);
        }
    }

    /// <summary>
    /// On Unix the framework's move looks first and renames then, so two servers may each believe that theirs is the key; a hard link is
    /// made or refused in one step. Where the file system has no links, the move must do.
    /// </summary>
    private static bool TryTakeName(string beside, string path)
    {
        if (!OperatingSystem.IsWindows() && Link(beside, path) == 0)
            return true;
        try
        {
            File.Move(beside, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "link")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "Made a new signing key, {Path}. Keep it safe: with it anyone can be any guest, and without it every guest is a stranger")]
        public static partial void Made(ILogger logger, string path);

        [LoggerMessage(LogLevel.Warning, "Others than its owner may use the signing key {Path}; its mode should be 600")]
        public static partial void ReadableByOthers(ILogger logger, string path);
    }
}
