using Hubbub.Core.Rooms;
using Hubbub.Core.Search;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;
using NpgsqlTypes;

namespace Hubbub.Stores.Postgres.Search;

/// <summary>The questions to the index.</summary>
internal static class SearchReader
{
    private const string BehindQuery = """
        SELECT room.id, room.epoch, room.head, indexed.epoch, indexed.sequence
        FROM hubbub.rooms room LEFT JOIN hubbub.search_rooms indexed ON indexed.room_id = room.id
        WHERE indexed.room_id IS NULL OR indexed.epoch <> room.epoch OR indexed.sequence <> room.head
        ORDER BY room.id
        LIMIT $1
        """;

    private const string NamedQuery = """
        SELECT id FROM hubbub.rooms room WHERE id = ANY ($1) OR upper(name COLLATE "und-x-icu") IN (SELECT upper(asked COLLATE "und-x-icu") FROM unnest($1) asked) LIMIT 100
        """;

    /// <summary>
    /// What matches, the newest first, with OFFSET 0 around it: so the planner either walks by time and stops when the page is full, or sorts what has the words; and in both cases asks what stands of so many alone as the page takes.
    /// </summary>
    private const string Matching = """
        SELECT message.room_id, (SELECT room.epoch FROM hubbub.rooms room WHERE room.id = message.room_id), message.sequence, message.sender_id, message.sender_name, message.sent_at, message.body
        FROM (
            SELECT * FROM hubbub.search_messages message
            WHERE message.sent_at >= $3 AND message.sent_at < $4 AND (message.sent_at, message.sequence, message.room_id) < ($5, $6, $7)
        """;

    private const string Words = " AND message.terms @@ $2::tsquery";
    private const string NoWords = " AND $2::text IS NULL";
    private const string Newest = " ORDER BY message.sent_at DESC, message.sequence DESC, message.room_id DESC OFFSET 0) message";

    /// <summary>
    /// What the store says at this moment, in the same question. A room of another life is not found before it was taken in anew, nor what was edited or deleted behind where the index stands.
    /// </summary>
    private const string Standing = """

        WHERE (
            SELECT NOT EXISTS (SELECT FROM hubbub.blocks block WHERE block.user_id = $1 AND block.blocked_id = message.sender_id)
                AND NOT EXISTS (
                    SELECT FROM hubbub.events later
                    WHERE later.room_id = message.room_id AND later.target = message.sequence AND later.sequence > indexed.sequence AND later.type IN ('message_edited', 'message_deleted'))
                AND
        """;

    private const string OfRoom = """

            FROM hubbub.search_rooms indexed
            JOIN hubbub.rooms room ON room.id = indexed.room_id AND room.epoch = indexed.epoch
            LEFT JOIN hubbub.members member ON member.room_id = room.id AND member.user_id = $1
            WHERE indexed.room_id = message.room_id)
        """;

    private const string OfViewer = Standing + " CASE WHEN member.user_id IS NULL THEN room.visibility = 0 ELSE member.role IS NOT NULL END" + OfRoom;

    /// <summary>With grants in a token: in those rooms and no other, member or not; but never who was removed, and no direct room of others.</summary>
    private const string OfGrants = Standing + """
         (member.user_id IS NULL OR member.role IS NOT NULL)
                AND (member.user_id IS NOT NULL OR room.visibility = 0 OR room.id !~ '^direct\.[0-9a-f]{40}$')
                AND (message.room_id = ANY ($9) OR EXISTS (SELECT FROM unnest($10) prefix WHERE starts_with(message.room_id, prefix)))
        """ + OfRoom;

    public static Task<List<RoomBehind>> BehindAsync(NpgsqlConnection connection, int limit) => connection.Command(BehindQuery).With(limit).ManyAsync(rows => new RoomBehind(
        RoomId.Parse(rows.GetString(0)), new Position(new Epoch((uint)rows.GetInt64(1)), rows.GetInt64(2)),
        rows.IsDBNull(3) ? Position.Start : new Position(new Epoch((uint)rows.GetInt64(3)), rows.GetInt64(4))));

    public static Task<Position> PositionAsync(NpgsqlConnection connection, RoomId room) => connection
        .Command("SELECT epoch, sequence FROM hubbub.search_rooms WHERE room_id = $1").With(room.Value)
        .OneAsync(rows => new Position(new Epoch((uint)rows.GetInt64(0)), rows.GetInt64(1)));

    /// <summary>Null if the server gave up, as it had to.</summary>
    public static async Task<SearchPage?> FindAsync(NpgsqlConnection connection, SearchQuery query, SearchScope scope, SearchPlace before, int limit, TimeSpan longest)
    {
        var clauses = query.Clauses;
        if (query.Rooms.Count > 0)
        {
            var rooms = await connection.Command(NamedQuery).With([.. query.Rooms], NpgsqlDbType.Text).ManyAsync(found => RoomId.Parse(found.GetString(0)));
            if (rooms.Count == 0)
                return new SearchPage([], null);
            clauses = [.. clauses, new SearchClause([.. rooms.Select(room => new[] { new SearchPhrase([SearchFacts.Room(room)]) })])];
        }

        try
        {
            await using var transaction = await connection.BeginTransactionAsync();

            // How frequent the words are decides how they are best looked for, so each search is planned for its own.
            await connection.Command("SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('statement_timeout', $1, true)").With($"{(long)longest.TotalMilliseconds}ms").OneAsync(rows => rows.GetString(0));
            var command = connection.Command(Matching + (clauses.Count > 0 ? Words : NoWords) + Newest + (scope.Grants is null ? OfViewer : OfGrants) + " LIMIT $8")
                .With(scope.Viewer.Value).WithTextOrNull(clauses.Count > 0 ? SearchTerms.Query(clauses) : null)
                .With(query.From?.ToUnixTimeMilliseconds() ?? long.MinValue).With(query.Until?.ToUnixTimeMilliseconds() ?? long.MaxValue)
                .With(before.SentAt).With(before.Sequence).With(before.Room).With(limit + 1);
            if (scope.Grants is { } grants)
            {
                command = command.With([.. grants.Patterns.Keys.Where(p => !p.EndsWith('*'))], NpgsqlDbType.Text)
                    .With([.. grants.Patterns.Keys.Where(p => p.EndsWith('*')).Select(p => p[..^1])], NpgsqlDbType.Text);
            }

            var hits = await command.ManyAsync(rows => new SearchHit(
                RoomId.Parse(rows.GetString(0)), new Position(new Epoch((uint)rows.GetInt64(1)), rows.GetInt64(2)),
                new User(UserId.Parse(rows.GetString(3)), rows.GetString(4)), DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(5)), rows.GetString(6)));
            return hits.Count > limit
                ? new SearchPage(hits[..limit], SearchPlace.Of(hits[limit - 1]).ToString())
                : new SearchPage(hits, null);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            return null;
        }
    }
}
