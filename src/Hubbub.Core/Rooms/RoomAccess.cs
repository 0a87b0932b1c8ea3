using System.Collections.Concurrent;
using Hubbub.Core.Log;
using Hubbub.Core.People;
using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>What somebody wants to do in a room. Each act is judged by itself, each time.</summary>
public enum Act
{
    Read,
    Post,
    Join,
    Report,
    ReadReports,
    Rename,
    ChangeTopic,
    ChangePace,
    Archive,
    Pin,
    Invite,
    RemoveMember,
    ChangeRole,
    Mute,
    DeleteOthersMessage,
}

/// <summary>
/// Who may do what. Standings (room and membership) are kept for at most a second and dropped as soon as this node learns of a change, so that ten thousand
/// posts a second do not mean ten thousand look-ups; a removal made on another node whose announcement is lost takes effect within that second too.
/// </summary>
public sealed class RoomAccess
{
    private const int MaxKept = 50_000;

    private readonly IRoomDirectory _directory;
    private readonly IPeople _people;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<RoomId, ConcurrentDictionary<UserId, Kept>> _kept = new();

    // Never counted down when something is dropped: then all is let go a little earlier than it must be, and a room of which nothing is left counts too.
    private int _added;
    private int _version;

    public RoomAccess(IRoomDirectory directory, IPeople people, TimeProvider time, Delivery delivery)
    {
        _directory = directory;
        _people = people;
        _time = time;
        delivery.Committed += Forget;
    }

