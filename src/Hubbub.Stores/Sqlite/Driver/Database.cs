using Hubbub.Core.Rooms;
using SQLitePCL;

namespace Hubbub.Stores.Sqlite.Driver;

/// <summary>
/// One SQLite connection and its prepared statements: a thin layer over the C API, because ADO.NET on top of it costs 10 to 20 µs more
/// per insert (measured: batches of 64, 69 against 48 µs of CPU per post) and hides busy loops of its own. Used by one thread at a
/// time; a failure is a <see cref="SqliteFailure"/>.
/// </summary>
internal sealed class Database : IDisposable
{
    /// <summary>The name of a function of one text that gives it as <see cref="Folded"/> does, on every connection.</summary>
    public const string Fold = "fold";

    private readonly sqlite3 _handle;
    private readonly List<Statement> _statements = [];

    static Database() => Batteries_V2.Init();

    private Database(sqlite3 handle) => _handle = handle;

    /// <param name="path">The database file; made if it is absent and <paramref name="readOnly"/> is false.</param>
    /// <param name="readOnly">Refuse writes on this connection.</param>
    /// <param name="busyTimeout">How long a statement waits for another program's lock.</param>
    public static Database Open(string path, bool readOnly, TimeSpan busyTimeout)
    {
        // NOMUTEX: one thread at a time uses a connection, so SQLite need not guard it too.
        var flags = raw.SQLITE_OPEN_NOMUTEX | (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        var code = raw.sqlite3_open_v2(path, out var handle, flags, null);
        if (code != raw.SQLITE_OK)
        {
            using (handle)
                throw new SqliteFailure(code, raw.sqlite3_errstr(code).utf8_to_string());
        }

        _ = raw.sqlite3_extended_result_codes(handle, 1);
        var database = new Database(handle);
        database.Check(raw.sqlite3_create_function(
            handle, Fold, 1, raw.SQLITE_UTF8 | raw.SQLITE_DETERMINISTIC, null,
            static (context, _, arguments) => raw.sqlite3_result_text(context, Folded.Of(raw.sqlite3_value_text(arguments[0]).utf8_to_string() ?? ""))));
        database.WaitWhenBusy(busyTimeout);

        // Checkpoints run on a connection of their own (see Checkpoints); none may happen inside somebody's commit.
        _ = raw.sqlite3_wal_autocheckpoint(handle, 0);
        return database;
    }

    public void WaitWhenBusy(TimeSpan timeout) => Check(raw.sqlite3_busy_timeout(_handle, (int)timeout.TotalMilliseconds));

    /// <summary>A statement that lives as long as the connection.</summary>
    public Statement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle));
        var statement = new Statement(this, handle);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Runs a script of any number of statements.</summary>
    public void Execute(string script) => Check(raw.sqlite3_exec(_handle, script));

    /// <summary>The first column of the first row, as a number; 0 if there is no row.</summary>
    public long Number(string sql)
    {
        using var statement = new Statement(this, PrepareOnce(sql));
        using var rows = statement.Rows();
        return rows.Next() ? rows.Number(0) : 0;
    }

    /// <summary>The first column of the first row, as text; empty if there is no row.</summary>
    public string Text(string sql)
    {
        using var statement = new Statement(this, PrepareOnce(sql));
        using var rows = statement.Rows();
        return rows.Next() ? rows.Text(0) : "";
    }

    /// <summary>Rows changed by the statement that ran last.</summary>
    public int Changes => raw.sqlite3_changes(_handle);

    public bool IsInTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>Pages this connection has written so far; in WAL mode each is one frame of the WAL. Wraps around after 2^31.</summary>
    public int PagesWritten
    {
        get
        {
            _ = raw.sqlite3_db_status(_handle, DbStatusCacheWrite, out var pages, out _, 0);
            return pages;
        }
    }

    /// <summary>Asks now and then, while a statement runs, whether to end it with SQLITE_INTERRUPT; null asks no more.</summary>
    public void StopWhen(Func<bool>? isEnough) =>
        raw.sqlite3_progress_handler(_handle, ProgressSteps, isEnough is null ? null : _ => isEnough() ? 1 : 0, null);

    /// <summary>
    /// Copies the WAL into the database file. Passive waits for nobody and copies what it may; Truncate waits for readers (as long as
    /// <see cref="WaitWhenBusy"/> says), copies everything and empties the file.
    /// </summary>
    /// <returns>Whether something was in the way, the WAL's length in pages, and how many of them are copied.</returns>
    public (bool WasBusy, int Pages, int Copied) Checkpoint(bool truncate)
    {
        var mode = truncate ? raw.SQLITE_CHECKPOINT_TRUNCATE : raw.SQLITE_CHECKPOINT_PASSIVE;
        var code = raw.sqlite3_wal_checkpoint_v2(_handle, null, mode, out var pages, out var copied);
        if ((code & 0xff) == raw.SQLITE_BUSY)
            return (true, pages, copied);
        Check(code);
        return (false, pages, copied);
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        _handle.Dispose();
    }

    internal void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw new SqliteFailure(code, raw.sqlite3_errmsg(_handle).utf8_to_string());
    }

    private sqlite3_stmt PrepareOnce(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out var handle));
        return handle;
    }

    /// <summary>Virtual machine steps, or pages of an integrity check, between two questions: well under a millisecond.</summary>
    private const int ProgressSteps = 100;

    /// <summary>SQLITE_DBSTATUS_CACHE_WRITE of sqlite3.h.</summary>
    private const int DbStatusCacheWrite = 9;
}
