using System.Globalization;
using System.Text.Json;
using Hubbub.Core.Rooms;
using Hubbub.Core.Search;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;
using SQLitePCL;

namespace Hubbub.Stores.Sqlite.Search;

/// <summary>The questions to the index, on one connection with the store beside it. Used by one thread at a time.</summary>
internal sealed class SearchReader(Database database) : IDisposable
{
    private const string Columns = "m.id, r.id, r.epoch, m.sequence, m.sender_id, m.sender_name, m.sent_at, m.text";

    /// <summary>The words lead, newest first; each message found is looked up, and whether its room may be read.</summary>
    private const string ByTerms = $"""
        SELECT {Columns}
        FROM terms t CROSS JOIN messages m ON m.id = t.rowid CROSS JOIN rooms r ON r.number = m.room_number
        WHERE t.terms MATCH ?1 AND t.rowid >= ?2 AND t.rowid < ?3 AND
        """;

    private const string ByTime = $"""
        SELECT {Columns}
        FROM messages m CROSS JOIN rooms r ON r.number = m.room_number
        WHERE ?1 IS NULL AND m.id >= ?2 AND m.id < ?3 AND
        """;

    /// <summary>
    /// What the store says at this moment. A room of another life is not found before it was taken in anew, nor what was edited or deleted behind where the index stands: by whichever of the two files was looked at first, what is acknowledged
    /// before the question is either in the index or seen here.
    /// </summary>
    private const string Standing = """
        NOT EXISTS (SELECT 1 FROM store.blocks b WHERE b.user_id = ?4 AND b.blocked_id = m.sender_id)
        AND EXISTS (
            SELECT 1 FROM store.rooms s LEFT JOIN store.members k ON k.room_number = s.number AND k.user_id = ?4
            WHERE s.id = r.id AND s.epoch = r.epoch
                AND NOT EXISTS (
                    SELECT 1 FROM store.events e
                    WHERE e.room_number = s.number AND e.target = m.sequence AND e.sequence > r.sequence AND e.type IN ('message_edited', 'message_deleted'))
                AND
        """;

    private const string OfViewer = Standing + " CASE WHEN k.user_id IS NULL THEN s.visibility = 0 ELSE k.role IS NOT NULL END)";

    /// <summary>With grants in a token: in those rooms and no other, member or not; but never who was removed, and no direct room of others.</summary>
    private const string OfGrants = Standing + """
             (k.user_id IS NULL OR k.role IS NOT NULL)
                AND (k.user_id IS NOT NULL OR s.visibility = 0 OR s.id NOT GLOB 'direct.*' OR length(s.id) <> 47)
                AND EXISTS (SELECT 1 FROM json_each(?6) g WHERE CASE WHEN g.value LIKE '%*' THEN substr(s.id, 1, length(g.value) - 1) = substr(g.value, 1, length(g.value) - 1) ELSE s.id = g.value END))
        """;

    private readonly Dictionary<string, Statement> _statements = [];

    private readonly Statement _behind = database.Prepare("""
        SELECT s.id, s.epoch, s.head, r.epoch, r.sequence
        FROM store.rooms s LEFT JOIN rooms r ON r.id = s.id
        WHERE r.id IS NULL OR r.epoch <> s.epoch OR r.sequence <> s.head
        ORDER BY s.number
        LIMIT ?1
        """);

    private readonly Statement _named = database.Prepare($"""
        SELECT s.id FROM store.rooms s WHERE s.id IN (SELECT value FROM json_each(?1)) OR {Database.Fold}(s.name) IN (SELECT value FROM json_each(?2)) LIMIT 100
        """);

    public List<RoomBehind> Behind(int limit)
    {
        var behind = new List<RoomBehind>();
        using var rows = _behind.Set(1, limit).Rows();
        while (rows.Next())
        {
            behind.Add(new RoomBehind(
                RoomId.Parse(rows.Text(0)), new Position(new Epoch((uint)rows.Number(1)), rows.Number(2)),
                rows.IsNull(3) ? Position.Start : new Position(new Epoch((uint)rows.Number(3)), rows.Number(4))));
        }

        return behind;
    }

    /// <summary>Null if it was not done when it had to be.</summary>
    public SearchPage? Find(SearchQuery query, SearchScope scope, long before, int limit, Func<bool> isEnough)
    {
        database.StopWhen(isEnough);
        try
        {
            return Find(query, scope, before, limit);
        }
        catch (SqliteFailure failure) when (failure.Code == raw.SQLITE_INTERRUPT)
        {
            return null;
        }
        finally
        {
            database.StopWhen(null);
        }
    }

    public void Dispose() => database.Dispose();

    private SearchPage Find(SearchQuery query, SearchScope scope, long before, int limit)
    {
        var clauses = query.Clauses;
        if (query.Rooms.Count > 0)
        {
            var rooms = RoomsOf(query.Rooms);
            if (rooms.Count == 0)
                return new SearchPage([], null);
            clauses = [.. clauses, new SearchClause([.. rooms.Select(room => new[] { new SearchPhrase([SearchFacts.Room(room)]) })])];
        }

        var statement = StatementFor((clauses.Count > 0 ? ByTerms : ByTime) + "\n" + (scope.Grants is null ? OfViewer : OfGrants) + "\nORDER BY " + (clauses.Count > 0 ? "t.rowid" : "m.id") + " DESC LIMIT ?5")
            .Set(1, clauses.Count > 0 ? SearchTerms.Match(clauses) : null)
            .Set(2, SearchIds.First(query.From))
            .Set(3, Math.Min(before, query.Until is { } until ? SearchIds.First(until) : long.MaxValue))
            .Set(4, scope.Viewer.Value).Set(5, limit + 1);
        if (scope.Grants is { } grants)
            statement.Set(6, JsonSerializer.Serialize(grants.Patterns.Keys));
        var hits = new List<SearchHit>();
        var last = 0L;
        using var rows = statement.Rows();
        while (rows.Next())
        {
            if (hits.Count == limit)
                return new SearchPage(hits, last.ToString(CultureInfo.InvariantCulture));
            last = rows.Number(0);
            hits.Add(new SearchHit(
                RoomId.Parse(rows.Text(1)), new Position(new Epoch((uint)rows.Number(2)), rows.Number(3)), new User(UserId.Parse(rows.Text(4)), rows.Text(5)),
                DateTimeOffset.FromUnixTimeMilliseconds(rows.Number(6)), rows.Text(7)));
        }

        return new SearchPage(hits, null);
    }

    private List<RoomId> RoomsOf(IReadOnlyList<string> asked)
    {
        var found = new List<RoomId>();
        using var rows = _named.Set(1, JsonSerializer.Serialize(asked)).Set(2, JsonSerializer.Serialize(asked.Select(Folded.Of))).Rows();
        while (rows.Next())
            found.Add(RoomId.Parse(rows.Text(0)));
        return found;
    }

    private Statement StatementFor(string sql) => _statements.TryGetValue(sql, out var known) ? known : _statements[sql] = database.Prepare(sql);
}
