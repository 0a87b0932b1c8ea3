using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Hubbub.Stores.Postgres.Files;
using Hubbub.Stores.Postgres.People;
using Hubbub.Stores.Postgres.Reading;
using Hubbub.Stores.Postgres.Search;
using Hubbub.Stores.Postgres.Writing;
using Microsoft.Extensions.Logging;

namespace Hubbub.Stores.Postgres;

/// <summary>
/// The store of a cluster: a PostgreSQL database (14 or newer) that any number of nodes share. A batch is appended by one call of a function in the database, which is
/// one round trip and one commit; every call has a deadline. Thread-safe, and so is any number of stores on one database.
/// </summary>
public sealed class PostgresStore : IRoomLog, IRoomDirectory, IMessages, IAsyncDisposable
{
    private readonly Calls _calls;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    internal PostgresStore(Calls calls, TimeProvider time, ILogger logger)
    {
        _calls = calls;
        Search = new PostgresSearch(calls);
        _time = time;
        _logger = logger;
        People = new PostgresPeople(calls, time);
        Files = new PostgresFiles(calls);
    }

    /// <summary>What is known about people.</summary>
    public PostgresPeople People { get; }

    /// <summary>What people upload.</summary>
    public PostgresFiles Files { get; }

    /// <summary>The nodes that share this database.</summary>
    /// <param name="lease">How long a node counts as alive after it said so last.</param>
    public PostgresNodeRegistry Nodes(TimeSpan lease) => new(_calls, lease);

    /// <summary>The search index that they share too.</summary>
    public PostgresSearch Search { get; }

    /// <summary>Connects, makes or migrates the schema, and begins to work. Waits for a server that is not up yet, within <see cref="PostgresOptions.StartTimeout"/>.</summary>
    /// <exception cref="StoreException">It cannot be opened; the message says what to do.</exception>
    public static Task<PostgresStore> OpenAsync(PostgresOptions options, TimeProvider time, ILogger logger, CancellationToken ct = default) =>
        Opening.OpenAsync(options, Schema.SchemaVersions.Scripts, time, logger, ct);

