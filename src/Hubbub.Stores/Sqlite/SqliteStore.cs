using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Files;
using Hubbub.Stores.Sqlite.People;
using Hubbub.Stores.Sqlite.Reading;
using Hubbub.Stores.Sqlite.Search;
using Hubbub.Stores.Sqlite.Writing;
using Microsoft.Extensions.Logging;

namespace Hubbub.Stores.Sqlite;

/// <summary>
/// The embedded store: one SQLite file with a write-ahead log, for one node. Writes pass through one thread that commits them in groups and
/// waits for the disk; reads run on the caller's thread over a few connections of their own and never wait for writes. Thread-safe.
/// </summary>
public sealed class SqliteStore : IRoomLog, IRoomDirectory, IMessages, IAsyncDisposable
{
    private readonly FolderLock _lock;
    private readonly Checkpoints _checkpoints;
    private readonly Writer _writer;
    private readonly ReadPool _reads;
    private readonly Lazy<SqliteSearch> _search;
    private int _isDisposed;

    internal SqliteStore(FolderLock folderLock, Checkpoints checkpoints, Writer writer, ReadPool reads, FileFolder files, Func<SqliteSearch> openSearch)
    {
        _search = new Lazy<SqliteSearch>(openSearch);
        _lock = folderLock;
        _checkpoints = checkpoints;
        _writer = writer;
        _reads = reads;
        People = new SqlitePeople(writer, reads);
        Files = new SqliteFiles(writer, reads, files);
    }

    public SqlitePeople People { get; }

    /// <summary>What people upload: the bytes in files of their own, in the data folder.</summary>
    public SqliteFiles Files { get; }

    /// <summary>Opens the store in its folder, makes or migrates the database, and begins to work.</summary>
    /// <exception cref="StoreException">It cannot be opened; the message says what to do.</exception>
    public static Task<SqliteStore> OpenAsync(SqliteOptions options, TimeProvider time, ILogger logger) =>
        Task.Run(() => Opening.Open(options, Schema.SchemaVersions.Scripts, time, logger));

    /// <summary>The search index beside the store, opened or made at the first call; it works as long as the store.</summary>
    /// <exception cref="StoreException">It can neither be opened nor made; the message says what to do.</exception>
    public SqliteSearch OpenSearch() => _search.Value;

