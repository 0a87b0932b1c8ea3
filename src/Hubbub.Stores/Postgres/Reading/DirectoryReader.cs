using System.Globalization;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;

namespace Hubbub.Stores.Postgres.Reading;

/// <summary>The questions to the directory.</summary>
internal static class DirectoryReader
{
    private const string RoomColumns = "room.id, room.name, room.visibility, room.epoch, room.head, room.created_at, room.consistency, room.topic, room.archived, room.slow_mode, room.muted_until";
    private const string MemberColumns = "member.user_id, member.user_name, member.role, member.since";
    private const string InvitationColumns = "id, room_id, token_hash, created_by, created_at, expires_at, revoked";
    private const int MaxInvitations = 1000;

    private const string OfViewer = """
        LEFT JOIN hubbub.members member ON member.room_id = room.id AND member.user_id = $1
        LEFT JOIN hubbub.read_marks mark ON mark.room_id = room.id AND mark.user_id = $1
        """;

    /// <summary>Whom <c>event</c> mentions after its newest edit.</summary>
    private const string StandingMentions = """
        coalesce(
            (SELECT coalesce(edit.mentions, '') FROM hubbub.events edit
             WHERE edit.room_id = event.room_id AND edit.target = event.sequence AND edit.type = 'message_edited' ORDER BY edit.sequence DESC LIMIT 1),
            event.mentions)
        """;

    /// <summary>What of <c>event</c> may count. Of a deleted message the body is empty.</summary>
    private static readonly string IsNews = $"event.room_id = room.id AND event.sequence > {UnreadBehind} AND event.type = 'message' AND event.body <> '' AND event.sender_id <> $1";

    /// <summary>
    /// The rule of <see cref="Unread"/>, as arithmetic. Few events mention the viewer, so what a message says by now is looked up of those alone that ever did: by the message or by an edit of it.
    /// </summary>
    private static readonly string ListingColumns = string.Create(CultureInfo.InvariantCulture, $"""
        {RoomColumns}, member.role, coalesce(mark.sequence, 0),
        CASE WHEN member.role IS NULL AND coalesce(mark.sequence, 0) = 0 THEN NULL ELSE least({Unread.Most},
            (SELECT count(*) FROM hubbub.events event WHERE {IsNews} AND event.target IS NULL))::integer
        END,
        CASE WHEN member.role IS NULL AND coalesce(mark.sequence, 0) = 0 THEN NULL ELSE least({Unread.Most},
            (SELECT count(*) FROM hubbub.events event
             WHERE {IsNews}
                 AND event.sequence IN (
                     SELECT CASE candidate.type WHEN 'message' THEN candidate.sequence ELSE candidate.target END
                     FROM hubbub.events candidate
                     WHERE candidate.room_id = room.id AND candidate.sequence > {UnreadBehind} AND candidate.type IN ('message', 'message_edited')
                         AND {MentionsViewer("candidate.mentions")})
                 AND {MentionsViewer(StandingMentions)}))::integer
        END
        """);

    private static string MentionsViewer(string mentions) => $"string_to_array({mentions}, ' ') && ARRAY[$1, '{Mentions.Everybody}']";

    private static string UnreadBehind => string.Create(CultureInfo.InvariantCulture, $"greatest(coalesce(mark.sequence, 0), room.head - {Unread.NewestEvents})");

    /// <summary>Not LIKE, which has wildcards. The database's own upper() knows only the letters of its locale, which in "C" are those of English.</summary>
    private const string Matches =
        """
        ($4 IS NULL OR strpos(upper(room.name COLLATE "und-x-icu"), upper($4 COLLATE "und-x-icu")) > 0
            OR strpos(upper(room.topic COLLATE "und-x-icu"), upper($4 COLLATE "und-x-icu")) > 0 OR strpos(upper(room.id), upper($4)) > 0)
        """;

    // The public rooms come from their own index, cut to the page before anything is joined; the private ones from the viewer's memberships.
    // Asked in one go (visibility = 0 OR a membership), every private room of others would be read and thrown away.
    // What is unread is counted when the page is known, and for its rooms alone.
    private static readonly string ListQuery = $"""
        WITH visible AS (
            (SELECT room.id FROM hubbub.rooms room WHERE room.visibility = 0 AND room.id > $2 AND {Matches} ORDER BY room.id LIMIT $3)
            UNION ALL
            (SELECT room.id
             FROM hubbub.members member JOIN hubbub.rooms room ON room.id = member.room_id
             WHERE member.user_id = $1 AND member.role IS NOT NULL AND room.visibility = 1 AND room.id > $2 AND {Matches}
                AND NOT EXISTS (SELECT 1 FROM hubbub.hidden_rooms hidden WHERE hidden.user_id = $1 AND hidden.room_id = room.id AND hidden.up_to >= room.head)
             ORDER BY room.id LIMIT $3)
        ),
        page AS MATERIALIZED (SELECT id FROM visible ORDER BY id LIMIT $3)
        SELECT {ListingColumns}
        FROM page JOIN hubbub.rooms room ON room.id = page.id {OfViewer}
        ORDER BY room.id
        """;

    private static readonly string LookQuery = $"SELECT {ListingColumns} FROM hubbub.rooms room {OfViewer} WHERE room.id = $2";

    private const string MembersQuery = $"""
        SELECT {MemberColumns}
        FROM hubbub.members member
        WHERE member.room_id = $1 AND member.user_id > $2 AND member.role IS NOT NULL
        ORDER BY member.user_id
        LIMIT $3
        """;