    /// <summary>How long a standing may be used without asking again.</summary>
    public static TimeSpan Freshness { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Judges an act. The room is returned when it is allowed.</summary>
    /// <remarks>Absent and forbidden rooms give the same answer to those who may not see them.</remarks>
    public ValueTask<Outcome<Standing>> AuthoriseAsync(Caller caller, RoomId room, Act act, CancellationToken ct) =>
        AuthoriseAsync(caller, room, act, Freshness, ct);

    /// <summary>Judges an act by what the store says now, not by what is kept.</summary>
    public ValueTask<Outcome<Standing>> AuthoriseAnewAsync(Caller caller, RoomId room, Act act, CancellationToken ct) =>
        AuthoriseAsync(caller, room, act, TimeSpan.Zero, ct);

    private async ValueTask<Outcome<Standing>> AuthoriseAsync(Caller caller, RoomId room, Act act, TimeSpan freshness, CancellationToken ct)
    {
        var now = _time.GetUtcNow();
        if (now >= caller.ExpiresAt)
            return Refusals.TokenExpired;
        Role? granted = null;
        if (caller.Grants is { } grants && !grants.TryFind(room, out granted))
            return Refusals.RoomNotFound;
        if (await StandingAsync(room, caller.User.Id, freshness, ct) is not { } standing)
            return Refusals.RoomNotFound;
        // What an application grants is said of rooms that it knows; whom people talk to alone is for them to say.
        if (granted is not null && !standing.Room.IsDirect)
            standing = standing with { Role = Max(standing.IsRemoved ? null : standing.Role, granted), IsRemoved = standing.IsRemoved };
        return Judge(standing, act, now) is { } refusal ? refusal : standing;
    }

    /// <summary>Drops what is kept about everyone in the room if the event may have changed it.</summary>
    public void Forget(RoomEvent e)
    {
        var member = e.Content switch
        {
            MemberJoined joined => joined.User,
            MemberLeft left => left.User,
            RoleChanged changed => changed.User,
            MemberMuted muted => muted.User,
            MemberUnmuted unmuted => unmuted.User,
            _ => null,
        };
        if (member is null && e.Content is not (RoomCreated or RoomRenamed or TopicChanged or SlowModeChanged or RoomArchived or RoomUnarchived))
            return;
        Interlocked.Increment(ref _version);
        if (member is null)
            _kept.TryRemove(e.Room, out _);
        else if (_kept.TryGetValue(e.Room, out var standings))
            standings.TryRemove(member.Id, out _);
    }

    private void Keep(RoomId room, UserId user, Kept kept)
    {
        if (Volatile.Read(ref _added) >= MaxKept)
        {
            _kept.Clear();
            Volatile.Write(ref _added, 0);
        }

        var standings = _kept.GetOrAdd(room, static _ => new ConcurrentDictionary<UserId, Kept>());
        if (standings.TryAdd(user, kept))
            Interlocked.Increment(ref _added);
        else
            standings[user] = kept;
    }

    private static Refusal? Judge(Standing standing, Act act, DateTimeOffset now)
    {
        // To those outside, a private room does not exist.
        if (standing.Room.Visibility == Visibility.Private && standing.Role is null)
            return Refusals.RoomNotFound;
        if (standing.IsRemoved)
            return Refusals.Forbidden("You were removed from this room; ask for an invitation.");
        if (standing.Room.IsDirect && act is not (Act.Read or Act.Post or Act.Join))
            return Refusals.DirectRoom;
        if (standing.Room.IsArchived && act is not (Act.Read or Act.Archive or Act.Report or Act.ReadReports))
            return Refusals.Archived;
        switch (act)
        {
            case Act.Read or Act.Join or Act.Report:
                return null;
            case Act.Post when standing.Role == Role.Reader:
                return Refusals.Forbidden("You may read in this room, and not write.");
            case Act.Post when standing.IsCutOff:
                return Refusals.Unreachable;
            case Act.Post:
                return standing.MutedUntil is { } until && now < until ? Refusals.Muted(until) : null;
            case Act.ReadReports or Act.ChangeTopic or Act.ChangePace or Act.Pin or Act.RemoveMember or Act.Mute or Act.DeleteOthersMessage:
                return standing.IsAtLeast(Role.Moderator) ? null : Refusals.Forbidden("Only an owner or a moderator of the room may do this.");
            default:
                return standing.IsAtLeast(Role.Owner) ? null : Refusals.Forbidden("Only an owner of the room may do this.");
        }
    }

    private static Role? Max(Role? a, Role? b) => a is not { } one ? b : b is not { } other ? a : one.Rank() >= other.Rank() ? one : other;

    private async ValueTask<Standing?> StandingAsync(RoomId room, UserId user, TimeSpan freshness, CancellationToken ct)
    {
        var now = _time.GetTimestamp();
        if (_kept.TryGetValue(room, out var standings) && standings.TryGetValue(user, out var kept) && _time.GetElapsedTime(kept.At, now) < freshness)
            return kept.Standing;
        var version = Volatile.Read(ref _version);
        if (await _directory.FindAsync(room, ct) is not { } found)
            return null;
        var membership = await _directory.MembershipAsync(room, user, ct);
        var standing = new Standing(found, membership?.Role, membership?.IsRemoved ?? false);

        // Nearly no room has ever muted anybody, and then nobody need be asked about.
        if (found.MutedUntil > _time.GetUtcNow())
            standing = standing with { MutedUntil = await _directory.MutedUntilAsync(room, user, ct) };

        if (found.IsDirect)
            standing = standing with { IsCutOff = await IsCutOffAsync(room, user, ct) };

        // Something changed while we were reading: use the answer once, but do not keep it.
        if (version == Volatile.Read(ref _version))
            Keep(room, user, new Kept(standing, now));
        return standing;
    }

    /// <summary>Between two, either may have blocked the other; among more, whom one does not want to see is for the client to hide.</summary>
    private async ValueTask<bool> IsCutOffAsync(RoomId room, UserId user, CancellationToken ct)
    {
        var members = await _directory.MembersAsync(room, after: null, DirectRooms.MaxPeople, ct);
        return members.Count == 2 && await _people.IsBlockedAsync(user, [.. members.Select(m => m.User.Id).Where(id => id != user)], ct);
    }

    private sealed record Kept(Standing Standing, long At);
}

/// <summary>How a caller stands to an existing room. The room's head is as of some moment within the last second.</summary>
public sealed record Standing(Room Room, Role? Role, bool IsRemoved)
{
    /// <summary>Whether a word to everybody is theirs to say, however many they are.</summary>
    public bool MayCallEverybody => IsAtLeast(Protocol.Role.Moderator);

    /// <summary>Until when they may not write, if they ever were muted; it may be over.</summary>
    public DateTimeOffset? MutedUntil { get; init; }

    /// <summary>In a direct room between two: whether one of them has blocked the other, so that nothing can be written.</summary>
    public bool IsCutOff { get; init; }

    /// <summary>Whether the pace of a slow room is to be kept.</summary>
    public bool IsPaced => Room.SlowModeSeconds > 0 && !IsAtLeast(Protocol.Role.Moderator);

    public bool IsAtLeast(Role role) => Role is { } own && own.Rank() >= role.Rank();

    /// <summary>Whether they may do something to somebody: nobody acts on an equal or a higher one. Who is no member, or was removed, is as a member.</summary>
    public bool Outranks(Membership? other) => Role is { } own && own.Rank() > (other?.Role ?? Protocol.Role.Member).Rank();
}
