using System.Globalization;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;

namespace Hubbub.Stores.Sqlite.Reading;

/// <summary>The questions to the directory, on one read connection.</summary>
internal sealed class DirectoryReader(Database database)
{
    private const string RoomColumns = "r.id, r.name, r.visibility, r.epoch, r.head, r.created_at, r.consistency, r.topic, r.archived, r.slow_mode, r.muted_until";
    private const string MemberColumns = "m.user_id, m.user_name, m.role, m.since";
    private const string InvitationColumns = "i.id, r.id, i.token_hash, i.created_by, i.created_at, i.expires_at, i.revoked";
    private const int MaxInvitations = 1000;

    private const string OfViewer = """
        LEFT JOIN members m ON m.room_number = r.number AND m.user_id = ?1
        LEFT JOIN read_marks k ON k.room_number = r.number AND k.user_id = ?1
        """;

    /// <summary>Whom <c>e</c> mentions after its newest edit.</summary>
    private const string StandingMentions = """
        coalesce(
            (SELECT coalesce(x.mentions, '') FROM events x WHERE x.room_number = e.room_number AND x.target = e.sequence AND x.type = 'message_edited' ORDER BY x.sequence DESC LIMIT 1),
            e.mentions)
        """;

    /// <summary>What of <c>e</c> may count. Of a deleted message the body is empty.</summary>
    private static readonly string IsNews = $"e.room_number = r.number AND e.sequence > {UnreadBehind} AND e.type = 'message' AND e.body <> '' AND e.sender_id <> ?1";

    /// <summary>
    /// The rule of <see cref="Unread"/>, as arithmetic. Few events mention the viewer, so what a message says by now is looked up of those alone that ever did: by the message or by an edit of it.
    /// </summary>
    private static readonly string ListingColumns = string.Create(CultureInfo.InvariantCulture, $"""
        {RoomColumns}, m.role, k.sequence,
        CASE WHEN m.role IS NULL AND coalesce(k.sequence, 0) = 0 THEN NULL ELSE min({Unread.Most},
            (SELECT count(*) FROM events e WHERE {IsNews} AND e.target IS NULL))
        END,
        CASE WHEN m.role IS NULL AND coalesce(k.sequence, 0) = 0 THEN NULL ELSE min({Unread.Most},
            (SELECT count(*) FROM events e
             WHERE {IsNews}
                 AND e.sequence IN (
                     SELECT CASE c.type WHEN 'message' THEN c.sequence ELSE c.target END
                     FROM events c
                     WHERE c.room_number = r.number AND c.sequence > {UnreadBehind} AND c.type IN ('message', 'message_edited') AND {MentionsViewer("c.mentions")})
                 AND {MentionsViewer(StandingMentions)}))
        END
        """);

    private static string MentionsViewer(string mentions) => $"(instr(' ' || {mentions} || ' ', ' ' || ?1 || ' ') > 0 OR instr(' ' || {mentions} || ' ', ' {Mentions.Everybody} ') > 0)";

    private static string UnreadBehind => string.Create(CultureInfo.InvariantCulture, $"max(coalesce(k.sequence, 0), r.head - {Unread.NewestEvents})");

    /// <summary>Not LIKE, which has wildcards and knows no letters but those of English.</summary>
    private const string Matches = $"(?4 IS NULL OR instr({Database.Fold}(r.name), ?4) > 0 OR instr({Database.Fold}(r.topic), ?4) > 0 OR instr({Database.Fold}(r.id), ?4) > 0)";

    private readonly Statement _find = database.Prepare($"SELECT {RoomColumns} FROM rooms r WHERE r.id = ?1");

    // The public rooms come from their own index, cut to the page before anything is joined; the private ones from the viewer's memberships.
    // Asked in one go (visibility = 0 OR a membership), every private room of others would be read and thrown away.
    // What is unread is counted when the page is known, and for its rooms alone.
    private readonly Statement _list = database.Prepare($"""
        WITH visible (number, id) AS (
            SELECT number, id FROM (
                SELECT r.number, r.id FROM rooms r WHERE r.visibility = 0 AND r.id > ?2 AND {Matches} ORDER BY r.id LIMIT ?3)
            UNION ALL
            SELECT r.number, r.id
            FROM members m JOIN rooms r ON r.number = m.room_number
            WHERE m.user_id = ?1 AND m.role IS NOT NULL AND r.visibility = 1 AND r.id > ?2 AND {Matches}
                AND NOT EXISTS (SELECT 1 FROM hidden_rooms h WHERE h.user_id = ?1 AND h.room_number = r.number AND h.up_to >= r.head)
        ),
        page (number) AS MATERIALIZED (SELECT number FROM visible ORDER BY id LIMIT ?3)
        SELECT {ListingColumns}
        FROM page p JOIN rooms r ON r.number = p.number {OfViewer}
        ORDER BY r.id
        """);

    private readonly Statement _look = database.Prepare($"SELECT {ListingColumns} FROM rooms r {OfViewer} WHERE r.id = ?2");

    private readonly Statement _membership = database.Prepare($"""
        SELECT {MemberColumns}
        FROM rooms r JOIN members m ON m.room_number = r.number
        WHERE r.id = ?1 AND m.user_id = ?2
        """);

    private readonly Statement _mute = database.Prepare("""
        SELECT x.until FROM rooms r JOIN mutes x ON x.room_number = r.number WHERE r.id = ?1 AND x.user_id = ?2
        """);

