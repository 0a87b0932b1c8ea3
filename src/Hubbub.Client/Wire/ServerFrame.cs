using System.Globalization;
using System.Text.Json;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Client.Wire;

/// <summary>What a server said in one frame (docs/protocol.md § 4 and 5).</summary>
/// <param name="Type">Its type.</param>
/// <param name="Id">The number of our frame that it answers; null if it answers none.</param>
/// <param name="Payload">Its fields; they live as long as somebody holds them.</param>
internal sealed record ServerFrame(string Type, long? Id, JsonElement Payload)
{
    /// <summary>Null if it is no frame; unknown ones are the reader's to ignore.</summary>
    public static ServerFrame? TryRead(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || root.Text("type") is not { } type)
                return null;
            var id = root.TryGetProperty("id", out var given) && given.ValueKind == JsonValueKind.Number && given.TryGetInt64(out var number) ? number : (long?)null;
            return new ServerFrame(type, id, root.TryGetProperty("payload", out var payload) ? payload.Clone() : default);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public RoomId? Room => RoomId.TryParse(Payload.Text("roomId"), out var room) ? room : null;
}

/// <summary>Reads the wire's values out of JSON; what is missing or strange is null.</summary>
internal static class WireJson
{
    public static string? Text(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? TextOf(value) : null;

    public static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate: legal JSON, and no text.
            return null;
        }
    }

    public static long? Number(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    public static bool Flag(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>The elements of a list that is there.</summary>
    public static IEnumerable<JsonElement> List(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    /// <summary>A list of words as one text with spaces between them; null for none.</summary>
    public static string? WordsOf(this JsonElement element, string name)
    {
        var words = element.List(name).Select(TextOf).OfType<string>().ToList();
        return words.Count == 0 ? null : string.Join(' ', words);
    }

    /// <summary>The files of a message; what is no file is left out.</summary>
    public static IReadOnlyList<AttachedFile> Files(this JsonElement element) => [.. element.List("files").Select(File).OfType<AttachedFile>()];

    /// <summary>Null if it is none.</summary>
    public static AttachedFile? File(JsonElement file) => file.Text("id") is { } id && FileRules.IsId(id)
        ? new AttachedFile(
            id, file.Text("name") ?? "file", file.Text("type") ?? FileRules.InertType, file.Number("size") ?? 0, (int?)file.Number("width"), (int?)file.Number("height"), file.Text("thumbnail"))
        : null;

    public static Position? At(this JsonElement element, string name) => Position.TryParse(element.Text(name), out var position) ? position : null;

    public static DateTimeOffset? Time(this JsonElement element, string name) =>
        DateTimeOffset.TryParse(element.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    public static User? Person(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var user) && UserId.TryParse(user.Text("id"), out var id) ? new User(id, user.Text("name") ?? "") : null;

    /// <summary>A list of users; null if it is none.</summary>
    public static IReadOnlyList<User>? People(this JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array)
            return null;
        var people = new List<User>();
        foreach (var one in list.EnumerateArray())
        {
            if (UserId.TryParse(one.Text("id"), out var id))
                people.Add(new User(id, one.Text("name") ?? ""));
        }

        return people;
    }

    /// <summary>An event of § 4, whose fields are a frame's payload or stand flat in an answer. Null if it is none, or one of a later protocol.</summary>
    public static RoomEvent? Event(string? type, JsonElement fields)
    {
        if (!RoomId.TryParse(fields.Text("roomId"), out var room) || fields.At("id") is not { } position || fields.Person("sender") is not { } sender)
            return null;
        var sentAt = fields.Time("sentAt") ?? default;
        EventContent? content = type switch
        {
            "message" => new MessagePosted(fields.Text("message") ?? "")
            {
                ReplyTo = fields.At("replyTo")?.Sequence,
                Thread = fields.At("thread")?.Sequence,
                Mentions = fields.WordsOf("mentions"),
                Files = AttachedFile.Write(fields.Files()),
            },
            "message_edited" => new MessageEdited(fields.At("messageId")?.Sequence ?? 0, fields.Text("message") ?? "") { Mentions = fields.WordsOf("mentions") },
            "message_deleted" => new MessageDeleted(fields.At("messageId")?.Sequence ?? 0),
            "reaction_added" => new ReactionAdded(fields.At("messageId")?.Sequence ?? 0, fields.Text("emoji") ?? ""),
            "reaction_removed" => new ReactionRemoved(fields.At("messageId")?.Sequence ?? 0, fields.Text("emoji") ?? ""),
            "message_pinned" => new MessagePinned(fields.At("messageId")?.Sequence ?? 0),
            "message_unpinned" => new MessageUnpinned(fields.At("messageId")?.Sequence ?? 0),
            "room_topic" => new TopicChanged(fields.Text("topic") ?? ""),
            "slow_mode" => new SlowModeChanged((int)(fields.Number("seconds") ?? 0)),
            "room_archived" => new RoomArchived(),
            "room_unarchived" => new RoomUnarchived(),
            "member_joined" => fields.Person("user") is { } joined ? new MemberJoined(joined, Words.TryRead(fields.Text("role"), out Role role) ? role : Role.Member) : null,
            "member_left" => fields.Person("user") is { } left ? new MemberLeft(left, Words.TryRead(fields.Text("reason"), out LeaveReason reason) ? reason : LeaveReason.Left) : null,
            "role_changed" => fields.Person("user") is { } changed && Words.TryRead(fields.Text("role"), out Role to) ? new RoleChanged(changed, to) : null,
            "member_muted" => fields.Person("user") is { } muted && fields.Time("until") is { } until ? new MemberMuted(muted, until) : null,
            "member_unmuted" => fields.Person("user") is { } unmuted ? new MemberUnmuted(unmuted) : null,
            "room_created" => new RoomCreated(
                fields.Text("name") ?? "", fields.Text("visibility") == "private" ? Visibility.Private : Visibility.Public,
                fields.Text("consistency") == "relaxed" ? Consistency.Relaxed : Consistency.Strong),
            "room_renamed" => new RoomRenamed(fields.Text("name") ?? ""),
            _ => null,
        };
        return content is null ? null : new RoomEvent(room, position, sender, sentAt, fields.Text("key"), content);
    }
}
