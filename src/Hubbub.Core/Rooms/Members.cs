using Hubbub.Core.Log;
using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>Who belongs to a room: joining, leaving, roles, and what is done to those who disturb. A removal ends the user's live subscriptions when its event is delivered.</summary>
public sealed class Members(RoomRegistry rooms, RoomAccess access, IRoomDirectory directory, Appender appender, TimeProvider time)
{
    /// <summary>Makes the caller a member of a public room, or of one that the token grants.</summary>
    public async ValueTask<Outcome<Membership>> JoinAsync(Caller caller, RoomId room, CancellationToken ct)
    {
        var allowed = await rooms.OpenAsync(caller, room, Act.Join, ct);
        if (!allowed.Is(out _, out var refusal))
            return refusal;

        // Anew: who joins again must not get back a role that was just taken.
        var now = await access.AuthoriseAnewAsync(caller, room, Act.Join, ct);
        return now.Is(out var standing, out refusal) ? await AddAsync(caller, room, standing.Role ?? Role.Member, ct) : refusal;
    }

    /// <summary>Leaves, or (owners and moderators) removes somebody else for good. Who leaves a direct room has it hidden from them until something new is said.</summary>
    public async ValueTask<Refusal?> RemoveAsync(Caller caller, RoomId room, UserId member, CancellationToken ct)
    {
        if (member != caller.User.Id)
            return (await ActAsync(caller, room, member, Act.RemoveMember, user => new MemberLeft(user, LeaveReason.Removed), ct)).Is(out _, out var refused) ? null : refused;
        var allowed = await access.AuthoriseAsync(caller, room, Act.Read, ct);
        if (!allowed.Is(out var standing, out var refusal))
            return refusal;
        if (standing.Room.IsDirect)
        {
            // By where the log stands now; the standing's own head may be a second old.
            if (await directory.FindAsync(room, ct) is { } now)
                await directory.HideAsync(room, member, now.Head.Sequence, ct);
            return null;
        }

        var known = await directory.MembershipAsync(room, member, ct);
        var outcome = await AppendAsync(caller, room, new MemberLeft(known?.User ?? caller.User, LeaveReason.Left));
        return outcome.Refusal ?? (outcome.Event is null ? Refusals.MemberNotFound : null);
    }

    /// <summary>Sends a member away (owners and moderators), who may come back.</summary>
    public async ValueTask<Refusal?> KickAsync(Caller caller, RoomId room, UserId member, CancellationToken ct)
    {
        var acted = await ActAsync(caller, room, member, Act.RemoveMember, user => new MemberLeft(user, LeaveReason.Kicked), ct);
        return acted.Is(out var changed, out var refusal) ? changed.Event is null ? Refusals.MemberNotFound : null : refusal;
    }

    /// <summary>Changes the role of a present member (owners); one's own too, unless there would be no owner left.</summary>
    public async ValueTask<Outcome<Membership>> ChangeRoleAsync(Caller caller, RoomId room, UserId member, Role role, CancellationToken ct)
    {
        var acted = await ActAsync(caller, room, member, Act.ChangeRole, user => new RoleChanged(user, role), ct);
        if (!acted.Is(out _, out var refusal))
            return refusal;
        return await directory.MembershipAsync(room, member, ct) is { IsRemoved: false } membership ? membership : Refusals.MemberNotFound;
    }

    /// <summary>Keeps somebody from writing for a time (owners and moderators), member or not; again: from now on for the new time.</summary>
    public async ValueTask<Outcome<MemberMuted>> MuteAsync(Caller caller, RoomId room, UserId member, long? seconds, CancellationToken ct)
    {
        if (seconds is not { } asked || asked < 1 || asked > Limits.MaxMuteSeconds)
            return Refusals.BadRequest($"'seconds' is from 1 to {Limits.MaxMuteSeconds}.");
        var until = UnixTime.Whole(time.GetUtcNow().AddSeconds(asked));
        var acted = await ActAsync(caller, room, member, Act.Mute, user => new MemberMuted(user, until), ct);
        return acted.Is(out var changed, out var refusal) ? (MemberMuted)changed.Event!.Content : refusal;
    }

    /// <summary>Lets somebody write again; again: nothing changes.</summary>
    public async ValueTask<Refusal?> UnmuteAsync(Caller caller, RoomId room, UserId member, CancellationToken ct) =>
        (await ActAsync(caller, room, member, Act.Mute, user => new MemberUnmuted(user), ct)).Is(out _, out var refusal) ? null : refusal;

    /// <summary>Does something to somebody, whom the caller must outrank; an owner may step down alone.</summary>
    private async ValueTask<Outcome<Changed>> ActAsync(Caller caller, RoomId room, UserId member, Act act, Func<User, EventContent> content, CancellationToken ct)
    {
        var allowed = await access.AuthoriseAsync(caller, room, act, ct);
        if (!allowed.Is(out var standing, out var refusal))
            return refusal;
        var known = await directory.MembershipAsync(room, member, ct);
        if (!standing.Outranks(known) && !(act == Act.ChangeRole && member == caller.User.Id))
            return Refusals.Forbidden("Nobody may do this to somebody of the same or a higher role.");

        // Somebody who reads or writes in a public room without being a member can be acted on too: shown by the id.
        var outcome = await AppendAsync(caller, room, content(known?.User ?? new User(member, member.Value)));
        return outcome.Refusal is { } refused ? refused : new Changed(room, outcome.Event?.Position ?? default, outcome.Event);
    }

    private Task<AppendOutcome> AppendAsync(Caller caller, RoomId room, EventContent content) =>
        appender.AppendAsync(new Draft(room, caller.User, time.GetUtcNow(), null, content));

    /// <summary>Adds the caller; the caller's right to it was checked (a public room, a grant, an invitation).</summary>
    internal async ValueTask<Outcome<Membership>> AddAsync(Caller caller, RoomId room, Role role, CancellationToken ct)
    {
        var outcome = await AppendAsync(caller, room, new MemberJoined(caller.User, role));
        if (outcome.Refusal is { } refused)
            return refused;
        return await directory.MembershipAsync(room, caller.User.Id, ct) is { } membership ? membership : Refusals.MemberNotFound;
    }
}
