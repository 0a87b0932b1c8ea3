using System.Globalization;
using System.Text.Json.Serialization;
using Hubbub.Core.Files;
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

public sealed record ProfilesAnswer(IReadOnlyList<ProfileShape> Users);

public sealed record BlocksAnswer(IReadOnlyList<BlockShape> Blocks);

public sealed record BlockShape(string User, string Since);

/// <param name="Guests">Whether one may come as a guest.</param>
/// <param name="Accounts">Whether one may make an account.</param>
/// <param name="OpenId">Where one may sign in besides; null for nowhere.</param>
public sealed record WaysInAnswer(bool Guests, bool Accounts, OpenIdWay? OpenId);

/// <param name="Name">What people call the place.</param>
/// <param name="Url">Where a browser goes for it, with <c>?return=</c> and a path to come back to.</param>
public sealed record OpenIdWay(string Name, string Url);

public sealed record TicketAnswer(string Ticket, string ExpiresAt);

public sealed record MeAnswer(UserShape User, string ExpiresAt);

public sealed record UserShape(string Id, string Name)
{
    public static UserShape Of(User user) => new(user.Id.Value, user.Name);
}

public sealed record CreateRoomRequest(string? Id, string? Name, string? Visibility, string? Consistency);

public sealed record ChangeRoomRequest(string? Name, string? Topic, bool? Archived, int? SlowModeSeconds);

