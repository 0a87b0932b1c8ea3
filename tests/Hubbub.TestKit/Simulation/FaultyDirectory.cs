using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.TestKit.Simulation;

/// <summary>A directory at the end of the same bad road as its log.</summary>
public sealed class FaultyDirectory(StoreRoad road, IRoomDirectory inner) : IRoomDirectory
{
    public IRoomDirectory Inner { get; set; } = inner;

    public ValueTask<Room?> FindAsync(RoomId room, CancellationToken ct) => road.TravelAsync("find", () => Inner.FindAsync(room, ct), ct);

    public ValueTask<RoomListing?> LookAsync(RoomId room, UserId viewer, CancellationToken ct) => road.TravelAsync("look", () => Inner.LookAsync(room, viewer, ct), ct);

    public ValueTask<IReadOnlyList<RoomListing>> ListAsync(UserId viewer, string? matching, RoomId? after, int limit, CancellationToken ct) =>
        road.TravelAsync("list", () => Inner.ListAsync(viewer, matching, after, limit, ct), ct);

    public ValueTask<DateTimeOffset?> MutedUntilAsync(RoomId room, UserId user, CancellationToken ct) =>
        road.TravelAsync("mute", () => Inner.MutedUntilAsync(room, user, ct), ct);

    public ValueTask<Membership?> MembershipAsync(RoomId room, UserId user, CancellationToken ct) =>
        road.TravelAsync("membership", () => Inner.MembershipAsync(room, user, ct), ct);

    public ValueTask<IReadOnlyList<Membership>> MembersAsync(RoomId room, UserId? after, int limit, CancellationToken ct) =>
        road.TravelAsync("members", () => Inner.MembersAsync(room, after, limit, ct), ct);

    public ValueTask<IReadOnlyDictionary<RoomId, IReadOnlyList<User>>> PeopleAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct) =>
        road.TravelAsync("people", () => Inner.PeopleAsync(rooms, ct), ct);

    public async ValueTask HideAsync(RoomId room, UserId user, long upTo, CancellationToken ct) => await road.TravelAsync("hide", async () =>
    {
        await Inner.HideAsync(room, user, upTo, ct);
        return true;
    }, ct);

    public async ValueTask AddInvitationAsync(Invitation invitation, CancellationToken ct) => await road.TravelAsync("invite", async () =>
    {
        await Inner.AddInvitationAsync(invitation, ct);
        return true;
    }, ct);

    public ValueTask<Invitation?> FindInvitationAsync(string tokenHash, CancellationToken ct) =>
        road.TravelAsync("find an invitation", () => Inner.FindInvitationAsync(tokenHash, ct), ct);

    public ValueTask<IReadOnlyList<Invitation>> InvitationsAsync(RoomId room, DateTimeOffset now, CancellationToken ct) =>
        road.TravelAsync("invitations", () => Inner.InvitationsAsync(room, now, ct), ct);

    public ValueTask<bool> RevokeInvitationAsync(RoomId room, string id, CancellationToken ct) =>
        road.TravelAsync("revoke", () => Inner.RevokeInvitationAsync(room, id, ct), ct);

    public ValueTask<long> ReadMarkAsync(RoomId room, UserId user, CancellationToken ct) =>
        road.TravelAsync("read mark", () => Inner.ReadMarkAsync(room, user, ct), ct);

    public ValueTask<AddedReport> AddReportAsync(Report report, ReportLimits limits, CancellationToken ct) => road.TravelAsync("report", () => Inner.AddReportAsync(report, limits, ct), ct);

    public ValueTask<IReadOnlyList<Report>> ReportsAsync(RoomId room, bool isResolved, int limit, CancellationToken ct) =>
        road.TravelAsync("reports", () => Inner.ReportsAsync(room, isResolved, limit, ct), ct);

    public ValueTask<Report?> FindReportAsync(RoomId room, string id, CancellationToken ct) => road.TravelAsync("a report", () => Inner.FindReportAsync(room, id, ct), ct);

    public ValueTask<int> ResolveReportsAsync(RoomId room, long message, ReportResolution resolution, UserId by, DateTimeOffset at, CancellationToken ct) =>
        road.TravelAsync("resolve reports", () => Inner.ResolveReportsAsync(room, message, resolution, by, at, ct), ct);

    public ValueTask<long> MoveReadMarkAsync(RoomId room, UserId user, long sequence, CancellationToken ct) =>
        road.TravelAsync("move a read mark", () => Inner.MoveReadMarkAsync(room, user, sequence, ct), ct);

    public ValueTask<bool> TryUseTicketAsync(string id, DateTimeOffset expiresAt, CancellationToken ct) =>
        road.TravelAsync("use a ticket", () => Inner.TryUseTicketAsync(id, expiresAt, ct), ct);
}
