using Hubbub.Core.Log;
using Hubbub.Stores.Sqlite.Driver;
using Hubbub.Stores.Sqlite.Files;
using Hubbub.Stores.Sqlite.Reading;
using Hubbub.Stores.Sqlite.Schema;
using Hubbub.Stores.Sqlite.Search;
using Hubbub.Stores.Sqlite.Writing;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Hubbub.Stores.Sqlite;

/// <summary>The way from a folder to a working store; every step that can fail does so with a sentence, and leaves nothing open.</summary>
internal static partial class Opening
{
    public static SqliteStore Open(SqliteOptions options, IReadOnlyList<string> scripts, TimeProvider time, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ReadConnections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxWaitingWrites, 1);
        var folder = Path.GetFullPath(options.Folder);
        var file = Path.Combine(folder, "hubbub.db");
        var opened = new Stack<IDisposable>();
        try
        {
            var folderLock = FolderLock.Take(folder);
            opened.Push(folderLock);
            MakePrivate(folder, file);
            Prepare(file, options, scripts, time, logger);
            var files = FileFolder.Open(folder);
            var session = WriteSession.Open(file, options, time);
            opened.Push(session);
            var checkpoints = new Checkpoints(file, session.Database, options, time, logger);
            var reads = new ReadPool(file, options, logger);
            var writer = new Writer(file, options, session, checkpoints, time, logger);

            // From here on nothing fails.
            checkpoints.Start();
            writer.Start();
            return new SqliteStore(folderLock, checkpoints, writer, reads, files, () => SqliteSearch.Open(folder, file, options, time, logger));
        }
        catch (Exception e)
        {
            while (opened.TryPop(out var open))
                open.Dispose();
            if (e is SqliteFailure failure)
                throw Sentences.Of(failure, file);
            throw;
        }
    }

    /// <summary>Makes a new database readable by its owner alone, since it holds private rooms; SQLite gives its other files the same mode.</summary>
    internal static void MakePrivate(string folder, string file)
    {
        if (File.Exists(file) || OperatingSystem.IsWindows())
            return;
        try
        {
            // An empty file is an empty database.
            File.Open(file, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Sentences.FolderUnusable(folder, e);
        }
    }

    /// <summary>Checks the file and brings its schema up to date.</summary>
    private static void Prepare(string file, SqliteOptions options, IReadOnlyList<string> scripts, TimeProvider time, ILogger logger)
    {
        using var database = WriteSession.OpenDatabase(file, options);
        var version = SchemaVersions.Find(database, file, scripts.Count);
        if (version > 0)
            Check(database, file, options.CheckBudget, time, logger);
        SchemaVersions.Apply(database, version, scripts, time);
        if (version < scripts.Count)
            Log.Migrated(logger, file, version, scripts.Count);

        // One real write proves what opening does not: nobody else holds the write lock, and the disk still takes a page.
        database.Execute("UPDATE schema_version SET applied_at = applied_at");
    }

    /// <summary>
    /// Walks the file's structure for at most <paramref name="budget"/>. At every start and not only after a crash: a crash does not damage a WAL
    /// database, disks and half-copied backups do, and they leave no trace of an unclean end. A second covers some 400 MB (measured: 212 MB in
    /// 0.5 s); damage behind that is still found, and told, when it is read.
    /// </summary>
    private static void Check(Database database, string file, TimeSpan budget, TimeProvider time, ILogger logger)
    {
        var begun = time.GetTimestamp();
        database.StopWhen(() => time.GetElapsedTime(begun) >= budget);
        try
        {
            var answer = database.Text("PRAGMA quick_check(1)");
            if (answer != "ok")
                throw Sentences.Flawed(file, answer);
        }
        catch (SqliteFailure failure) when (failure.Code == raw.SQLITE_INTERRUPT)
        {
            Log.CheckCut(logger, file, budget.TotalSeconds);
        }
        finally
        {
            database.StopWhen(null);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(30, LogLevel.Information, "'{File}' was at schema version {From} and is at {To} now.")]
        public static partial void Migrated(ILogger logger, string file, long from, long to);

        [LoggerMessage(31, LogLevel.Information, "'{File}' is too big to be checked whole in {Seconds} s; what was looked at is sound.")]
        public static partial void CheckCut(ILogger logger, string file, double seconds);
    }
}
