using System.Security.Cryptography;
using System.Text;
using Hubbub.Core.Log;
using Hubbub.Core.People;
using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>
/// Rooms between two or a few people. The same people always meet in the same room: its id is made of theirs, so that nodes that open it at once make one. All of them are members for good, and nobody owns it
/// (<see cref="RoomAccess"/> allows to read and to write, and nothing else).
/// </summary>
public sealed class DirectRooms(IRoomDirectory directory, IPeople people, RoomAccess access, Appender appender, TimeProvider time, Func<Epoch> drawEpoch)
{
    /// <summary>The most people in one, its opener included.</summary>
    public const int MaxPeople = 8;

    /// <summary>What the log calls it; people see each other's names.</summary>
    private const string Name = "Direct";

    private static readonly Refusal BadPeople = Refusals.BadRequest($"'people' are the ids of 1 to {MaxPeople - 1} others.");

    /// <summary>The room of these people, in whatever order. 160 bits of a SHA-256: no other people are found to have the same.</summary>
    public static RoomId IdOf(IEnumerable<UserId> people)
    {
        // A user id has no line break in it, so no two lists of them read the same.
        var sorted = string.Join('\n', people.Select(p => p.Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        return RoomId.Parse(RoomId.DirectPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sorted)))[..40]);
    }

    /// <summary>Opens the room of the caller and these others, and makes it if there is none. It stands in the others' lists as soon as something is said.</summary>
    public async ValueTask<Outcome<OpenedDirectRoom>> OpenAsync(Caller caller, IReadOnlyList<UserId> asked, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(asked);
        if (time.GetUtcNow() >= caller.ExpiresAt)
            return Refusals.TokenExpired;
        var others = asked.Where(user => user != caller.User.Id).Distinct().ToList();
        if (others.Count is 0 or >= MaxPeople)
            return BadPeople;
        var room = IdOf([caller.User.Id, .. others]);
        if (caller.Grants is { } grants && !grants.TryFind(room, out _))
            return Refusals.Forbidden("Your token does not allow this room.");
        if (others.Count == 1 && await people.IsBlockedAsync(caller.User.Id, others, ct))
            return Refusals.Unreachable;

        var found = await directory.FindAsync(room, ct);
        var members = found is null ? [] : await directory.MembersAsync(room, after: null, MaxPeople + 1, ct);
        if (found is not null && (!found.IsDirect || members.Any(m => m.User.Id != caller.User.Id && !others.Contains(m.User.Id))))
            return Refusals.RoomExists;
        var missing = others.Append(caller.User.Id).Where(user => !members.Any(m => m.User.Id == user && m.Role == Role.Member)).ToList();
        var isNew = false;
        if (missing.Count > 0)
        {
            var users = (await people.ProfilesAsync(missing, ct)).Select(p => p.User).Where(u => u.Id != caller.User.Id).Append(caller.User).ToDictionary(u => u.Id);
            if (missing.Any(user => !users.ContainsKey(user)))
                return Refusals.UserNotFound;
            if (found is null)
            {
                var created = await AppendAsync(caller, room, new RoomCreated(Name, Visibility.Private));
                if (created.Refusal is { } failed && failed != Refusals.RoomExists)
                    return failed;
                isNew = created.IsAppended;
            }

            if (await FillAsync(caller, room, [.. missing.Select(user => users[user])], ct) is { } unfilled)
                return unfilled;
        }

        await directory.HideAsync(room, caller.User.Id, upTo: 0, ct);
        var allowed = await access.AuthoriseAnewAsync(caller, room, Act.Read, ct);
        return allowed.Is(out var standing, out var refusal) ? new OpenedDirectRoom(standing, isNew) : refusal;
    }

    /// <summary>Makes members of those who are not yet. Two nodes may do so at once, or one may have died half-way: what is so already changes nothing.</summary>
    private async ValueTask<Refusal?> FillAsync(Caller caller, RoomId room, IReadOnlyList<User> missing, CancellationToken ct)
    {
        var last = 0L;
        foreach (var user in missing)
        {
            // Its maker too, who would own it otherwise.
            var joined = await AppendAsync(caller, room, new MemberJoined(user, Role.Member));
            if (joined.Refusal is { } refused)
                return refused;
            last = Math.Max(last, joined.Event?.Sequence ?? 0);
        }

        // Nobody is shown an empty room; what is said comes behind all this.
        foreach (var user in missing.Where(user => user.Id != caller.User.Id && last > 0))
            await directory.HideAsync(room, user.Id, last, ct);
        return null;
    }

    private Task<AppendOutcome> AppendAsync(Caller caller, RoomId room, EventContent content) =>
        appender.AppendAsync(new Draft(room, caller.User, time.GetUtcNow(), null, content, drawEpoch()));
}

/// <summary>A direct room, open to its caller.</summary>
/// <param name="Standing">How the caller stands to it.</param>
/// <param name="IsNew">Whether it was not there before.</param>
public sealed record OpenedDirectRoom(Standing Standing, bool IsNew);
