using System.Collections.Concurrent;
using Hubbub.Core.Log;
using Hubbub.Stores.Sqlite.Driver;
using Microsoft.Extensions.Logging;

namespace Hubbub.Stores.Sqlite.Writing;

/// <summary>
/// The one writer: a thread that owns the write connection and takes what waits, as a group, into one transaction. A change that fails is taken out
/// and told so; the transaction is rolled back and the others go again without it, so nobody is acknowledged by another's commit
/// or failed by another's mistake. <see cref="Enqueue"/> is thread-safe; everything else happens on the thread.
/// </summary>
internal sealed partial class Writer : IAsyncDisposable
{
    /// <summary>The most changes in one transaction. The appender's batch is one change, so this is about the directory's small ones.</summary>
    private const int MaxGroup = 128;

    private readonly string _file;
    private readonly SqliteOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Checkpoints _checkpoints;
    private readonly BlockingCollection<Write> _queue;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Write> _group = [];
    private WriteSession? _session;

    public Writer(string file, SqliteOptions options, WriteSession session, Checkpoints checkpoints, TimeProvider time, ILogger logger)
    {
        _file = file;
        _options = options;
        _session = session;
        _checkpoints = checkpoints;
        _time = time;
        _logger = logger;
        _queue = new BlockingCollection<Write>(options.MaxWaitingWrites);
    }

    public void Start() => new Thread(Run) { Name = "hubbub store writer", IsBackground = true }.Start();

    /// <exception cref="StoreException">Too many wait, or the store is closed.</exception>
    public Task<T> Enqueue<T>(Func<WriteSession, T> change, CancellationToken ct)
    {
        var write = new Write<T>(change, ct);
        try
        {
            return _queue.TryAdd(write) ? write.Acknowledged : throw Sentences.TooManyWrites(_options.MaxWaitingWrites);
        }
        catch (InvalidOperationException)
        {
            throw Sentences.Closed();
        }
    }

    /// <summary>Takes no more, writes what waits, and ends the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.CompleteAdding();
        await _stopped.Task;
        _queue.Dispose();
    }

    private void Run()
    {
        while (_queue.TryTake(out var first, Timeout.Infinite))
        {
            _group.Add(first);
            while (_group.Count < MaxGroup && _queue.TryTake(out var next))
                _group.Add(next);
            CommitGroup();
            _group.Clear();
            CareForWal();
        }

        _session?.Dispose();
        _stopped.SetResult();
    }

    private void CommitGroup()
    {
        while (_group.Count > 0 && !TryCommitGroup(out var failed, out var exception))
        {
            var told = exception is SqliteFailure failure ? Sentences.Of(failure, _file) : exception;
            Log.RolledBack(_logger, told, told.Message);
            if (failed is null)
            {
                // No single change is at fault: the transaction could not begin or commit.
                foreach (var write in _group)
                    write.Fail(told);
                return;
            }

            failed.Fail(told);
            _group.Remove(failed);
        }
    }

    /// <returns>False after a rollback, with the change that was at fault, if it was one.</returns>
    private bool TryCommitGroup(out Write? failed, out Exception exception)
    {
        failed = null;
        exception = null!;
        try
        {
            _session ??= WriteSession.Open(_file, _options, _time);
            _session.Begin();
            for (var i = 0; i < _group.Count; i++)
            {
                failed = _group[i];
                if (failed.IsCancelled)
                {
                    failed.Cancel();
                    _group.RemoveAt(i--);
                    continue;
                }

                failed.Execute(_session);
            }

            failed = null;
            _session.Commit();
        }
        catch (Exception e)
        {
            exception = e;
            Rollback(e);
            return false;
        }

        foreach (var write in _group)
            write.Acknowledge();
        return true;
    }

    private void Rollback(Exception cause)
    {
        // After an I/O error or worse nothing that the connection remembers is trusted; the next group opens another.
        var isSound = cause is not SqliteFailure { LeavesConnectionSound: false };
        try
        {
            _session?.Rollback();
        }
        catch (SqliteFailure)
        {
            isSound = false;
        }

        if (isSound)
            return;
        _session?.Dispose();
        _session = null;
    }

    private void CareForWal()
    {
        if (_session is null)
            return;
        try
        {
            _checkpoints.AfterCommit(_session.Database);
        }
        catch (SqliteFailure failure)
        {
            // What was acknowledged is in the log already, so this costs space and not messages.
            Log.CheckpointFailed(_logger, failure.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(10, LogLevel.Error, "A change was not stored and not acknowledged: {Reason}")]
        public static partial void RolledBack(ILogger logger, Exception exception, string reason);

        [LoggerMessage(11, LogLevel.Warning, "The write-ahead log could not be emptied and goes on growing: {Reason}")]
        public static partial void CheckpointFailed(ILogger logger, string reason);
    }
}
