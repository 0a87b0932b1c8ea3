using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Stores;

/// <summary>
/// An event's content as the <c>body</c> column holds it: of a message its text alone (nearly all rows, and searchable), of every other
/// type a small JSON object with the fields that type has.
/// </summary>
internal sealed record EventBody(
    long? Message = null,
    string? Text = null,
    string? UserId = null,
    string? UserName = null,
    string? Role = null,
    string? Reason = null,
    string? Name = null,
    string? Visibility = null,
    string? Consistency = null,
    string? Emoji = null,
    string? Topic = null,
    int? Seconds = null,
    long? Until = null)
{
    public static string Write(EventContent content) => content switch
    {
        MessagePosted posted => posted.KeptText,
        MessageEdited edited => new EventBody(Message: edited.Message, Text: edited.IsDeleted ? null : edited.Text).ToJson(),
        MessageDeleted deleted => new EventBody(Message: deleted.Message).ToJson(),
        ReactionAdded added => new EventBody(Message: added.Message, Emoji: added.Emoji).ToJson(),
        ReactionRemoved removed => new EventBody(Message: removed.Message, Emoji: removed.Emoji).ToJson(),
        MessagePinned pinned => new EventBody(Message: pinned.Message).ToJson(),
        MessageUnpinned unpinned => new EventBody(Message: unpinned.Message).ToJson(),
        TopicChanged changed => new EventBody(Topic: changed.Topic).ToJson(),
        SlowModeChanged changed => new EventBody(Seconds: changed.Seconds).ToJson(),
        RoomArchived or RoomUnarchived => new EventBody().ToJson(),
        MemberJoined joined => new EventBody(UserId: joined.User.Id.Value, UserName: joined.User.Name, Role: Words.Of(joined.Role)).ToJson(),
        MemberLeft left => new EventBody(UserId: left.User.Id.Value, UserName: left.User.Name, Reason: Words.Of(left.Reason)).ToJson(),
        RoleChanged changed => new EventBody(UserId: changed.User.Id.Value, UserName: changed.User.Name, Role: Words.Of(changed.Role)).ToJson(),
        MemberMuted muted => new EventBody(UserId: muted.User.Id.Value, UserName: muted.User.Name, Until: muted.Until.ToUnixTimeMilliseconds()).ToJson(),
        MemberUnmuted unmuted => new EventBody(UserId: unmuted.User.Id.Value, UserName: unmuted.User.Name).ToJson(),
        RoomCreated created => new EventBody(
            Name: created.Name,
            Visibility: Words.Of(created.Visibility),
            Consistency: created.Consistency == Protocol.Consistency.Strong ? null : Words.Of(created.Consistency)).ToJson(),
        RoomRenamed renamed => new EventBody(Name: renamed.Name).ToJson(),
        _ => throw new NotSupportedException($"There is no stored form of {content.GetType().Name}."),
    };

    /// <summary>Whom a content mentions, as the <c>mentions</c> column holds it.</summary>
    public static string? Mentions(EventContent content) => content switch
    {
        MessagePosted posted => posted.Mentions,
        MessageEdited edited => edited.Mentions,
        _ => null,
    };

    /// <summary>Null if the row is not one that <see cref="Write"/> makes: a type of a newer hubbub, or damage.</summary>
    /// <param name="type">The wire's word.</param>
    /// <param name="body">The body; of what is erased without its text.</param>
    /// <param name="target">The message that it concerns; of a message its thread.</param>
    /// <param name="replyTo">Of a message: the one that it answers.</param>
    /// <param name="mentions">Of a message or an edit: whom it mentions.</param>
    /// <param name="files">Of a message: what it brings.</param>
    public static EventContent? Read(string type, string body, long? target, long? replyTo, string? mentions, string? files)
    {
        if (type == "message")
            return MessagePosted.OfKept(body) with { Thread = target, ReplyTo = replyTo, Mentions = mentions, Files = files };
        EventBody? fields;
        try
        {
            fields = JsonSerializer.Deserialize(body, EventBodyJson.Shared.EventBody);
        }
        catch (JsonException)
        {
            return null;
        }

        return (type, fields) switch
        {
            ("message_edited", { Message: { } message }) => new MessageEdited(message, fields.Text ?? "") { Mentions = mentions },
            ("message_deleted", { Message: { } message }) => new MessageDeleted(message),
            ("reaction_added", { Message: { } message, Emoji: { } emoji }) => new ReactionAdded(message, emoji),
            ("reaction_removed", { Message: { } message, Emoji: { } emoji }) => new ReactionRemoved(message, emoji),
            ("message_pinned", { Message: { } message }) => new MessagePinned(message),
            ("message_unpinned", { Message: { } message }) => new MessageUnpinned(message),
            ("room_topic", { Topic: { } topic }) => new TopicChanged(topic),
            ("slow_mode", { Seconds: { } seconds }) => new SlowModeChanged(seconds),
            ("room_archived", not null) => new RoomArchived(),
            ("room_unarchived", not null) => new RoomUnarchived(),
            ("member_joined", _) when fields?.ReadUser() is { } user && Words.TryRead(fields.Role, out Role role) =>
                new MemberJoined(user, role),
            ("member_left", _) when fields?.ReadUser() is { } user && Words.TryRead(fields.Reason, out LeaveReason reason) => new MemberLeft(user, reason),
            ("role_changed", _) when fields?.ReadUser() is { } user && Words.TryRead(fields.Role, out Role role) => new RoleChanged(user, role),
            ("member_muted", { Until: { } until }) when fields.ReadUser() is { } user && UnixTime.TryRead(until, out var time) => new MemberMuted(user, time),
            ("member_unmuted", _) when fields?.ReadUser() is { } user => new MemberUnmuted(user),
            // Rooms from before there was a choice do not say it: they are strong.
            ("room_created", { Name: { } name }) when Words.TryRead(fields.Visibility, out Visibility visibility)
                && Words.TryRead(fields.Consistency ?? Words.Of(Protocol.Consistency.Strong), out Consistency consistency) =>
                new RoomCreated(name, visibility, consistency),
            ("room_renamed", { Name: { } name }) => new RoomRenamed(name),
            _ => null,
        };
    }

    private string ToJson() => JsonSerializer.Serialize(this, EventBodyJson.Shared.EventBody);

    private User? ReadUser() =>
        Protocol.UserId.TryParse(UserId, out var id) && UserName is not null ? new User(id, UserName) : null;
}

[JsonSerializable(typeof(EventBody))]
internal sealed partial class EventBodyJson : JsonSerializerContext
{
    // Relaxed, so that names and texts can be read and searched in the file.
    public static EventBodyJson Shared { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
