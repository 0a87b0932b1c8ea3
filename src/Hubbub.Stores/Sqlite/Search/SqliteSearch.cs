using System.Collections.Concurrent;
using System.Globalization;
using Hubbub.Core.Search;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;
using Microsoft.Extensions.Logging;

namespace Hubbub.Stores.Sqlite.Search;

/// <summary>
/// The index of the embedded store: FTS5 in a file of its own, <c>search.db</c>, beside it. Taking in is for one at a time; searches run on threads of the pool, some at once, each within a second. Thread-safe.
/// </summary>
public sealed class SqliteSearch : ISearch, IDisposable
{
    private const int ReadersAtOnce = 2;
    private const int MaxWaiting = 64;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly string _file;
    private readonly string _store;
    private readonly SqliteOptions _options;
    private readonly TimeProvider _time;
    private readonly SearchWriter _writer;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly SemaphoreSlim _reading = new(ReadersAtOnce);
    private readonly ConcurrentBag<SearchReader> _idle = [];
    private int _waiting;
    private volatile bool _isClosed;

    private SqliteSearch(string file, string store, SqliteOptions options, TimeProvider time, SearchWriter writer)
    {
        _file = file;
        _store = store;
        _options = options;
        _time = time;
        _writer = writer;
    }

    /// <summary>Opens the index, or makes it anew from the log if it cannot be used.</summary>
    /// <exception cref="Core.Log.StoreException">It can neither be opened nor made.</exception>
    internal static SqliteSearch Open(string folder, string store, SqliteOptions options, TimeProvider time, ILogger logger)
    {
        var file = Path.Combine(folder, "search.db");
        try
        {
            return new SqliteSearch(file, store, options, time, new SearchWriter(SearchFile.OpenWriting(file, options, logger)));
        }
        catch (SqliteFailure failure)
        {
            throw Sentences.Of(failure, file);
        }
    }

    public ValueTask<IReadOnlyList<RoomBehind>> BehindAsync(int limit, CancellationToken ct) => ReadAsync<IReadOnlyList<RoomBehind>>(reader => reader.Behind(limit), ct);

    public ValueTask<Position> PositionAsync(RoomId room, CancellationToken ct) => WriteAsync(() => _writer.Position(room), ct);

    public ValueTask<bool> TakeInAsync(RoomId room, Position from, Position to, IReadOnlyList<IndexChange> changes, CancellationToken ct) =>
        WriteAsync(() => _writer.TakeIn(room, from, to, changes), ct);

    public async ValueTask<SearchPage?> FindAsync(SearchQuery query, SearchScope scope, string? before, int limit, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(scope);
        var id = long.MaxValue;
        if (before is not null && !long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out id))
            throw new FormatException("Not a place among found messages.");
        return await ReadAsync(
            reader =>
            {
                var began = _time.GetTimestamp();
                return reader.Find(query, scope, id, limit, () => ct.IsCancellationRequested || _time.GetElapsedTime(began) > Longest);
            },
            ct);
    }

    /// <summary>Waits for what is under way.</summary>
    public void Dispose()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _writing.Wait();
        for (var i = 0; i < ReadersAtOnce; i++)
            _reading.Wait();
        while (_idle.TryTake(out var reader))
            reader.Dispose();
        _writer.Dispose();
        _writing.Release();
        _reading.Release(ReadersAtOnce);
    }

    private async ValueTask<T> WriteAsync<T>(Func<T> write, CancellationToken ct)
    {
        await _writing.WaitAsync(ct);
        try
        {
            return _isClosed ? throw Sentences.Closed() : await Task.Run(write, CancellationToken.None);
        }
        catch (SqliteFailure failure)
        {
            throw Sentences.Of(failure, _file);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async ValueTask<T> ReadAsync<T>(Func<SearchReader, T> read, CancellationToken ct)
    {
        await EnterAsync(ct);
        SearchReader? reader = null;
        try
        {
            if (_isClosed)
                throw Sentences.Closed();
            if (!_idle.TryTake(out reader))
                reader = new SearchReader(SearchFile.OpenReading(_file, _store, _options));
            return await Task.Run(() => read(reader), CancellationToken.None);
        }
        catch (SqliteFailure failure)
        {
            if (!failure.LeavesConnectionSound)
            {
                reader?.Dispose();
                reader = null;
            }

            throw Sentences.Of(failure, _file);
        }
        finally
        {
            if (reader is not null)
                _idle.Add(reader);
            _reading.Release();
        }
    }

    private async ValueTask EnterAsync(CancellationToken ct)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > MaxWaiting)
                throw Sentences.TooManyReads(MaxWaiting);
            await _reading.WaitAsync(ct);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
