using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite.Driver;

namespace Hubbub.Stores.Sqlite.Writing;

/// <summary>The directory's own writes, inside the writer's transaction. Used by the writer's thread alone.</summary>
internal sealed class DirectoryWriter(Database database, TimeProvider time)
{
    /// <summary>How long a used ticket is remembered after it expired: more than any two clocks differ.</summary>
    private static readonly TimeSpan TicketMemory = TimeSpan.FromMinutes(5);

    private readonly Statement _addInvitation = database.Prepare("""
        INSERT INTO invitations (room_number, id, token_hash, created_by, created_at, expires_at, revoked)
        SELECT number, ?2, ?3, ?4, ?5, ?6, ?7 FROM rooms WHERE id = ?1
        """);

    private readonly Statement _revokeInvitation = database.Prepare("""
        UPDATE invitations SET revoked = 1 WHERE room_number = (SELECT number FROM rooms WHERE id = ?1) AND id = ?2
        """);

    private readonly Statement _moveReadMark = database.Prepare("""
        INSERT INTO read_marks (room_number, user_id, sequence)
        SELECT number, ?2, max(?3, 0) FROM rooms WHERE id = ?1
        ON CONFLICT (room_number, user_id) DO UPDATE SET sequence = max(sequence, excluded.sequence)
        RETURNING sequence
        """);

    private readonly Statement _hide = database.Prepare("""
        INSERT INTO hidden_rooms (room_number, user_id, up_to)
        SELECT number, ?2, ?3 FROM rooms WHERE id = ?1
        ON CONFLICT (room_number, user_id) DO UPDATE SET up_to = max(up_to, excluded.up_to)
        """);

    private readonly Statement _unhide = database.Prepare("DELETE FROM hidden_rooms WHERE user_id = ?2 AND room_number = (SELECT number FROM rooms WHERE id = ?1)");

    private readonly Statement _useTicket = database.Prepare("INSERT INTO used_tickets (id, expires_at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING");

    private readonly Statement _forgetTickets = database.Prepare("DELETE FROM used_tickets WHERE expires_at < ?1");

    public void AddInvitation(Invitation invitation)
    {
        int added;
        try
        {
            added = _addInvitation.Set(1, invitation.Room.Value).Set(2, invitation.Id).Set(3, invitation.TokenHash)
                .Set(4, invitation.CreatedBy.Value).Set(5, invitation.CreatedAt.ToUnixTimeMilliseconds())
                .Set(6, invitation.ExpiresAt.ToUnixTimeMilliseconds()).Set(7, invitation.Revoked ? 1 : 0).Run();
        }
        catch (SqliteFailure failure) when (failure.IsConstraint)
        {
            throw new ArgumentException("This room has an invitation with this id, or there is one with this token.", nameof(invitation), failure);
        }

        if (added == 0)
            throw new ArgumentException("An invitation needs a room that exists.", nameof(invitation));
    }

    public bool RevokeInvitation(RoomId room, string id) => _revokeInvitation.Set(1, room.Value).Set(2, id).Run() == 1;

    public long MoveReadMark(RoomId room, UserId user, long sequence)
    {
        using var rows = _moveReadMark.Set(1, room.Value).Set(2, user.Value).Set(3, sequence).Rows();
        if (!rows.Next())
            return 0;
        var mark = rows.Number(0);

        // A row that RETURNING gives is not final before the statement has ended.
        rows.Next();
        return mark;
    }

    public bool Hide(RoomId room, UserId user, long upTo) => upTo == 0
        ? _unhide.Set(1, room.Value).Set(2, user.Value).Run() == 1
        : _hide.Set(1, room.Value).Set(2, user.Value).Set(3, upTo).Run() == 1;

    public bool TryUseTicket(string id, DateTimeOffset expiresAt)
    {
        _forgetTickets.Set(1, (time.GetUtcNow() - TicketMemory).ToUnixTimeMilliseconds()).Run();
        return _useTicket.Set(1, id).Set(2, expiresAt.ToUnixTimeMilliseconds()).Run() == 1;
    }
}