    public async ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return await _writer.Enqueue(session => session.Log.Append(batch), ct);
    }

    public ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, Limits.MaxPage);
        return _reads.ReadAsync(session => session.Log.Page(room, after, limit), ct);
    }

    public ValueTask<IReadOnlyList<Position?>> HeadsAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(rooms);
        return _reads.ReadAsync<IReadOnlyList<Position?>>(session => [.. rooms.Select(session.Log.Head)], ct);
    }

    public ValueTask<IReadOnlyList<StandingMessage>> FindAsync(RoomId room, IReadOnlyList<long> sequences, UserId viewer, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        return _reads.ReadAsync<IReadOnlyList<StandingMessage>>(session => session.Messages.Find(room, sequences, viewer), ct);
    }

    public ValueTask<IReadOnlyList<long>> PinnedAsync(RoomId room, CancellationToken ct) =>
        _reads.ReadAsync<IReadOnlyList<long>>(session => session.Messages.Pinned(room), ct);

    public ValueTask<IReadOnlyList<RoomEvent>> ConcerningAsync(RoomId room, Concerning asked, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(asked.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(asked.Limit, Limits.MaxPage);
        return _reads.ReadAsync<IReadOnlyList<RoomEvent>>(session => session.Messages.Concerning(room, asked), ct);
    }

    /// <summary>
    /// Begins a new life of every room's log. For use after a backup was restored: readers who hold positions of the lost time are then told
    /// that the past is lost, instead of being handed other events under the same numbers.
    /// </summary>
    /// <param name="draw">Draws a random epoch.</param>
    /// <param name="ct">Gives up while the change waits; it is not undone once begun.</param>
    /// <returns>The number of rooms.</returns>
    public Task<int> RenewEpochsAsync(Func<Epoch> draw, CancellationToken ct = default) =>
        _writer.Enqueue(session => session.Log.RenewEpochs(draw), ct);

    public ValueTask<Room?> FindAsync(RoomId room, CancellationToken ct) =>
        _reads.ReadAsync(session => session.Directory.Find(room), ct);

    public ValueTask<RoomListing?> LookAsync(RoomId room, UserId viewer, CancellationToken ct) =>
        _reads.ReadAsync(session => session.Directory.Look(room, viewer), ct);

    public ValueTask<IReadOnlyList<RoomListing>> ListAsync(UserId viewer, string? matching, RoomId? after, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return _reads.ReadAsync<IReadOnlyList<RoomListing>>(session => session.Directory.List(viewer, matching, after, limit), ct);
    }

    public ValueTask<Membership?> MembershipAsync(RoomId room, UserId user, CancellationToken ct) =>
        _reads.ReadAsync(session => session.Directory.Membership(room, user), ct);

    public ValueTask<DateTimeOffset?> MutedUntilAsync(RoomId room, UserId user, CancellationToken ct) =>
        _reads.ReadAsync(session => session.Directory.MutedUntil(room, user), ct);

    public ValueTask<IReadOnlyList<Membership>> MembersAsync(RoomId room, UserId? after, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return _reads.ReadAsync<IReadOnlyList<Membership>>(session => session.Directory.Members(room, after, limit), ct);
    }

    public ValueTask<IReadOnlyDictionary<RoomId, IReadOnlyList<User>>> PeopleAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(rooms);
        return _reads.ReadAsync(session => session.Directory.People(rooms), ct);
    }

    public async ValueTask HideAsync(RoomId room, UserId user, long upTo, CancellationToken ct) =>
        await _writer.Enqueue(session => session.Directory.Hide(room, user, upTo), ct);

    /// <exception cref="ArgumentException">There is no such room, or the id or token hash is taken: both are the caller's to draw.</exception>
    public async ValueTask AddInvitationAsync(Invitation invitation, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(invitation);
        await _writer.Enqueue(
            session =>
            {
                session.Directory.AddInvitation(invitation);
                return true;
            },
            ct);
    }

    public ValueTask<Invitation?> FindInvitationAsync(string tokenHash, CancellationToken ct) =>
        _reads.ReadAsync(session => session.Directory.Invitation(tokenHash), ct);

    public ValueTask<IReadOnlyList<Invitation>> InvitationsAsync(RoomId room, DateTimeOffset now, CancellationToken ct) =>
        _reads.ReadAsync<IReadOnlyList<Invitation>>(session => session.Directory.Invitations(room, now), ct);

    public async ValueTask<bool> RevokeInvitationAsync(RoomId room, string id, CancellationToken ct) =>
        await _writer.Enqueue(session => session.Directory.RevokeInvitation(room, id), ct);

    public ValueTask<long> ReadMarkAsync(RoomId room, UserId user, CancellationToken ct) =>
        _reads.ReadAsync(session => session.Directory.ReadMark(room, user), ct);

    public async ValueTask<AddedReport> AddReportAsync(Report report, ReportLimits limits, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(report);
        return await _writer.Enqueue(session => session.Reports.Add(report, limits), ct);
    }

    public ValueTask<IReadOnlyList<Report>> ReportsAsync(RoomId room, bool isResolved, int limit, CancellationToken ct) =>
        _reads.ReadAsync<IReadOnlyList<Report>>(session => session.Reports.List(room, isResolved, limit), ct);

    public ValueTask<Report?> FindReportAsync(RoomId room, string id, CancellationToken ct) => _reads.ReadAsync(session => session.Reports.Find(room, id), ct);

    public async ValueTask<int> ResolveReportsAsync(RoomId room, long message, ReportResolution resolution, UserId by, DateTimeOffset at, CancellationToken ct) =>
        await _writer.Enqueue(session => session.Reports.Resolve(room, message, resolution, by, at), ct);

    /// <returns>Where the mark stands; 0, and nothing kept, for a room that does not exist.</returns>
    public async ValueTask<long> MoveReadMarkAsync(RoomId room, UserId user, long sequence, CancellationToken ct) =>
        await _writer.Enqueue(session => session.Directory.MoveReadMark(room, user, sequence), ct);

    public async ValueTask<bool> TryUseTicketAsync(string id, DateTimeOffset expiresAt, CancellationToken ct) =>
        await _writer.Enqueue(session => session.Directory.TryUseTicket(id, expiresAt), ct);

    /// <summary>Writes what waits, empties the write-ahead log into the database, and releases the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
            return;
        if (_search.IsValueCreated)
            _search.Value.Dispose();
        await _writer.DisposeAsync();
        _reads.Dispose();

        // The last connection to close copies the whole log and deletes it; that is this one.
        _checkpoints.Dispose();
        _lock.Dispose();
    }
}