public sealed record RoomShape(
    string Id, string Name, string Visibility, string Consistency, string Position, long Head, string? Role, string? ReadMark,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Unread,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Mentions, string CreatedAt)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Topic { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Archived { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int SlowModeSeconds { get; init; }

    /// <summary>Of a direct room: true. It is called by the other people's names.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Direct { get; init; }

    /// <summary>Of a direct room: who is in it, the caller too.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<UserShape>? People { get; init; }

    /// <param name="listing">The room.</param>
    /// <param name="people">Of a direct room: who is in it.</param>
    /// <param name="viewer">Who is told.</param>
    public static RoomShape Of(RoomListing listing, IReadOnlyList<User> people, UserId viewer) => Of(listing) with
    {
        Name = string.Join(", ", people.Where(p => p.Id != viewer).Select(p => p.Name)),
        Direct = true,
        People = [.. people.Select(UserShape.Of)],
    };

    public static RoomShape Of(RoomListing listing)
    {
        var (room, mark) = (listing.Room, listing.ReadMark);
        return new RoomShape(
            room.Id.Value, room.Name, Words.Of(room.Visibility), Words.Of(room.Consistency), room.Head.ToString(), room.Head.Sequence,
            listing.Role is { } known ? Words.Of(known) : null,
            mark > 0 ? (room.Head with { Sequence = mark }).ToString() : null, listing.Unread, listing.Mentions, Times.Write(room.CreatedAt))
        {
            Topic = room.Topic.Length > 0 ? room.Topic : null,
            Archived = room.IsArchived,
            SlowModeSeconds = room.SlowModeSeconds,
        };
    }
}

/// <param name="People">The ids of the others.</param>
public sealed record DirectRoomRequest(IReadOnlyList<string?>? People);

public sealed record RoomsAnswer(IReadOnlyList<RoomShape> Rooms, string? Next);

public sealed record MemberShape(UserShape User, string Role, string Since)
{
    public static MemberShape Of(Membership member) => new(UserShape.Of(member.User), Words.Of(member.Role ?? Protocol.Role.Member), Times.Write(member.Since));
}

public sealed record RoleRequest(string? Role);

public sealed record MuteRequest(long? Seconds);

public sealed record MuteAnswer(UserShape User, string Until);

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

public sealed record PostMessageRequest(string? Message, string? Key, string? ReplyTo, string? Thread, IReadOnlyList<string>? Files);

public sealed record EditMessageRequest(string? Message, string? Key);

/// <summary>A message as it stands; of a deleted one without what was said.</summary>
public sealed record MessageShape(string Id, UserShape Sender, string SentAt)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }

    public bool Edited { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EditedAt { get; init; }

    public bool Deleted { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReplyTo { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Thread { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Mentions { get; init; }

    /// <summary>Absent where it brings none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<FileShape>? Files { get; init; }

    public IReadOnlyList<ReactionShape> Reactions { get; init; } = [];

    /// <summary>Absent where no thread begins.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RepliesShape? Replies { get; init; }

    public static MessageShape Of(StandingMessage message) => new(message.Posted.Position.ToString(), UserShape.Of(message.Posted.Sender), Times.Write(message.Posted.SentAt))
    {
        Message = message.Content.IsDeleted ? null : message.Text,
        Edited = message.Edited is not null,
        EditedAt = message.Edited is { } edited ? Times.Write(edited.SentAt) : null,
        Deleted = message.Content.IsDeleted,
        ReplyTo = Write(message, message.Content.ReplyTo),
        Thread = Write(message, message.Content.Thread),
        Mentions = message.Mentions?.Split(' '),
        Files = message.Content.Files is { } files ? [.. AttachedFile.Read(files).Select(FileShape.Of)] : null,
        Reactions = [.. message.Reactions.Select(r => new ReactionShape(r.Emoji, r.Count, r.IsMine))],
        Replies = message.Replies > 0 ? new RepliesShape(message.Replies, Write(message, message.LastReply)!) : null,
    };

    private static string? Write(StandingMessage message, long? other) => other is { } sequence ? (message.Posted.Position with { Sequence = sequence }).ToString() : null;
}

/// <param name="Id">What a message that brings it says.</param>
/// <param name="Name">Cleaned.</param>
/// <param name="Type">What its first bytes say.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Width">Of a picture: pixels; absent of what is none.</param>
/// <param name="Height">As the width.</param>
/// <param name="Thumbnail">The id of a smaller picture, if there is one.</param>
public sealed record FileShape(
    string Id, string Name, string Type, long Size,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Width,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Height,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Thumbnail)
{
    public static FileShape Of(AttachedFile file) => new(file.Id, file.Name, file.Type, file.Size, file.Width, file.Height, file.Thumbnail);

    public static FileShape Of(StoredFile file) => new(file.Id, file.What.Name, file.What.Type, file.What.Size, file.What.Width, file.What.Height, null);
}

public sealed record ReactionShape(string Emoji, int Count, bool Mine);

/// <param name="Count">How many messages the thread has, without deleted ones.</param>
/// <param name="Last">The id of the newest of them.</param>
public sealed record RepliesShape(int Count, string Last);

public sealed record EditShape(string Id, string SentAt, string Message)
{
    public static EditShape Of(RoomEvent e) => new(
        e.Position.ToString(), Times.Write(e.SentAt), e.Content switch { MessagePosted posted => posted.Text, MessageEdited edited => edited.Text, _ => "" });
}

public sealed record ReportRequest(string? Reason);

public sealed record ResolveReportRequest(string? Resolution);

public sealed record MadeReportAnswer(string Id, string ReportedAt);

public sealed record ReportsAnswer(IReadOnlyList<ReportShape> Reports);

/// <summary>A report with its message as it stands.</summary>
public sealed record ReportShape(string Id, MessageShape Message, UserShape Reporter, string Reason, string ReportedAt)
{
    /// <summary>kept or deleted; absent while it waits.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Resolution { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ResolvedBy { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ResolvedAt { get; init; }

    public static ReportShape Of(StandingReport report) => new(
        report.Report.Id, MessageShape.Of(report.Message), UserShape.Of(report.Report.Reporter), report.Report.Reason, Times.Write(report.Report.At))
    {
        Resolution = report.Report.Resolution switch { ReportResolution.Kept => "kept", ReportResolution.Deleted => "deleted", _ => null },
        ResolvedBy = report.Report.ResolvedBy?.Value,
        ResolvedAt = report.Report.ResolvedAt is { } at ? Times.Write(at) : null,
    };
}

public sealed record PinsAnswer(IReadOnlyList<MessageShape> Pins);

public sealed record EditsAnswer(IReadOnlyList<EditShape> Edits);

/// <param name="SentAt">Absent where the log said so already: then the position is its head.</param>
public sealed record PostedAnswer(
    string Room, long Sequence, string Epoch, string Id, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SentAt)
{
    public static PostedAnswer Of(Changed changed) => new(
        changed.Room.Value, changed.Position.Sequence, changed.Position.Epoch.ToString(), changed.Position.ToString(),
        changed.Event is { } e ? Times.Write(e.SentAt) : null);

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
