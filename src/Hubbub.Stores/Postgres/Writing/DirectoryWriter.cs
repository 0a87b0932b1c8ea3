using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;

namespace Hubbub.Stores.Postgres.Writing;

/// <summary>The directory's own changes, a statement and so a transaction each. They lock nothing that an append locks.</summary>
internal static class DirectoryWriter
{
    private const string AddInvitationStatement = """
        INSERT INTO hubbub.invitations (room_id, id, token_hash, created_by, created_at, expires_at, revoked)
        SELECT room.id, $2, $3, $4, $5, $6, $7 FROM hubbub.rooms room WHERE room.id = $1
        """;

    private const string MoveReadMarkStatement = """
        INSERT INTO hubbub.read_marks AS mark (room_id, user_id, sequence)
        SELECT room.id, $2, greatest($3, 0) FROM hubbub.rooms room WHERE room.id = $1
        ON CONFLICT (room_id, user_id) DO UPDATE SET sequence = greatest(mark.sequence, excluded.sequence)
        RETURNING sequence
        """;

    private const string HideStatement = """
        INSERT INTO hubbub.hidden_rooms AS hidden (room_id, user_id, up_to)
        SELECT room.id, $2, $3 FROM hubbub.rooms room WHERE room.id = $1
        ON CONFLICT (room_id, user_id) DO UPDATE SET up_to = greatest(hidden.up_to, excluded.up_to)
        """;

    // Old ones are forgotten by the way, some at a time, and none that another node is forgetting.
    private const string UseTicketStatement = """
        WITH old AS (
            SELECT id FROM hubbub.used_tickets WHERE expires_at < $3 ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED
        ), forgotten AS (
            DELETE FROM hubbub.used_tickets ticket USING old WHERE ticket.id = old.id
        )
        INSERT INTO hubbub.used_tickets (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING
        """;

    /// <summary>How long a used ticket is remembered after it expired: more than any two clocks differ.</summary>
    private static readonly TimeSpan TicketMemory = TimeSpan.FromMinutes(5);

    /// <exception cref="ArgumentException">There is no such room, or the id or token hash is taken.</exception>
    public static async Task<bool> AddInvitationAsync(NpgsqlConnection connection, Invitation invitation)
    {
        try
        {
            var added = await connection.Command(AddInvitationStatement)
                .With(invitation.Room.Value).With(invitation.Id).With(invitation.TokenHash).With(invitation.CreatedBy.Value)
                .With(invitation.CreatedAt.ToUnixTimeMilliseconds()).With(invitation.ExpiresAt.ToUnixTimeMilliseconds()).With(invitation.Revoked)
                .RunAsync();
            return added == 1 ? true : throw new ArgumentException("An invitation needs a room that exists.", nameof(invitation));
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new ArgumentException("This room has an invitation with this id, or there is one with this token.", nameof(invitation), e);
        }
    }

    public static async Task<bool> RevokeInvitationAsync(NpgsqlConnection connection, RoomId room, string id) => await connection
        .Command("UPDATE hubbub.invitations SET revoked = true WHERE room_id = $1 AND id = $2").With(room.Value).With(id).RunAsync() == 1;

    public static Task<long> MoveReadMarkAsync(NpgsqlConnection connection, RoomId room, UserId user, long sequence) => connection
        .Command(MoveReadMarkStatement).With(room.Value).With(user.Value).With(sequence).OneAsync(rows => rows.GetInt64(0));

    public static async Task<bool> HideAsync(NpgsqlConnection connection, RoomId room, UserId user, long upTo) => upTo == 0
        ? await connection.Command("DELETE FROM hubbub.hidden_rooms WHERE room_id = $1 AND user_id = $2").With(room.Value).With(user.Value).RunAsync() == 1
        : await connection.Command(HideStatement).With(room.Value).With(user.Value).With(upTo).RunAsync() == 1;

    public static async Task<bool> TryUseTicketAsync(NpgsqlConnection connection, string id, DateTimeOffset expiresAt, DateTimeOffset now) => await connection
        .Command(UseTicketStatement)
        .With(id).With(expiresAt.ToUnixTimeMilliseconds()).With((now - TicketMemory).ToUnixTimeMilliseconds())
        .RunAsync() == 1;
}
