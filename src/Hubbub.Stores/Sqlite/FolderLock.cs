using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hubbub.Stores.Sqlite;

/// <summary>
/// The claim of one process on the data folder: an exclusive advisory lock on <c>hubbub.lock</c>, which holds the process id for whoever asks. The
/// system releases it however the process ends. The file itself stays: deleting it would let two processes each lock a file of that name.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;

    private FolderLock(FileStream file) => _file = file;

    /// <exception cref="Core.Log.StoreException">The folder cannot be made or written, or another process holds it.</exception>
    public static FolderLock Take(string folder)
    {
        var path = Path.Combine(folder, "hubbub.lock");
        FileStream? file = null;
        try
        {
            Directory.CreateDirectory(folder);

            // FileShare.None is flock(LOCK_EX) on Unix, held by this open file and by no other, not even of the same process.
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"));
            file.Flush();
            return new FolderLock(file);
        }
        catch (IOException e) when (IsHeld(e))
        {
            throw Sentences.InUse(folder, Holder(path));
        }
        catch (IOException e) when (e.HResult is NoSpace or WindowsDiskFull)
        {
            // The stream still holds what it could not write, and would try again.
            file?.SafeFileHandle.Dispose();
            throw Sentences.FolderFull(folder, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            file?.SafeFileHandle.Dispose();
            throw Sentences.FolderUnusable(folder, e);
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The holder's process id in brackets, or nothing if it cannot be read.</summary>
    private static string Holder(string path)
    {
        // Every way of .NET to open a file takes a shared lock first, which the holder's exclusive one refuses; so the file is opened past it.
        if (OperatingSystem.IsWindows())
            return "";
        var descriptor = Open(path, 0);
        if (descriptor < 0)
            return "";
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        Span<byte> text = stackalloc byte[16];
        var length = RandomAccess.Read(handle, text, 0);
        return int.TryParse(text[..length].TrimEnd("\n"u8), CultureInfo.InvariantCulture, out var pid) ? $" (process {pid})" : "";
    }

    // The HResult of an IOException is errno on Unix: EAGAIN on Linux, EWOULDBLOCK on macOS and BSD, a sharing violation on Windows.
    private static bool IsHeld(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);

    private const int NoSpace = 28;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>open(2) with O_RDONLY.</summary>
    [DllImport("libc", EntryPoint = "open", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
