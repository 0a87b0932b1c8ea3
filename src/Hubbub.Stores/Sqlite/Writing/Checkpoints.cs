using Hubbub.Stores.Sqlite.Driver;
using Microsoft.Extensions.Logging;

namespace Hubbub.Stores.Sqlite.Writing;

/// <summary>
/// Keeps the write-ahead log short without standing in the writer's way. A thread of its own copies the log into the database every second, or sooner
/// when much was written, while the writer goes on. Under load the log is never wholly copied that way, since commits arrive meanwhile; so past
/// a quarter of the limit the writer copies the small rest between two commits, which lets the next one start the log again from its
/// beginning. If even that cannot be (somebody reads for minutes on end), the writer stops at the limit, waits for readers and empties the log.
/// </summary>
internal sealed partial class Checkpoints : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How long the writer waits for readers at the limit, and how long it lets be after waiting in vain.</summary>
    private static readonly TimeSpan LimitPatience = TimeSpan.FromSeconds(1);

    private readonly SqliteOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Database _database;
    private readonly FileInfo _wal;
    private readonly long _pageBytes;

    /// <summary>A checkpoint begins before its second is over when this much was written since the last.</summary>
    private readonly long _wakeBytes;

    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private volatile bool _isStopping;
    private volatile bool _writerShallFinish;
    private bool _isFailing;
    private int _pagesAtWake;
    private long? _triedAtLimit;

    public Checkpoints(string file, Database writer, SqliteOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _wakeBytes = options.WalLimitBytes / 16;
        _time = time;
        _logger = logger;
        _pageBytes = writer.Number("PRAGMA page_size");
        _database = Database.Open(file, readOnly: false, options.BusyTimeout);

        // A connection finds the log with its first read; before that a checkpoint does nothing, and says it went well.
        _database.Number("SELECT count(*) FROM sqlite_schema");
        _wal = new FileInfo(file + "-wal");
        _thread = new Thread(Run) { Name = "hubbub store checkpoints", IsBackground = true };
    }

    public void Start() => _thread.Start();

    /// <summary>Called by the writer's thread, with its connection, between two transactions.</summary>
    public void AfterCommit(Database writer)
    {
        var pages = writer.PagesWritten;
        if (unchecked(pages - _pagesAtWake) * _pageBytes >= _wakeBytes)
        {
            _pagesAtWake = pages;
            _wake.Set();
        }

        if (_writerShallFinish)
        {
            _writerShallFinish = false;
            writer.Checkpoint(truncate: false);
        }

        _wal.Refresh();
        if (_wal.Exists && _wal.Length > _options.WalLimitBytes)
            EmptyAtLimit(writer);
    }

    /// <summary>Ends the thread and closes its connection.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _wake.Set();
        _thread.Join();
        _database.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        while (!_isStopping)
        {
            _wake.WaitOne(Interval);
            try
            {
                var (_, pages, _) = _database.Checkpoint(truncate: false);
                _writerShallFinish = pages * _pageBytes > _options.WalLimitBytes / 4;
                _isFailing = false;
            }
            catch (SqliteFailure failure)
            {
                // Once until it works again: a full disk stays full for longer than a second.
                if (!_isFailing)
                    Log.Failed(_logger, failure.Message);
                _isFailing = true;
            }
        }
    }

    private void EmptyAtLimit(Database writer)
    {
        if (_triedAtLimit is { } tried && _time.GetElapsedTime(tried) < LimitPatience)
            return;
        writer.WaitWhenBusy(LimitPatience);
        try
        {
            var (wasBusy, _, _) = writer.Checkpoint(truncate: true);
            _triedAtLimit = wasBusy ? _time.GetTimestamp() : null;
            if (wasBusy)
                Log.OverLimit(_logger, _wal.Length >> 20, _options.WalLimitBytes >> 20);
        }
        finally
        {
            writer.WaitWhenBusy(_options.BusyTimeout);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(20, LogLevel.Warning, "A checkpoint failed; the write-ahead log grows until one succeeds: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(21, LogLevel.Warning,
            "The write-ahead log has {Megabytes} MB, over its limit of {Limit} MB, and cannot be emptied: another program reads the database "
            + "without pause, or the disk is very slow.")]
        public static partial void OverLimit(ILogger logger, long megabytes, long limit);
    }
}
