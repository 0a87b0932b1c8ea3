using Hubbub.Core.Log;
using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Core.Search;

/// <summary>The reference: messages in memory, looked through from the newest on. Thread-safe; every call completes synchronously.</summary>
public sealed class InMemorySearch(InMemoryStore store, IPeople people) : ISearch
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RoomId, Indexed> _rooms = [];

    public ValueTask<IReadOnlyList<RoomBehind>> BehindAsync(int limit, CancellationToken ct)
    {
        var heads = store.Heads();
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<RoomBehind>>(
                [.. heads.Where(room => room.Head != Position_NeedsLock(room.Room)).OrderBy(room => room.Room.Value, StringComparer.Ordinal).Take(limit)
                    .Select(room => new RoomBehind(room.Room, room.Head, Position_NeedsLock(room.Room)))]);
        }
    }

    public ValueTask<Position> PositionAsync(RoomId room, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(Position_NeedsLock(room));
    }

    public ValueTask<bool> TakeInAsync(RoomId room, Position from, Position to, IReadOnlyList<IndexChange> changes, CancellationToken ct)
    {
        lock (_lock)
        {
            if (Position_NeedsLock(room) != from)
                return ValueTask.FromResult(false);
            if (from.IsStart || from.Epoch != to.Epoch)
                _rooms[room] = new Indexed();
            var indexed = _rooms[room];
            var net = new NetChanges(changes);
            foreach (var added in net.Added)
                indexed.Messages[added.Message] = added;
            foreach (var (message, text) in net.Replaced)
            {
                if (indexed.Messages.TryGetValue(message, out var known))
                    indexed.Messages[message] = known with { Text = text };
            }

            foreach (var message in net.Dropped)
                indexed.Messages.Remove(message);
            indexed.Position = to;
            return ValueTask.FromResult(true);
        }
    }

    public async ValueTask<SearchPage?> FindAsync(SearchQuery query, SearchScope scope, string? before, int limit, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(scope);
        var place = before is null ? SearchPlace.End : SearchPlace.Parse(before);
        List<(RoomId Room, Position Indexed, MessageIndexed Message)> all;
        lock (_lock)
            all = [.. _rooms.SelectMany(room => room.Value.Messages.Values.Select(message => (room.Key, room.Value.Position, message)))];
        var blocked = (await people.BlocksAsync(scope.Viewer, ct)).Select(block => block.User).ToHashSet();

        var hits = new List<SearchHit>();
        var readable = new Dictionary<RoomId, bool>();
        foreach (var (room, indexed, message) in all.OrderByDescending(m => SearchPlace.Of(m.Room, m.Message)))
        {
            if (SearchPlace.Of(room, message).CompareTo(place) >= 0 || message.SentAt < query.From || message.SentAt >= query.Until || blocked.Contains(message.Sender.Id) || !Matches(query, room, message))
                continue;
            if (!readable.TryGetValue(room, out var may))
                readable[room] = may = await MayReadAsync(room, indexed.Epoch, query, scope, ct);
            if (!may || await IsOtherByNowAsync(room, indexed, message.Message, ct))
                continue;
            if (hits.Count == limit)
                return new SearchPage(hits, SearchPlace.Of(hits[^1]).ToString());
            hits.Add(new SearchHit(room, indexed with { Sequence = message.Message }, message.Sender, message.SentAt, message.Text));
        }

        return new SearchPage(hits, null);
    }

    private static bool Matches(SearchQuery query, RoomId room, MessageIndexed message)
    {
        var words = SearchWords.Of(message.Text);
        var facts = SearchFacts.Of(room, message.Sender, message.Text, message.HasFile).ToHashSet(StringComparer.Ordinal);
        return query.Clauses.All(clause => clause.AnyOf.Any(all => all.All(Holds)));

        bool Holds(SearchPhrase phrase) =>
            (phrase.Words.Count == 1 && facts.Contains(phrase.Words[0]))
            || Enumerable.Range(0, Math.Max(0, words.Count - phrase.Words.Count + 1)).Any(i => phrase.StandsAt(words, i));
    }

    private async ValueTask<bool> MayReadAsync(RoomId id, Epoch epoch, SearchQuery query, SearchScope scope, CancellationToken ct)
    {
        if (await store.FindAsync(id, ct) is not { } room || room.Head.Epoch != epoch)
            return false;
        if (query.Rooms.Count > 0 && !query.Rooms.Any(asked => asked == id.Value || Folded.Of(asked) == Folded.Of(room.Name)))
            return false;
        var membership = await store.MembershipAsync(id, scope.Viewer, ct);
        if (membership is { IsRemoved: true })
            return false;
        return scope.Grants is { } grants ? grants.TryFind(id, out _) && (membership is not null || !room.IsDirect) : room.Visibility == Visibility.Public || membership is not null;
    }

    private async ValueTask<bool> IsOtherByNowAsync(RoomId room, Position indexed, long message, CancellationToken ct) =>
        (await store.ConcerningAsync(room, new Concerning([message], indexed.Sequence), ct)).Any(e => e.Content is MessageEdited or MessageDeleted);

    private Position Position_NeedsLock(RoomId room) => _rooms.TryGetValue(room, out var indexed) ? indexed.Position : Position.Start;

    private sealed class Indexed
    {
        public Position Position { get; set; }

        public SortedDictionary<long, MessageIndexed> Messages { get; } = [];
    }
}
