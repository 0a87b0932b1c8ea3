using System.Runtime.InteropServices;

namespace Hubbub.Stores.Sqlite.Files;

/// <summary>What .NET does not do with folders: a new name in one is on the disk only when the folder is (fsync(2)).</summary>
internal static partial class Folders
{
    /// <summary>Best effort: some file systems know no such thing, and say so.</summary>
    public static void Sync(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var handle = Open(folder, 0);
        if (handle < 0)
            return;
        _ = Fsync(handle);
        _ = Close(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Fsync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
