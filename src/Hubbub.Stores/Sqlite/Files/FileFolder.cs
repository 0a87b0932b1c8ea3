using Hubbub.Core.Files;
using Hubbub.Core.Log;

namespace Hubbub.Stores.Sqlite.Files;

/// <summary>
/// The bytes of files, each in a file of its own: <c>files/ab/cd/abcd…</c> in the data folder, so that no folder has too many. What is coming stands in <c>files/coming</c>,
/// and moves when it is whole and on the disk. Thread-safe; the ids are the server's own, so no name of a client's ever becomes a path.
/// </summary>
internal sealed class FileFolder
{
    /// <summary>The number of ENOSPC and EDQUOT, which .NET hands on as they are, and of Windows' two words for it.</summary>
    private static readonly int[] Full = [28, 122, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    private readonly string _folder;
    private readonly string _coming;

    private FileFolder(string folder)
    {
        _folder = folder;
        _coming = Path.Combine(folder, "coming");
    }

    /// <summary>Makes the folder, and deletes what was coming when the process before ended: nobody goes on with it.</summary>
    public static FileFolder Open(string data)
    {
        var folder = new FileFolder(Path.Combine(data, "files"));
        return folder.Guard(() =>
        {
            folder.MakeFolder(folder._coming);
            foreach (var left in Directory.EnumerateFiles(folder._coming))
                File.Delete(left);
            return folder;
        });
    }

    /// <summary>A file to be written; <see cref="Keep"/> or <see cref="Delete"/> ends it.</summary>
    public FileStream Begin(string id) => Guard(() =>
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(ComingPath(id), options);
    });

    public async ValueTask WriteAsync(FileStream file, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        try
        {
            await file.WriteAsync(bytes, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Tell(e);
        }
    }

    /// <summary>The bytes, and then the name, are on the disk when this returns.</summary>
    /// <returns>False if it was deleted while it came.</returns>
    public bool Keep(string id, FileStream file) => Guard(() =>
    {
        file.Flush(flushToDisk: true);
        file.Dispose();
        if (!File.Exists(ComingPath(id)))
            return false;
        var path = PathOf(id);
        MakeFolder(Path.GetDirectoryName(path)!);
        File.Move(ComingPath(id), path);
        Folders.Sync(Path.GetDirectoryName(path)!);
        return true;
    });

    /// <summary>Null if it is not there.</summary>
    public FileStream? OpenRead(string id) => Guard(() =>
    {
        try
        {
            return new FileStream(PathOf(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    });

    /// <summary>Whole or coming; one that is not there is deleted already.</summary>
    public void Delete(string id) => Guard(() =>
    {
        File.Delete(ComingPath(id));
        if (File.Exists(PathOf(id)))
            File.Delete(PathOf(id));
        return true;
    });

    private string ComingPath(string id) => Path.Combine(_coming, id);

    private string PathOf(string id) => Path.Combine(_folder, id[..2], id[2..4], id);

    private void MakeFolder(string path)
    {
        if (Directory.Exists(path))
            return;
        var above = Path.GetDirectoryName(path)!;
        if (path.Length > _folder.Length)
            MakeFolder(above);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Folders.Sync(above);
    }

    private T Guard<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Tell(e);
        }
    }

    private StoreException Tell(Exception e) => Full.Contains(e.HResult)
        ? new NoSpaceException(Sentences.FolderFull(_folder, e).Message, e)
        : Sentences.FolderUnusable(_folder, e);
}