    private readonly Statement _members = database.Prepare($"""
        SELECT {MemberColumns}
        FROM members m
        WHERE m.room_number = (SELECT number FROM rooms WHERE id = ?1) AND m.user_id > ?2 AND m.role IS NOT NULL
        ORDER BY m.user_id
        LIMIT ?3
        """);

    private readonly Statement _invitation = database.Prepare($"""
        SELECT {InvitationColumns}
        FROM invitations i JOIN rooms r ON r.number = i.room_number
        WHERE i.token_hash = ?1
        """);

    private readonly Statement _invitations = database.Prepare($"""
        SELECT {InvitationColumns}
        FROM rooms r JOIN invitations i ON i.room_number = r.number
        WHERE r.id = ?1 AND i.revoked = 0 AND i.expires_at > ?2
        ORDER BY i.created_at, i.id
        LIMIT ?3
        """);

    private readonly Statement _readMark = database.Prepare("""
        SELECT k.sequence
        FROM rooms r JOIN read_marks k ON k.room_number = r.number
        WHERE r.id = ?1 AND k.user_id = ?2
        """);

    public Room? Find(RoomId room)
    {
        using var rows = _find.Set(1, room.Value).Rows();
        return rows.Next() ? ReadRoom(rows) : null;
    }

    public RoomListing? Look(RoomId room, UserId viewer)
    {
        using var rows = _look.Set(1, viewer.Value).Set(2, room.Value).Rows();
        return rows.Next() ? ReadListing(rows) : null;
    }

    public List<RoomListing> List(UserId viewer, string? matching, RoomId? after, int limit)
    {
        var listings = new List<RoomListing>();
        using var rows = _list.Set(1, viewer.Value).Set(2, after?.Value ?? "").Set(3, limit).Set(4, matching is null ? null : Folded.Of(matching)).Rows();
        while (rows.Next())
            listings.Add(ReadListing(rows));
        return listings;
    }

    public Membership? Membership(RoomId room, UserId user)
    {
        using var rows = _membership.Set(1, room.Value).Set(2, user.Value).Rows();
        return rows.Next() ? ReadMembership(rows) : null;
    }

    public DateTimeOffset? MutedUntil(RoomId room, UserId user)
    {
        using var rows = _mute.Set(1, room.Value).Set(2, user.Value).Rows();
        return rows.Next() ? Time(rows.Number(0)) : null;
    }

    public List<Membership> Members(RoomId room, UserId? after, int limit)
    {
        var members = new List<Membership>();
        using var rows = _members.Set(1, room.Value).Set(2, after?.Value ?? "").Set(3, limit).Rows();
        while (rows.Next())
            members.Add(ReadMembership(rows));
        return members;
    }

    public IReadOnlyDictionary<RoomId, IReadOnlyList<User>> People(IReadOnlyList<RoomId> rooms) =>
        rooms.Distinct().Where(room => Find(room) is not null).ToDictionary(room => room, IReadOnlyList<User> (room) => [.. Members(room, null, Limits.MaxPage).Select(m => m.User)]);

    public Invitation? Invitation(string tokenHash)
    {
        using var rows = _invitation.Set(1, tokenHash).Rows();
        return rows.Next() ? ReadInvitation(rows) : null;
    }

    public List<Invitation> Invitations(RoomId room, DateTimeOffset now)
    {
        var invitations = new List<Invitation>();
        using var rows = _invitations.Set(1, room.Value).Set(2, now.ToUnixTimeMilliseconds()).Set(3, MaxInvitations).Rows();
        while (rows.Next())
            invitations.Add(ReadInvitation(rows));
        return invitations;
    }

    public long ReadMark(RoomId room, UserId user)
    {
        using var rows = _readMark.Set(1, room.Value).Set(2, user.Value).Rows();
        return rows.Next() ? rows.Number(0) : 0;
    }

    private static Room ReadRoom(in Statement.RowReader rows) => new(
        RoomId.Parse(rows.Text(0)),
        rows.Text(1),
        (Visibility)rows.Number(2),
        new Position(new Epoch((uint)rows.Number(3)), rows.Number(4)),
        Time(rows.Number(5)),
        (Consistency)rows.Number(6))
    {
        Topic = rows.Text(7),
        IsArchived = rows.Number(8) != 0,
        SlowModeSeconds = (int)rows.Number(9),
        MutedUntil = rows.NumberOrNull(10) is { } until ? Time(until) : DateTimeOffset.MinValue,
    };

    private static RoomListing ReadListing(in Statement.RowReader rows) =>
        new(ReadRoom(rows), ReadRole(rows, 11), rows.Number(12), (int?)rows.NumberOrNull(13), (int?)rows.NumberOrNull(14));

    private static Membership ReadMembership(in Statement.RowReader rows) =>
        new(new User(UserId.Parse(rows.Text(0)), rows.Text(1)), ReadRole(rows, 2), Time(rows.Number(3)));

    private static Invitation ReadInvitation(in Statement.RowReader rows) => new(
        rows.Text(0),
        RoomId.Parse(rows.Text(1)),
        rows.Text(2),
        UserId.Parse(rows.Text(3)),
        Time(rows.Number(4)),
        Time(rows.Number(5)),
        rows.Number(6) != 0);

    private static Role? ReadRole(in Statement.RowReader rows, int column) => rows.IsNull(column) ? null : (Role)rows.Number(column);

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
