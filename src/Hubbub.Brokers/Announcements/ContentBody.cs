using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Brokers.Announcements;

/// <summary>What happened, as it travels: the fields that its type has.</summary>
internal sealed record ContentBody
{
    public long? Message { get; init; }

    public string? Text { get; init; }

    public UserBody? User { get; init; }

    public string? Role { get; init; }

    public string? Reason { get; init; }

    public string? Name { get; init; }

    public string? Visibility { get; init; }

    /// <summary>Left out where it is strong, as nodes of an older version do.</summary>
    public string? Consistency { get; init; }

    public static ContentBody Of(EventContent content) => content switch
    {
        MessagePosted posted => new ContentBody { Text = posted.Text },
        MessageEdited edited => new ContentBody { Message = edited.Message, Text = edited.Text },
        MessageDeleted deleted => new ContentBody { Message = deleted.Message },
        MemberJoined joined => new ContentBody { User = UserBody.Of(joined.User), Role = Words.Of(joined.Role) },
        MemberLeft left => new ContentBody { User = UserBody.Of(left.User), Reason = Words.Of(left.Reason) },
        RoomCreated created => new ContentBody
        {
            Name = created.Name,
            Visibility = Words.Of(created.Visibility),
            Consistency = created.Consistency == Protocol.Consistency.Strong ? null : Words.Of(created.Consistency),
        },
        RoomRenamed renamed => new ContentBody { Name = renamed.Name },
        _ => throw new NotSupportedException($"There is no form of {content.GetType().Name} that travels."),
    };

    /// <summary>Null for a type of a newer version, or damage.</summary>
    public EventContent? TryRead(string type) => (type, this) switch
    {
        ("message", { Text: { } text }) => new MessagePosted(text),
        ("message_edited", { Message: { } message, Text: { } text }) => new MessageEdited(message, text),
        ("message_deleted", { Message: { } message }) => new MessageDeleted(message),
        ("member_joined", _) when User?.TryRead() is { } user && Words.TryRead(Role, out Role role) => new MemberJoined(user, role),
        ("member_left", { Reason: "left" }) when User?.TryRead() is { } user => new MemberLeft(user, LeaveReason.Left),
        ("member_left", { Reason: "removed" }) when User?.TryRead() is { } user => new MemberLeft(user, LeaveReason.Removed),
        ("room_created", { Name: { } name, Consistency: null }) when Words.TryRead(Visibility, out Visibility visibility) => new RoomCreated(name, visibility),
        ("room_created", { Name: { } name }) when Words.TryRead(Visibility, out Visibility visibility) && Words.TryRead(Consistency, out Consistency consistency) =>
            new RoomCreated(name, visibility, consistency),
        ("room_renamed", { Name: { } name }) => new RoomRenamed(name),
        _ => null,
    };
}
