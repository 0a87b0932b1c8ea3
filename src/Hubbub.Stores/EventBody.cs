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
    string? Consistency = null)
{
    public static string Write(EventContent content) => content switch
    {
        MessagePosted posted => posted.Text,
        MessageEdited edited => new EventBody(Message: edited.Message, Text: edited.Text).ToJson(),
        MessageDeleted deleted => new EventBody(Message: deleted.Message).ToJson(),
        MemberJoined joined => new EventBody(UserId: joined.User.Id.Value, UserName: joined.User.Name, Role: Words.Of(joined.Role)).ToJson(),
        MemberLeft left => new EventBody(UserId: left.User.Id.Value, UserName: left.User.Name, Reason: Words.Of(left.Reason)).ToJson(),
        RoomCreated created => new EventBody(
            Name: created.Name,
            Visibility: Words.Of(created.Visibility),
            Consistency: created.Consistency == Protocol.Consistency.Strong ? null : Words.Of(created.Consistency)).ToJson(),
        RoomRenamed renamed => new EventBody(Name: renamed.Name).ToJson(),
        _ => throw new NotSupportedException($"There is no stored form of {content.GetType().Name}."),
    };

    /// <summary>Null if the row is not one that <see cref="Write"/> makes: a type of a newer hubbub, or damage.</summary>
    public static EventContent? Read(string type, string body)
    {
        if (type == "message")
            return new MessagePosted(body);
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
            ("message_edited", { Message: { } message, Text: { } text }) => new MessageEdited(message, text),
            ("message_deleted", { Message: { } message }) => new MessageDeleted(message),
            ("member_joined", _) when fields?.ReadUser() is { } user && Words.TryRead(fields.Role, out Role role) =>
                new MemberJoined(user, role),
            ("member_left", { Reason: "left" }) when fields.ReadUser() is { } user => new MemberLeft(user, LeaveReason.Left),
            ("member_left", { Reason: "removed" }) when fields.ReadUser() is { } user => new MemberLeft(user, LeaveReason.Removed),
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
