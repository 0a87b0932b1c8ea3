using System.Globalization;
using System.Reflection;
using Hubbub.Core.Search;
using Hubbub.Stores.Sqlite.Driver;
using Microsoft.Extensions.Logging;
using SQLitePCL;

namespace Hubbub.Stores.Sqlite.Search;

/// <summary>The index's file: opened, or made anew if it is absent, damaged, or of other rules than these.</summary>
internal static partial class SearchFile
{
    /// <summary>'HubS', which tells it from the store.</summary>
    private const int ApplicationId = 0x48756253;

    /// <summary>Of the file's form; it changes with <c>search.sql</c> and with the rules by which texts become words.</summary>
    private const int Version = (1 * 1000) + SearchWords.Version;

    private static readonly string[] Parts = ["", "-wal", "-shm"];

    /// <summary>A connection that writes.</summary>
    public static Database OpenWriting(string file, SqliteOptions options, ILogger logger)
    {
        try
        {
            return TryOpen(file, options) ?? Renew(file, options, logger, "it is of another version");
        }
        catch (SqliteFailure failure) when (failure.Code is raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT)
        {
            return Renew(file, options, logger, failure.Message);
        }
    }

    /// <summary>A connection that reads, with the store beside it as <c>store</c>: who may read what is asked there, in the same question.</summary>
    public static Database OpenReading(string file, string store, SqliteOptions options)
    {
        var database = Database.Open(file, readOnly: true, options.BusyTimeout);
        try
        {
            database.Execute("PRAGMA cache_size = -16000"); // KiB
            using var attach = database.Prepare("ATTACH DATABASE ?1 AS store");
            attach.Set(1, store).Run();
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static Database Renew(string file, SqliteOptions options, ILogger logger, string why)
    {
        Log.Renewed(logger, file, why);
        foreach (var part in Parts)
            File.Delete(file + part);
        return TryOpen(file, options)!;
    }

    /// <summary>Null if it is of another form.</summary>
    private static Database? TryOpen(string file, SqliteOptions options)
    {
        Opening.MakePrivate(Path.GetDirectoryName(file)!, file);
        var database = Database.Open(file, readOnly: false, options.BusyTimeout);
        try
        {
            var isNew = database.Number("SELECT count(*) FROM sqlite_schema") == 0;
            if (!isNew && (database.Number("PRAGMA application_id") != ApplicationId || database.Number("PRAGMA user_version") != Version))
            {
                database.Dispose();
                return null;
            }

            // NORMAL: a crash may take the last commits, with the positions in them; the log has the rest.
            database.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA cache_size = -16000");
            if (isNew)
                Make(database);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static void Make(Database database)
    {
        using var script = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("Hubbub.Stores.Sqlite.Search.search.sql")!);
        database.Execute("BEGIN IMMEDIATE");
        database.Execute(script.ReadToEnd());
        database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version}"));
        database.Execute("COMMIT");
    }

    private static partial class Log
    {
        [LoggerMessage(60, LogLevel.Warning, "The search index '{File}' is made anew from the log, since {Why}.")]
        public static partial void Renewed(ILogger logger, string file, string why);
    }
}