    private const string PeopleQuery = """
        SELECT room.id, member.user_id, member.user_name
        FROM hubbub.rooms room LEFT JOIN hubbub.members member ON member.room_id = room.id AND member.role IS NOT NULL
        WHERE room.id = ANY ($1)
        ORDER BY room.id, member.user_id
        """;

    private const string InvitationsQuery = $"""
        SELECT {InvitationColumns}
        FROM hubbub.invitations
        WHERE room_id = $1 AND NOT revoked AND expires_at > $2
        ORDER BY created_at, id
        LIMIT $3
        """;

    public static Task<Room?> FindAsync(NpgsqlConnection connection, RoomId room) => connection
        .Command($"SELECT {RoomColumns} FROM hubbub.rooms room WHERE room.id = $1").With(room.Value).OneAsync<Room?>(ReadRoom);

    public static Task<RoomListing?> LookAsync(NpgsqlConnection connection, RoomId room, UserId viewer) => connection
        .Command(LookQuery).With(viewer.Value).With(room.Value).OneAsync<RoomListing?>(ReadListing);

    public static Task<List<RoomListing>> ListAsync(NpgsqlConnection connection, UserId viewer, string? matching, RoomId? after, int limit) => connection
        .Command(ListQuery).With(viewer.Value).With(after?.Value ?? "").With(limit).WithTextOrNull(matching).ManyAsync(ReadListing);

    public static Task<Membership?> MembershipAsync(NpgsqlConnection connection, RoomId room, UserId user) => connection
        .Command($"SELECT {MemberColumns} FROM hubbub.members member WHERE member.room_id = $1 AND member.user_id = $2")
        .With(room.Value).With(user.Value).OneAsync<Membership?>(ReadMembership);

    public static Task<DateTimeOffset?> MutedUntilAsync(NpgsqlConnection connection, RoomId room, UserId user) => connection
        .Command("SELECT until FROM hubbub.mutes WHERE room_id = $1 AND user_id = $2")
        .With(room.Value).With(user.Value).OneAsync<DateTimeOffset?>(rows => Time(rows.GetInt64(0)));

    public static Task<List<Membership>> MembersAsync(NpgsqlConnection connection, RoomId room, UserId? after, int limit) => connection
        .Command(MembersQuery).With(room.Value).With(after?.Value ?? "").With(limit).ManyAsync(ReadMembership);

    public static async Task<IReadOnlyDictionary<RoomId, IReadOnlyList<User>>> PeopleAsync(NpgsqlConnection connection, IReadOnlyList<RoomId> rooms)
    {
        var found = await connection.Command(PeopleQuery).With([.. rooms.Select(r => r.Value)], NpgsqlTypes.NpgsqlDbType.Text)
            .ManyAsync(rows => (Room: RoomId.Parse(rows.GetString(0)), User: rows.IsDBNull(1) ? null : new User(UserId.Parse(rows.GetString(1)), rows.GetString(2))));
        return found.GroupBy(row => row.Room).ToDictionary(of => of.Key, IReadOnlyList<User> (of) => [.. of.Select(row => row.User).OfType<User>()]);
    }

    public static Task<Invitation?> InvitationAsync(NpgsqlConnection connection, string tokenHash) => connection
        .Command($"SELECT {InvitationColumns} FROM hubbub.invitations WHERE token_hash = $1").With(tokenHash).OneAsync<Invitation?>(ReadInvitation);

    public static Task<List<Invitation>> InvitationsAsync(NpgsqlConnection connection, RoomId room, DateTimeOffset now) => connection
        .Command(InvitationsQuery).With(room.Value).With(now.ToUnixTimeMilliseconds()).With(MaxInvitations).ManyAsync(ReadInvitation);

    public static Task<long> ReadMarkAsync(NpgsqlConnection connection, RoomId room, UserId user) => connection
        .Command("SELECT sequence FROM hubbub.read_marks WHERE room_id = $1 AND user_id = $2")
        .With(room.Value).With(user.Value).OneAsync(rows => rows.GetInt64(0));

    private static Room ReadRoom(NpgsqlDataReader rows) => new(
        RoomId.Parse(rows.GetString(0)),
        rows.GetString(1),
        (Visibility)rows.GetInt16(2),
        new Position(new Epoch((uint)rows.GetInt64(3)), rows.GetInt64(4)),
        Time(rows.GetInt64(5)),
        (Consistency)rows.GetInt16(6))
    {
        Topic = rows.GetString(7),
        IsArchived = rows.GetBoolean(8),
        SlowModeSeconds = rows.GetInt32(9),
        MutedUntil = rows.NumberOrNull(10) is { } until ? Time(until) : DateTimeOffset.MinValue,
    };

    private static RoomListing ReadListing(NpgsqlDataReader rows) =>
        new(ReadRoom(rows), ReadRole(rows, 11), rows.GetInt64(12), rows.IsDBNull(13) ? null : rows.GetInt32(13), rows.IsDBNull(14) ? null : rows.GetInt32(14));

    private static Membership ReadMembership(NpgsqlDataReader rows) =>
        new(new User(UserId.Parse(rows.GetString(0)), rows.GetString(1)), ReadRole(rows, 2), Time(rows.GetInt64(3)));

    private static Invitation ReadInvitation(NpgsqlDataReader rows) => new(
        rows.GetString(0),
        RoomId.Parse(rows.GetString(1)),
        rows.GetString(2),
        UserId.Parse(rows.GetString(3)),
        Time(rows.GetInt64(4)),
        Time(rows.GetInt64(5)),
        rows.GetBoolean(6));

    private static Role? ReadRole(NpgsqlDataReader rows, int column) => rows.IsDBNull(column) ? null : (Role)rows.GetInt16(column);

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
