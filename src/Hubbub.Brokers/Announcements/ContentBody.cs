using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Brokers.Announcements;

/// <summary>What happened, as it travels: the fields that its type has.</summary>
internal sealed record ContentBody
{
    public long? Message { get; init; }

    public string? Text { get; init; }

    public long? ReplyTo { get; init; }

    public long? Thread { get; init; }

    public string? Mentions { get; init; }

    /// <summary>What a message brings, as <see cref="AttachedFile.Write"/> writes it.</summary>
    public string? Files { get; init; }

    public string? Emoji { get; init; }

    public string? Topic { get; init; }

    public int? Seconds { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public long? Until { get; init; }

    public UserBody? User { get; init; }

    public string? Role { get; init; }

    public string? Reason { get; init; }

    public string? Name { get; init; }

    public string? Visibility { get; init; }

    /// <summary>Left out where it is strong, as nodes of an older version do.</summary>
    public string? Consistency { get; init; }

    public static ContentBody Of(EventContent content) => content switch
    {
        MessagePosted posted => new ContentBody { Text = posted.KeptText, Files = posted.Files, ReplyTo = posted.ReplyTo, Thread = posted.Thread, Mentions = posted.Mentions },
        MessageEdited edited => new ContentBody { Message = edited.Message, Text = edited.Text, Mentions = edited.Mentions },
        MessageDeleted deleted => new ContentBody { Message = deleted.Message },
        ReactionAdded added => new ContentBody { Message = added.Message, Emoji = added.Emoji },
        ReactionRemoved removed => new ContentBody { Message = removed.Message, Emoji = removed.Emoji },
        MessagePinned pinned => new ContentBody { Message = pinned.Message },
        MessageUnpinned unpinned => new ContentBody { Message = unpinned.Message },
        TopicChanged changed => new ContentBody { Topic = changed.Topic },
        SlowModeChanged changed => new ContentBody { Seconds = changed.Seconds },
        RoomArchived or RoomUnarchived => new ContentBody(),
        MemberJoined joined => new ContentBody { User = UserBody.Of(joined.User), Role = Words.Of(joined.Role) },
        MemberLeft left => new ContentBody { User = UserBody.Of(left.User), Reason = Words.Of(left.Reason) },
        RoleChanged changed => new ContentBody { User = UserBody.Of(changed.User), Role = Words.Of(changed.Role) },
        MemberMuted muted => new ContentBody { User = UserBody.Of(muted.User), Until = muted.Until.ToUnixTimeMilliseconds() },
        MemberUnmuted unmuted => new ContentBody { User = UserBody.Of(unmuted.User) },
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
        ("message", { Text: { } text }) => MessagePosted.OfKept(text) with { Files = Files, ReplyTo = ReplyTo, Thread = Thread, Mentions = Mentions },
        ("message_edited", { Message: { } message, Text: { } text }) => new MessageEdited(message, text) { Mentions = Mentions },
        ("message_deleted", { Message: { } message }) => new MessageDeleted(message),
        ("reaction_added", { Message: { } message, Emoji: { } emoji }) => new ReactionAdded(message, emoji),
        ("reaction_removed", { Message: { } message, Emoji: { } emoji }) => new ReactionRemoved(message, emoji),
        ("message_pinned", { Message: { } message }) => new MessagePinned(message),
        ("message_unpinned", { Message: { } message }) => new MessageUnpinned(message),
        ("room_topic", { Topic: { } topic }) => new TopicChanged(topic),
        ("slow_mode", { Seconds: { } seconds }) => new SlowModeChanged(seconds),
        ("room_archived", _) => new RoomArchived(),
        ("room_unarchived", _) => new RoomUnarchived(),
        ("member_joined", _) when User?.TryRead() is { } user && Words.TryRead(Role, out Role role) => new MemberJoined(user, role),
        ("member_left", _) when User?.TryRead() is { } user && Words.TryRead(Reason, out LeaveReason reason) => new MemberLeft(user, reason),
        ("role_changed", _) when User?.TryRead() is { } user && Words.TryRead(Role, out Role role) => new RoleChanged(user, role),
        ("member_muted", { Until: { } until }) when User?.TryRead() is { } user && UnixTime.TryRead(until, out var time) => new MemberMuted(user, time),
        ("member_unmuted", _) when User?.TryRead() is { } user => new MemberUnmuted(user),
        ("room_created", { Name: { } name, Consistency: null }) when Words.TryRead(Visibility, out Visibility visibility) => new RoomCreated(name, visibility),
        ("room_created", { Name: { } name }) when Words.TryRead(Visibility, out Visibility visibility) && Words.TryRead(Consistency, out Consistency consistency) =>
            new RoomCreated(name, visibility, consistency),
        ("room_renamed", { Name: { } name }) => new RoomRenamed(name),
        _ => null,
    };
}
