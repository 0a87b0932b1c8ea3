using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Core.Log;

public sealed partial class InMemoryStore
{
    /// <summary>How long a used ticket is remembered after it expired: more than any two clocks differ.</summary>
    private static readonly TimeSpan TicketMemory = TimeSpan.FromMinutes(5);

    private const int MaxInvitations = 1000;

    /// <summary>By token hash.</summary>
    private readonly Dictionary<string, Invitation> _invitations = new(StringComparer.Ordinal);

    private readonly HashSet<string> _usedTickets = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, DateTimeOffset> _ticketsByExpiry = new();

    public ValueTask<Room?> FindAsync(RoomId room, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(_rooms.TryGetValue(room, out var state) ? state.ToRoom() : null);
    }

    public ValueTask<RoomListing?> LookAsync(RoomId room, UserId viewer, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(_rooms.TryGetValue(room, out var state) ? state.ToListing(viewer) : null);
    }

    public ValueTask<IReadOnlyList<RoomListing>> ListAsync(UserId viewer, string? matching, RoomId? after, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<RoomListing>>(
                [.. _rooms.Values
                    .Select(state => (State: state, Room: state.ToRoom()))
                    .Where(found => IsAfter(found.Room.Id.Value, after?.Value))
                    .Where(found => found.Room.Visibility == Visibility.Public || (found.State.Members.GetValueOrDefault(viewer)?.Role is not null && found.State.Hidden.GetValueOrDefault(viewer) < found.Room.Head.Sequence))
                    .Where(found => matching is null || Folded.Contains(found.Room.Name, matching) || Folded.Contains(found.Room.Topic, matching)
                        || Folded.Contains(found.Room.Id.Value, matching))
                    .OrderBy(found => found.Room.Id.Value, StringComparer.Ordinal)
                    .Take(limit)
                    .Select(found => found.State.ToListing(viewer))]);
        }
    }

    public ValueTask<Membership?> MembershipAsync(RoomId room, UserId user, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(_rooms.TryGetValue(room, out var state) ? state.Members.GetValueOrDefault(user) : null);
    }

    public ValueTask<DateTimeOffset?> MutedUntilAsync(RoomId room, UserId user, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult<DateTimeOffset?>(_rooms.TryGetValue(room, out var state) && state.Mutes.TryGetValue(user, out var until) ? until : null);
    }

    public ValueTask<IReadOnlyList<Membership>> MembersAsync(RoomId room, UserId? after, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        lock (_lock)
        {
            if (!_rooms.TryGetValue(room, out var state))
                return ValueTask.FromResult<IReadOnlyList<Membership>>([]);
            return ValueTask.FromResult<IReadOnlyList<Membership>>(
                [.. state.Members.Values
                    .Where(member => !member.IsRemoved && IsAfter(member.User.Id.Value, after?.Value))
                    .OrderBy(member => member.User.Id.Value, StringComparer.Ordinal)
                    .Take(limit)]);
        }
    }

    public ValueTask<IReadOnlyDictionary<RoomId, IReadOnlyList<User>>> PeopleAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(rooms);
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyDictionary<RoomId, IReadOnlyList<User>>>(rooms.Distinct().Where(_rooms.ContainsKey).ToDictionary(
                room => room,
                IReadOnlyList<User> (room) => [.. _rooms[room].Members.Values.Where(m => !m.IsRemoved).Select(m => m.User).OrderBy(u => u.Id.Value, StringComparer.Ordinal)]));
        }
    }

    public ValueTask HideAsync(RoomId room, UserId user, long upTo, CancellationToken ct)
    {
        lock (_lock)
        {
            if (!_rooms.TryGetValue(room, out var state))
                return ValueTask.CompletedTask;
            if (upTo == 0)
                state.Hidden.Remove(user);
            else
                state.Hidden[user] = Math.Max(upTo, state.Hidden.GetValueOrDefault(user));
        }

        return ValueTask.CompletedTask;
    }

    /// <exception cref="ArgumentException">There is no such room, or the id or token hash is taken: both are the caller's to draw.</exception>
    public ValueTask AddInvitationAsync(Invitation invitation, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(invitation);
        lock (_lock)
        {
            if (!_rooms.ContainsKey(invitation.Room))
                throw new ArgumentException("An invitation needs a room that exists.", nameof(invitation));
            if (_invitations.Values.Any(other => other.Room == invitation.Room && other.Id == invitation.Id))
                throw new ArgumentException("This room has an invitation with this id.", nameof(invitation));
            if (!_invitations.TryAdd(invitation.TokenHash, invitation))
                throw new ArgumentException("There is an invitation with this token.", nameof(invitation));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<Invitation?> FindInvitationAsync(string tokenHash, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(_invitations.GetValueOrDefault(tokenHash));
    }

    public ValueTask<IReadOnlyList<Invitation>> InvitationsAsync(RoomId room, DateTimeOffset now, CancellationToken ct)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<Invitation>>(
                [.. _invitations.Values
                    .Where(invitation => invitation.Room == room && !invitation.Revoked && invitation.ExpiresAt > now)
                    .OrderBy(invitation => invitation.CreatedAt)
                    .ThenBy(invitation => invitation.Id, StringComparer.Ordinal)
                    .Take(MaxInvitations)]);
        }
    }

    public ValueTask<bool> RevokeInvitationAsync(RoomId room, string id, CancellationToken ct)
    {
        lock (_lock)
        {
            var found = _invitations.Values.FirstOrDefault(invitation => invitation.Room == room && invitation.Id == id);
            if (found is not null)
                _invitations[found.TokenHash] = found with { Revoked = true };
            return ValueTask.FromResult(found is not null);
        }
    }

    public ValueTask<long> ReadMarkAsync(RoomId room, UserId user, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult(_rooms.TryGetValue(room, out var state) ? state.ReadMarks.GetValueOrDefault(user) : 0);
    }

    /// <returns>Where the mark stands; 0, and nothing kept, for a room that does not exist.</returns>
    public ValueTask<long> MoveReadMarkAsync(RoomId room, UserId user, long sequence, CancellationToken ct)
    {
        lock (_lock)
        {
            if (!_rooms.TryGetValue(room, out var state))
                return ValueTask.FromResult(0L);
            var mark = Math.Max(state.ReadMarks.GetValueOrDefault(user), sequence);
            state.ReadMarks[user] = mark;
            return ValueTask.FromResult(mark);
        }
    }

    public ValueTask<bool> TryUseTicketAsync(string id, DateTimeOffset expiresAt, CancellationToken ct)
    {
        lock (_lock)
        {
            while (_ticketsByExpiry.TryPeek(out var oldest, out var expired) && expired + TicketMemory < time.GetUtcNow())
            {
                _ticketsByExpiry.Dequeue();
                _usedTickets.Remove(oldest);
            }

            var first = _usedTickets.Add(id);
            if (first)
                _ticketsByExpiry.Enqueue(id, expiresAt);
            return ValueTask.FromResult(first);
        }
    }

    private static bool IsAfter(string id, string? after) => after is null || string.CompareOrdinal(id, after) > 0;
}
