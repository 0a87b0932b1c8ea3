using Hubbub.Core.Log;
using Hubbub.Stores.Sqlite.Driver;
using SQLitePCL;

namespace Hubbub.Stores.Sqlite;

/// <summary>Says what failed and what to do about it, to the operator who reads the log or the terminal.</summary>
internal static class Sentences
{
    public static StoreException Of(SqliteFailure failure, string file)
    {
        var sentence = failure.Code switch
        {
            raw.SQLITE_FULL => Full(file),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => $"'{file}' is locked by another program; close that program.",
            raw.SQLITE_NOTADB => $"'{file}' is not a SQLite database. Restore a backup, or move the file away to begin anew.",
            raw.SQLITE_CORRUPT => Damaged(file, failure.Message),
            raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH =>
                $"'{file}' cannot be written: give this user write access to it and its folder.",
            raw.SQLITE_CANTOPEN => $"'{file}' cannot be opened: check that its folder exists and that this user may write there.",
            raw.SQLITE_IOERR when IsFull(file) => Full(file),
            raw.SQLITE_IOERR => $"The disk of '{file}' failed ({failure.Message}): check the disk and its free space.",
            _ => $"'{file}' failed: {failure.Message}.",
        };
        return new StoreException(sentence, failure);
    }

    public static StoreException Foreign(string file) =>
        new($"'{file}' is a database of another program. Choose another folder with --data, or move the file away.");

    public static StoreException Newer(string file, long found, long known) =>
        new($"'{file}' was written by a newer hubbub (schema version {found}; this one knows {known}). "
            + "Run the newer hubbub, or restore an older backup.");

    public static StoreException Flawed(string file, string flaw) => new(Damaged(file, flaw));

    public static StoreException NoWal(string file) =>
        new($"'{file}' cannot use a write-ahead log here. Choose a folder on a local disk with --data; network file systems will not do.");

    public static StoreException InUse(string folder, string holder) =>
        new($"Another hubbub{holder} is using the data folder '{folder}'. Stop it, or choose another folder with --data.");

    public static StoreException FolderUnusable(string folder, Exception cause) =>
        new($"The data folder '{folder}' cannot be used ({cause.Message.TrimEnd('.')}). "
            + "Give this user write access, or choose another folder with --data.", cause);

    public static StoreException FolderFull(string folder, Exception cause) =>
        new($"There is no space left in the data folder '{folder}': free some on its disk.", cause);

    public static StoreException Closed() => new("The store is closed.");

    public static StoreException TooManyWrites(int limit) => new($"The store is behind: {limit} writes wait already. Nothing was stored.");

    public static StoreException TooManyReads(int limit) => new($"The store is behind: {limit} reads wait already.");

    private static string Full(string file) => $"There is no space left for '{file}': free some on its disk, or raise its limit.";

    /// <summary>SQLite tells a full disk apart for the files that it writes, but not for the shared memory beside them (32 KiB at a time).</summary>
    private static bool IsFull(string file)
    {
        try
        {
            return new DriveInfo(Path.GetDirectoryName(file)!).AvailableFreeSpace < 64 << 10;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    private static string Damaged(string file, string flaw) =>
        $"'{file}' is damaged ({flaw}). Restore a backup and then run `hubbub renew-epochs`, or move the file away to begin anew.";
}
