using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>How far people have read: kept by the directory, and told to the same person's other connections.</summary>
public sealed class ReadMarks(RoomAccess access, IRoomDirectory directory, Hub.Hub hub)
{
    /// <summary>Moves the caller's read mark forward, and tells the caller's own connections if it has moved.</summary>
    /// <returns>Where the mark stands.</returns>
    public async ValueTask<Outcome<ReadUpTo>> MoveAsync(Caller caller, RoomId room, Position position, CancellationToken ct)
    {
        var allowed = await access.AuthoriseAsync(caller, room, Act.Read, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;

        // A mark beyond the head, or of another life, would hide what is yet to come.
        if (await directory.FindAsync(room, ct) is not { } found)
            return Refusals.RoomNotFound;
        if (position.IsStart || position.Epoch != found.Head.Epoch || position.Sequence > found.Head.Sequence)
            return Refusals.BadPosition with { Message = "There is no such event in this room's log." };

        // Asked before it is moved, since most marks that are set again cost no write then.
        var user = caller.User.Id;
        var before = await directory.ReadMarkAsync(room, user, ct);
        if (before >= position.Sequence)
            return new ReadUpTo(position with { Sequence = before });
        var mark = position with { Sequence = await directory.MoveReadMarkAsync(room, user, position.Sequence, ct) };
        hub.TellRead(room, user, mark);
        return new ReadUpTo(mark);
    }
}

/// <summary>Where a read mark stands.</summary>
public sealed record ReadUpTo(Position Position);
