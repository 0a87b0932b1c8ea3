using Hubbub.Core.Log;
using Hubbub.Core.People;
using Hubbub.Core.Search;
using Hubbub.LocalCluster;
using Hubbub.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hubbub.UnitTests.Search;

/// <summary>How the index follows many rooms at once.</summary>
public sealed class IndexerTests
{
    private static readonly RoomId Long = RoomId.Parse("a-long");
    private static readonly RoomId Short = RoomId.Parse("b-short");

    [Fact]
    public async Task A_room_with_a_long_past_gives_way_to_one_in_which_something_was_said_now()
    {
        var store = new InMemoryStore(TimeProvider.System);
        await SayAsync(store, Long, 20 * Limits.MaxPage);
        await SayAsync(store, Short, 1);
        var search = new Watched(new InMemorySearch(store, new InMemoryPeople(TimeProvider.System)));
        var indexer = new Indexer(store, search, TimeProvider.System, NullLogger<Indexer>.Instance);
        using var stop = new CancellationTokenSource();

        var running = indexer.RunAsync(stop.Token);
        await Eventually.UntilAsync("the index has followed both rooms", async () => (await search.BehindAsync(10, default)).Count == 0 && indexer.Behind == 0);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Assert.Equal(Long, search.TakenIn[0]);
        Assert.InRange(search.TakenIn.IndexOf(Short), 1, 5);
        Assert.Equal(21, search.TakenIn.Count(room => room == Long));
    }

    private static async Task SayAsync(InMemoryStore store, RoomId room, int messages)
    {
        var ann = new User(UserId.Parse("ann"), "Ann");
        Draft[] drafts = [new(room, ann, DateTimeOffset.UnixEpoch, null, new RoomCreated(room.Value, Visibility.Public), new Epoch(1)),
            .. Enumerable.Range(0, messages).Select(n => new Draft(room, ann, DateTimeOffset.UnixEpoch, null, new MessagePosted($"number {n}")))];
        await store.AppendAsync(drafts, default);
    }

    /// <summary>Remembers of which rooms a page was taken in.</summary>
    private sealed class Watched(ISearch inner) : ISearch
    {
        public List<RoomId> TakenIn { get; } = [];

        public ValueTask<IReadOnlyList<RoomBehind>> BehindAsync(int limit, CancellationToken ct) => inner.BehindAsync(limit, ct);

        public ValueTask<Position> PositionAsync(RoomId room, CancellationToken ct) => inner.PositionAsync(room, ct);

        public async ValueTask<bool> TakeInAsync(RoomId room, Position from, Position to, IReadOnlyList<IndexChange> changes, CancellationToken ct)
        {
            TakenIn.Add(room);
            return await inner.TakeInAsync(room, from, to, changes, ct);
        }

        public ValueTask<SearchPage?> FindAsync(SearchQuery query, SearchScope scope, string? before, int limit, CancellationToken ct) => inner.FindAsync(query, scope, before, limit, ct);
    }
}
