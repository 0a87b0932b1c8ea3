using System.Globalization;
using Hubbub.Stores.Sqlite.Driver;
using Hubbub.Stores.Sqlite.Files;
using Hubbub.Stores.Sqlite.People;

namespace Hubbub.Stores.Sqlite.Writing;

/// <summary>The write connection with its statements and its transaction. Used by one thread.</summary>
internal sealed class WriteSession : IDisposable
{
    /// <summary>
    /// Small pages, because a commit writes every page that it touched: a post touches its room's last page, the key index and the
    /// room's row, 12.5 KB of log a post with pages of 4096 and 8 KB with 2048, when posts are spread over 100 rooms and 1000 senders (measured).
    /// </summary>
    private const int PageBytes = 2048;

    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly Statement _rollback;

    private WriteSession(Database database, TimeProvider time)
    {
        Database = database;
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _rollback = database.Prepare("ROLLBACK");
        Log = new LogWriter(database);
        Directory = new DirectoryWriter(database, time);
        People = new PeopleWriter(database, time);
        Files = new FileWriter(database);
        Reports = new ReportWriter(database);
    }

    public Database Database { get; }

    public LogWriter Log { get; }

    public DirectoryWriter Directory { get; }

    public PeopleWriter People { get; }

    public FileWriter Files { get; }

    public ReportWriter Reports { get; }

    /// <summary>A connection that commits durably, before the schema is known to be there.</summary>
    public static Database OpenDatabase(string file, SqliteOptions options)
    {
        var database = Database.Open(file, readOnly: false, options.BusyTimeout);
        try
        {
            database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA page_size = {PageBytes}"));
            if (database.Text("PRAGMA journal_mode = WAL") != "wal")
                throw Sentences.NoWal(file);

            // FULL: every commit is on the disk before it returns. NORMAL would only be so after a checkpoint.
            // What is erased is overwritten, not only let go.
            database.Execute("PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA secure_delete = ON"); // KiB
            if (options.MaxDatabaseBytes is { } limit)
            {
                var pages = Math.Max(1, limit / database.Number("PRAGMA page_size"));
                database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {pages}"));
            }

            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public static WriteSession Open(string file, SqliteOptions options, TimeProvider time)
    {
        var database = OpenDatabase(file, options);
        try
        {
            return new WriteSession(database, time);
        }
        catch (SqliteFailure)
        {
            database.Dispose();
            throw;
        }
    }

    public void Begin() => _begin.Run();

    public void Commit() => _commit.Run();

    /// <summary>Undoes the transaction, unless SQLite has done so itself (as on a full disk), and forgets what it had taught.</summary>
    public void Rollback()
    {
        Log.Forget();
        if (Database.IsInTransaction)
            _rollback.Run();
    }

    public void Dispose() => Database.Dispose();
}
