using System.Globalization;
using System.Text.Json.Serialization;
using Hubbub.Core.Presence;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;
using Hubbub.Server.Auth;

namespace Hubbub.Server.Api;

// What goes in and out of the HTTP API (docs/protocol.md § 7), each shape once. Field names are the records' in camelCase.

public sealed record GuestRequest(string? Name);

public sealed record GuestAnswer(string Token, UserShape User, string ExpiresAt);

public sealed record AccountRequest(string? Name, string? Password, string? Handle);

public sealed record LoginRequest(string? Name, string? Password);

public sealed record PasswordRequest(string? Password, string? NewPassword);

public sealed record SignInAnswer(string Token, UserShape User, string ExpiresAt)
{
    internal static SignInAnswer Of(SignIn signIn) => new(signIn.Token, UserShape.Of(signIn.Caller.User), Times.Write(signIn.Caller.ExpiresAt));
}

public sealed record ProfileRequest(string? Name, string? Color);

/// <param name="Id">Their id.</param>
/// <param name="Name">What they are called now.</param>
/// <param name="Account">Whether they have an account here.</param>
/// <param name="Color"><c>#rrggbb</c>, or null.</param>
/// <param name="Avatar">The address of their picture, or null.</param>
/// <param name="LastSeen">When they last had a live connection.</param>
/// <param name="Present">Whether they have one now.</param>
public sealed record ProfileShape(string Id, string Name, bool Account, string? Color, string? Avatar, string LastSeen, bool Present)
{
    internal static ProfileShape Of(Seen seen) => new(
        seen.Profile.User.Id.Value, seen.Profile.User.Name, seen.Profile.HasAccount, seen.Profile.Color,
        seen.Profile.Avatar is { } hash ? $"{ProfileEndpoints.Avatars}/{hash}" : null, Times.Write(seen.LastSeen), seen.IsPresent);
}

public sealed record BlocksAnswer(IReadOnlyList<BlockShape> Blocks);

public sealed record BlockShape(string User, string Since);

public sealed record TicketAnswer(string Ticket, string ExpiresAt);

public sealed record MeAnswer(UserShape User, string ExpiresAt);

public sealed record UserShape(string Id, string Name)
{
    public static UserShape Of(User user) => new(user.Id.Value, user.Name);
}

public sealed record CreateRoomRequest(string? Id, string? Name, string? Visibility, string? Consistency);

public sealed record RenameRoomRequest(string? Name);

public sealed record RoomShape(
    string Id, string Name, string Visibility, string Consistency, string Position, long Head, string? Role, string? ReadMark,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Unread, string CreatedAt)
{
    public static RoomShape Of(RoomListing listing)
    {
        var (room, mark) = (listing.Room, listing.ReadMark);
        return new RoomShape(
            room.Id.Value, room.Name, Words.Of(room.Visibility), Words.Of(room.Consistency), room.Head.ToString(), room.Head.Sequence,
            listing.Role is { } known ? Words.Of(known) : null,
            mark > 0 ? (room.Head with { Sequence = mark }).ToString() : null, listing.Unread, Times.Write(room.CreatedAt));
    }
}

public sealed record RoomsAnswer(IReadOnlyList<RoomShape> Rooms, string? Next);

public sealed record MemberShape(UserShape User, string Role, string Since)
{
    public static MemberShape Of(Membership member) => new(UserShape.Of(member.User), Words.Of(member.Role ?? Protocol.Role.Member), Times.Write(member.Since));
}

public sealed record MembersAnswer(IReadOnlyList<MemberShape> Members, string? Next);

/// <param name="Count">How many users are in the room.</param>
/// <param name="Users">All of them or, if sampled, some.</param>
/// <param name="Sampled">Whether they are only some.</param>
public sealed record PresenceAnswer(int Count, IReadOnlyList<UserShape> Users, bool Sampled)
{
    public static PresenceAnswer Of(RoomPresence presence) => new(presence.Count, [.. presence.Users.Select(UserShape.Of)], presence.IsSampled);
}

public sealed record InvitationRequest(long? ExpiresIn);

public sealed record InvitationAnswer(string Id, string Token, string Link, string ExpiresAt);

public sealed record InvitationShape(string Id, string CreatedBy, string ExpiresAt);

public sealed record InvitationsAnswer(IReadOnlyList<InvitationShape> Invitations);

public sealed record OpenInvitationAnswer(OpenInvitationRoom Room, string ExpiresAt);

public sealed record OpenInvitationRoom(string Id, string Name);

public sealed record PostMessageRequest(string? Message, string? Key);

public sealed record PostedAnswer(string Room, long Sequence, string Epoch, string Id, string SentAt)
{
    public static PostedAnswer Of(RoomEvent e) =>
        new(e.Room.Value, e.Sequence, e.Position.Epoch.ToString(), e.Position.ToString(), Times.Write(e.SentAt));
}

public sealed record ReadMarkRequest(string? Position);

public sealed record ReadMarkAnswer(string Position);

/// <param name="Status"><c>alive</c>, <c>ready</c>, or why not.</param>
/// <param name="Broker"><c>up</c>, <c>suspect</c> or <c>down</c>; only with <c>ready</c>.</param>
public sealed record HealthAnswer(string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Broker = null);

internal static class Times
{
    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString(Words.TimeFormat, CultureInfo.InvariantCulture);
}
