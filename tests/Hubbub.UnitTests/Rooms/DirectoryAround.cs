using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.UnitTests.Rooms;

/// <summary>Passes every call on; tests override what they want to disturb.</summary>
internal abstract class DirectoryAround(IRoomDirectory inner) : IRoomDirectory
{
    public virtual ValueTask<Room?> FindAsync(RoomId room, CancellationToken ct) => inner.FindAsync(room, ct);

    public virtual ValueTask<RoomListing?> LookAsync(RoomId room, UserId viewer, CancellationToken ct) => inner.LookAsync(room, viewer, ct);

    public virtual ValueTask<IReadOnlyList<RoomListing>> ListAsync(UserId viewer, string? matching, RoomId? after, int limit, CancellationToken ct) =>
        inner.ListAsync(viewer, matching, after, limit, ct);

    public virtual ValueTask<DateTimeOffset?> MutedUntilAsync(RoomId room, UserId user, CancellationToken ct) => inner.MutedUntilAsync(room, user, ct);

    public virtual ValueTask<Membership?> MembershipAsync(RoomId room, UserId user, CancellationToken ct) => inner.MembershipAsync(room, user, ct);

    public virtual ValueTask<IReadOnlyList<Membership>> MembersAsync(RoomId room, UserId? after, int limit, CancellationToken ct) =>
        inner.MembersAsync(room, after, limit, ct);

    public virtual ValueTask<IReadOnlyDictionary<RoomId, IReadOnlyList<User>>> PeopleAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct) => inner.PeopleAsync(rooms, ct);

    public virtual ValueTask HideAsync(RoomId room, UserId user, long upTo, CancellationToken ct) => inner.HideAsync(room, user, upTo, ct);

    public virtual ValueTask AddInvitationAsync(Invitation invitation, CancellationToken ct) => inner.AddInvitationAsync(invitation, ct);

    public virtual ValueTask<Invitation?> FindInvitationAsync(string tokenHash, CancellationToken ct) => inner.FindInvitationAsync(tokenHash, ct);

    public virtual ValueTask<IReadOnlyList<Invitation>> InvitationsAsync(RoomId room, DateTimeOffset now, CancellationToken ct) =>
        inner.InvitationsAsync(room, now, ct);

    public virtual ValueTask<bool> RevokeInvitationAsync(RoomId room, string id, CancellationToken ct) => inner.RevokeInvitationAsync(room, id, ct);

    public virtual ValueTask<long> ReadMarkAsync(RoomId room, UserId user, CancellationToken ct) => inner.ReadMarkAsync(room, user, ct);

    public virtual ValueTask<AddedReport> AddReportAsync(Report report, ReportLimits limits, CancellationToken ct) => inner.AddReportAsync(report, limits, ct);

    public virtual ValueTask<IReadOnlyList<Report>> ReportsAsync(RoomId room, bool isResolved, int limit, CancellationToken ct) => inner.ReportsAsync(room, isResolved, limit, ct);

    public virtual ValueTask<Report?> FindReportAsync(RoomId room, string id, CancellationToken ct) => inner.FindReportAsync(room, id, ct);

    public virtual ValueTask<int> ResolveReportsAsync(RoomId room, long message, ReportResolution resolution, UserId by, DateTimeOffset at, CancellationToken ct) =>
        inner.ResolveReportsAsync(room, message, resolution, by, at, ct);

    public virtual ValueTask<long> MoveReadMarkAsync(RoomId room, UserId user, long sequence, CancellationToken ct) =>
        inner.MoveReadMarkAsync(room, user, sequence, ct);

    public virtual ValueTask<bool> TryUseTicketAsync(string id, DateTimeOffset expiresAt, CancellationToken ct) => inner.TryUseTicketAsync(id, expiresAt, ct);
}
