using Hubbub.Core.Log;
using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>Who belongs to a room: joining, leaving, removing. A removal ends the user's live subscriptions when its event is delivered.</summary>
public sealed class Members(RoomRegistry rooms, RoomAccess access, IRoomDirectory directory, Appender appender, TimeProvider time)
{
    /// <summary>Makes the caller a member of a public room, or of one that the token grants.</summary>
    public async ValueTask<Outcome<Membership>> JoinAsync(Caller caller, RoomId room, CancellationToken ct)
    {
        var allowed = await rooms.OpenAsync(caller, room, Act.Join, ct);
        if (!allowed.Is(out var standing, out var refusal))
            return refusal;
        return await AddAsync(caller, room, standing.Role ?? Role.Member, ct);
    }

    /// <summary>Leaves, or (owners) removes somebody else.</summary>
    public async ValueTask<Refusal?> RemoveAsync(Caller caller, RoomId room, UserId member, CancellationToken ct)
    {
        var self = member == caller.User.Id;
        var allowed = await access.AuthoriseAsync(caller, room, self ? Act.Read : Act.RemoveMember, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;
        var known = await directory.MembershipAsync(room, member, ct);

        // Somebody who reads a public room without being a member can be removed too: kept out by id, shown by it.
        var content = new MemberLeft(known?.User ?? new User(member, self ? caller.User.Name : member.Value), self ? LeaveReason.Left : LeaveReason.Removed);
        var outcome = await appender.AppendAsync(new Draft(room, caller.User, time.GetUtcNow(), null, content));
        return outcome.Refusal ?? (self && outcome.Event is null ? Refusals.MemberNotFound : null);
    }

    /// <summary>Adds the caller; the caller's right to it was checked (a public room, a grant, an invitation).</summary>
    internal async ValueTask<Outcome<Membership>> AddAsync(Caller caller, RoomId room, Role role, CancellationToken ct)
    {
        var outcome = await appender.AppendAsync(
            new Draft(room, caller.User, time.GetUtcNow(), null, new MemberJoined(caller.User, role)));
        if (outcome.Refusal is { } refused)
            return refused;
        return await directory.MembershipAsync(room, caller.User.Id, ct) is { } membership ? membership : Refusals.MemberNotFound;
    }
}