    public async ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return await _calls.ChangeAsync(connection => LogWriter.AppendAsync(connection, batch), ct);
    }

    public async ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, Limits.MaxPage);
        return await _calls.AskAsync(connection => LogReader.PageAsync(connection, room, after, limit, _logger), ct);
    }

    public async ValueTask<IReadOnlyList<Position?>> HeadsAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(rooms);
        return await _calls.AskAsync(connection => LogReader.HeadsAsync(connection, rooms), ct);
    }

    public async ValueTask<IReadOnlyList<StandingMessage>> FindAsync(RoomId room, IReadOnlyList<long> sequences, UserId viewer, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        return await _calls.AskAsync(connection => MessageReader.FindAsync(connection, room, sequences, viewer), ct);
    }

    public async ValueTask<IReadOnlyList<long>> PinnedAsync(RoomId room, CancellationToken ct) =>
        await _calls.AskAsync(connection => MessageReader.PinnedAsync(connection, room), ct);

    public async ValueTask<IReadOnlyList<RoomEvent>> ConcerningAsync(RoomId room, Concerning asked, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(asked.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(asked.Limit, Limits.MaxPage);
        return await _calls.AskAsync(connection => MessageReader.ConcerningAsync(connection, room, asked), ct);
    }

    /// <summary>
    /// Begins a new life of every room's log. For use after a backup was restored: readers who hold positions of the lost time are then told
    /// that the past is lost, instead of being handed other events under the same numbers.
    /// </summary>
    /// <param name="draw">Draws a random epoch.</param>
    /// <param name="ct">Gives up before the change begins; it is not undone once begun.</param>
    /// <returns>The number of rooms.</returns>
    public Task<int> RenewEpochsAsync(Func<Epoch> draw, CancellationToken ct = default) =>
        _calls.ChangeAsync(connection => LogWriter.RenewEpochsAsync(connection, draw), ct);

    /// <summary>A secret that all nodes of the cluster share: the one kept under this name, or, if there is none, <paramref name="drawn"/>, which is kept then. Of many at once one is kept.</summary>
    public Task<byte[]> SharedSecretAsync(string name, byte[] drawn, CancellationToken ct = default) =>
        _calls.ChangeAsync(connection => SecretWriter.FindOrKeepAsync(connection, name, drawn), ct);

    public async ValueTask<Room?> FindAsync(RoomId room, CancellationToken ct) =>
        await _calls.AskAsync(connection => DirectoryReader.FindAsync(connection, room), ct);

    public async ValueTask<RoomListing?> LookAsync(RoomId room, UserId viewer, CancellationToken ct) =>
        await _calls.AskAsync(connection => DirectoryReader.LookAsync(connection, room, viewer), ct);

    public async ValueTask<IReadOnlyList<RoomListing>> ListAsync(UserId viewer, string? matching, RoomId? after, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await _calls.AskAsync(connection => DirectoryReader.ListAsync(connection, viewer, matching, after, limit), ct);
    }

    public async ValueTask<Membership?> MembershipAsync(RoomId room, UserId user, CancellationToken ct) =>
        await _calls.AskAsync(connection => DirectoryReader.MembershipAsync(connection, room, user), ct);

    public async ValueTask<DateTimeOffset?> MutedUntilAsync(RoomId room, UserId user, CancellationToken ct) =>
        await _calls.AskAsync(connection => DirectoryReader.MutedUntilAsync(connection, room, user), ct);

    public async ValueTask<IReadOnlyList<Membership>> MembersAsync(RoomId room, UserId? after, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await _calls.AskAsync(connection => DirectoryReader.MembersAsync(connection, room, after, limit), ct);
    }

    public async ValueTask<IReadOnlyDictionary<RoomId, IReadOnlyList<User>>> PeopleAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(rooms);
        return await _calls.AskAsync(connection => DirectoryReader.PeopleAsync(connection, rooms), ct);
    }

    public async ValueTask HideAsync(RoomId room, UserId user, long upTo, CancellationToken ct) =>
        await _calls.ChangeAsync(connection => DirectoryWriter.HideAsync(connection, room, user, upTo), ct);

    /// <exception cref="ArgumentException">There is no such room, or the id or token hash is taken: both are the caller's to draw.</exception>
    public async ValueTask AddInvitationAsync(Invitation invitation, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(invitation);
        await _calls.ChangeAsync(connection => DirectoryWriter.AddInvitationAsync(connection, invitation), ct);
    }

    public async ValueTask<Invitation?> FindInvitationAsync(string tokenHash, CancellationToken ct) =>
        await _calls.AskAsync(connection => DirectoryReader.InvitationAsync(connection, tokenHash), ct);

    public async ValueTask<IReadOnlyList<Invitation>> InvitationsAsync(RoomId room, DateTimeOffset now, CancellationToken ct) =>
        await _calls.AskAsync(connection => DirectoryReader.InvitationsAsync(connection, room, now), ct);

    public async ValueTask<bool> RevokeInvitationAsync(RoomId room, string id, CancellationToken ct) =>
        await _calls.ChangeAsync(connection => DirectoryWriter.RevokeInvitationAsync(connection, room, id), ct);

    public async ValueTask<long> ReadMarkAsync(RoomId room, UserId user, CancellationToken ct) =>
        await _calls.AskAsync(connection => DirectoryReader.ReadMarkAsync(connection, room, user), ct);

    public async ValueTask<AddedReport> AddReportAsync(Report report, ReportLimits limits, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(report);
        return await _calls.ChangeAsync(connection => ReportWriter.AddAsync(connection, report, limits), ct);
    }

    public async ValueTask<IReadOnlyList<Report>> ReportsAsync(RoomId room, bool isResolved, int limit, CancellationToken ct) =>
        await _calls.AskAsync(connection => ReportReader.ListAsync(connection, room, isResolved, limit), ct);

    public async ValueTask<Report?> FindReportAsync(RoomId room, string id, CancellationToken ct) =>
        await _calls.AskAsync(connection => ReportReader.FindAsync(connection, room, id), ct);

    public async ValueTask<int> ResolveReportsAsync(RoomId room, long message, ReportResolution resolution, UserId by, DateTimeOffset at, CancellationToken ct) =>
        await _calls.ChangeAsync(connection => ReportWriter.ResolveAsync(connection, room, message, resolution, by, at), ct);

    /// <returns>Where the mark stands; 0, and nothing kept, for a room that does not exist.</returns>
    public async ValueTask<long> MoveReadMarkAsync(RoomId room, UserId user, long sequence, CancellationToken ct) =>
        await _calls.ChangeAsync(connection => DirectoryWriter.MoveReadMarkAsync(connection, room, user, sequence), ct);

    public async ValueTask<bool> TryUseTicketAsync(string id, DateTimeOffset expiresAt, CancellationToken ct) =>
        await _calls.ChangeAsync(connection => DirectoryWriter.TryUseTicketAsync(connection, id, expiresAt, _time.GetUtcNow()), ct);

    public ValueTask DisposeAsync()
    {
        Search.Dispose();
        return _calls.DisposeAsync();
    }
}
