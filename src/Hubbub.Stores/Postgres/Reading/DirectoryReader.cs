using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;

namespace Hubbub.Stores.Postgres.Reading;

/// <summary>The questions to the directory.</summary>
internal static class DirectoryReader
{
    private const string RoomColumns = "room.id, room.name, room.visibility, room.epoch, room.head, room.created_at, room.consistency";
    private const string MemberColumns = "member.user_id, member.user_name, member.role, member.since";
    private const string InvitationColumns = "id, room_id, token_hash, created_by, created_at, expires_at, revoked";
    private const int MaxInvitations = 1000;

    // The public rooms come from their own index, cut to the page before anything is joined; the private ones from the viewer's memberships.
    // Asked in one go (visibility = 0 OR a membership), every private room of others would be read and thrown away.
    private const string ListQuery = $"""
        WITH visible AS (
            (SELECT id FROM hubbub.rooms WHERE visibility = 0 AND id > $2 ORDER BY id LIMIT $3)
            UNION ALL
            (SELECT room.id
             FROM hubbub.members member JOIN hubbub.rooms room ON room.id = member.room_id
             WHERE member.user_id = $1 AND member.role IS NOT NULL AND room.visibility = 1 AND room.id > $2
             ORDER BY room.id LIMIT $3)
        )
        SELECT {RoomColumns}, member.role, coalesce(mark.sequence, 0)
        FROM visible
        JOIN hubbub.rooms room ON room.id = visible.id
        LEFT JOIN hubbub.members member ON member.room_id = room.id AND member.user_id = $1
        LEFT JOIN hubbub.read_marks mark ON mark.room_id = room.id AND mark.user_id = $1
        ORDER BY room.id
        LIMIT $3
        """;

    private const string MembersQuery = $"""
        SELECT {MemberColumns}
        FROM hubbub.members member
        WHERE member.room_id = $1 AND member.user_id > $2 AND member.role IS NOT NULL
        ORDER BY member.user_id
        LIMIT $3
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

    public static Task<List<RoomListing>> ListAsync(NpgsqlConnection connection, UserId viewer, RoomId? after, int limit) => connection
        .Command(ListQuery).With(viewer.Value).With(after?.Value ?? "").With(limit)
        .ManyAsync(rows => new RoomListing(ReadRoom(rows), ReadRole(rows, 7), rows.GetInt64(8)));

    public static Task<Membership?> MembershipAsync(NpgsqlConnection connection, RoomId room, UserId user) => connection
        .Command($"SELECT {MemberColumns} FROM hubbub.members member WHERE member.room_id = $1 AND member.user_id = $2")
        .With(room.Value).With(user.Value).OneAsync<Membership?>(ReadMembership);

    public static Task<List<Membership>> MembersAsync(NpgsqlConnection connection, RoomId room, UserId? after, int limit) => connection
        .Command(MembersQuery).With(room.Value).With(after?.Value ?? "").With(limit).ManyAsync(ReadMembership);

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
        (Consistency)rows.GetInt16(6));

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
