using Hubbub.Core.Search;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;

namespace Hubbub.Stores.Postgres.Search;

/// <summary>The index that the nodes of a cluster share, beside their store. The store's own, and works as long as the store. Thread-safe.</summary>
public sealed class PostgresSearch : ISearch, IDisposable
{
    /// <summary>Searches of this node at once; posts and readers have the other connections.</summary>
    private const int AtOnce = 4;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly Calls _calls;
    private readonly SemaphoreSlim _places = new(AtOnce);

    internal PostgresSearch(Calls calls) => _calls = calls;

    public async ValueTask<IReadOnlyList<RoomBehind>> BehindAsync(int limit, CancellationToken ct) => await _calls.AskAsync(connection => SearchReader.BehindAsync(connection, limit), ct);

    public async ValueTask<Position> PositionAsync(RoomId room, CancellationToken ct) => await _calls.AskAsync(connection => SearchReader.PositionAsync(connection, room), ct);

    public async ValueTask<bool> TakeInAsync(RoomId room, Position from, Position to, IReadOnlyList<IndexChange> changes, CancellationToken ct) =>
        await _calls.ChangeAsync(connection => SearchWriter.TakeInAsync(connection, room, from, to, changes), ct);

    public async ValueTask<SearchPage?> FindAsync(SearchQuery query, SearchScope scope, string? before, int limit, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(scope);
        var place = before is null ? SearchPlace.End : SearchPlace.Parse(before);
        if (!await _places.WaitAsync(Longest, ct))
            return null;
        try
        {
            return await _calls.AskAsync(connection => SearchReader.FindAsync(connection, query, scope, place, limit, Longest), ct);
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();
}
