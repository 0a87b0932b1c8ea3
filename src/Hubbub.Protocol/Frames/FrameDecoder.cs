using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Hubbub.Protocol.Frames;

/// <summary>
/// Reads client frames from UTF-8 JSON. Whatever the bytes are, the answer is a frame or a refusal, never an exception: System.Text.Json parses
/// some texts that it later cannot turn into a string (<c>"\ud800"</c>), and says so with InvalidOperationException.
/// </summary>
public static class FrameDecoder
{
    /// <summary>Deeper nesting than any frame needs; ten thousand brackets are refused while parsing.</summary>
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 8 };

    /// <returns>Null and the frame, or the refusal. <paramref name="id"/> is the client's id as far as it could be read, for the answer.</returns>
    public static Refusal? Decode(ReadOnlyMemory<byte> utf8, out ClientFrame? frame, out FrameId id)
    {
        frame = null;
        id = default;
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(utf8, Options);
        }
        catch (JsonException)
        {
            return Refusals.BadJson("The frame is not valid JSON.");
        }

        using (document)
        {
            try
            {
                return Decode(document.RootElement, out frame, out id);
            }
            catch (InvalidOperationException)
            {
                return Refusals.BadFrame("A string in the frame is not valid Unicode (half a surrogate pair).");
            }
        }
    }

    private static Refusal? Decode(JsonElement root, out ClientFrame? frame, out FrameId id)
    {
        frame = null;
        id = default;
        if (root.ValueKind != JsonValueKind.Object)
            return Refusals.BadJson("A frame is a JSON object.");
        if (!TryReadId(root, out id))
            return Refusals.BadFrame($"'id' must be an integer or a string of at most {FrameId.MaxLength} characters.");
        if (!root.TryGetProperty("type", out var typeElement) || typeElement.ValueKind != JsonValueKind.String)
            return Refusals.BadFrame("'type' must be a string.");
        var payload = default(JsonElement);
        if (root.TryGetProperty("payload", out var given) && given.ValueKind != JsonValueKind.Null)
        {
            if (given.ValueKind != JsonValueKind.Object)
                return Refusals.BadFrame("'payload' must be an object.");
            payload = given;
        }

        var type = typeElement.GetString()!;
        return type switch
        {
            "message" => ReadMessage(id, payload, out frame),
            "ping" => Accept(new PingFrame(id), out frame),
            "typing" => ReadTyping(id, payload, out frame),
            "join" => ReadJoin(id, payload, out frame),
            "leave" => ReadLeave(id, payload, out frame),
            "auth" => ReadAuth(id, payload, out frame),
            _ => Refusals.UnknownType($"There is no frame type '{Shorten(type)}'."),
        };
    }

    private static Refusal? ReadAuth(FrameId id, JsonElement payload, out ClientFrame? frame)
    {
        frame = null;
        if (ReadText(payload, "token", required: true, out var token) is { } refusal)
            return refusal;
        return Accept(new AuthFrame(id, token!), out frame);
    }

    private static Refusal? ReadJoin(FrameId id, JsonElement payload, out ClientFrame? frame)
    {
        frame = null;
        if (ReadRoom(payload, required: true, out var room) is { } refusal)
            return refusal;
        Position? after = null;
        int? last = null;
        if (TryGet(payload, "after", out var afterElement))
        {
            if (ReadPosition(afterElement, out var position) is { } badPosition)
                return badPosition;
            after = position;
        }

        if (TryGet(payload, "last", out var lastElement))
        {
            if (lastElement.ValueKind != JsonValueKind.Number || !lastElement.TryGetInt32(out var count) || count is < 0 or > Limits.MaxPage)
                return Refusals.BadFrame($"'last' must be an integer from 0 to {Limits.MaxPage}.");
            last = count;
        }

        if (after is not null && last is not null)
            return Refusals.BadFrame("Say 'after' or 'last', not both.");
        return Accept(new JoinFrame(id, room!.Value, after, last), out frame);
    }

    private static Refusal? ReadLeave(FrameId id, JsonElement payload, out ClientFrame? frame)
    {
        frame = null;
        if (ReadRoom(payload, required: true, out var room) is { } refusal)
            return refusal;
        return Accept(new LeaveFrame(id, room!.Value), out frame);
    }

    private static Refusal? ReadMessage(FrameId id, JsonElement payload, out ClientFrame? frame)
    {
        frame = null;
        if (ReadRoom(payload, required: false, out var room) is { } badRoom)
            return badRoom;
        if (ReadFiles(payload, out var files) is { } badFiles)
            return badFiles;
        if (ReadText(payload, "message", required: files is null, out var message) is { } badMessage)
            return badMessage;
        if (ReadText(payload, "key", required: false, out var key) is { } badKey)
            return badKey;
        if (ReadMessageId(payload, "replyTo", out var replyTo) is { } badReply)
            return badReply;
        if (ReadMessageId(payload, "thread", out var thread) is { } badThread)
            return badThread;
        return Accept(new MessageFrame(id, room, message ?? "", key, replyTo, thread, files), out frame);
    }

    private static Refusal? ReadFiles(JsonElement payload, out IReadOnlyList<string>? files)
    {
        files = null;
        if (!TryGet(payload, "files", out var element))
            return null;
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > FileRules.MaxFilesOfMessage || element.EnumerateArray().Any(f => f.ValueKind != JsonValueKind.String))
            return Refusals.BadFrame($"'payload.files' must be an array of at most {FileRules.MaxFilesOfMessage} ids of files.");
        files = [.. element.EnumerateArray().Select(TextOf)];
        return null;
    }

    private static Refusal? ReadMessageId(JsonElement payload, string name, out Position? message)
    {
        message = null;
        if (!TryGet(payload, name, out var element))
            return null;
        if (ReadPosition(element, out var position) is { } refusal)
            return refusal;
        message = position;
        return null;
    }

    private static Refusal? ReadTyping(FrameId id, JsonElement payload, out ClientFrame? frame)
    {
        frame = null;
        if (ReadRoom(payload, required: false, out var room) is { } refusal)
            return refusal;
        return Accept(new TypingFrame(id, room), out frame);
    }

    private static Refusal? Accept(ClientFrame decoded, out ClientFrame? frame)
    {
        frame = decoded;
        return null;
    }

    private static bool TryReadId(JsonElement root, out FrameId id)
    {
        id = default;
        if (!TryGet(root, "id", out var element))
            return true;
        if (element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var number))
        {
            id = new FrameId(number);
            return true;
        }

        if (element.ValueKind != JsonValueKind.String || element.GetString() is not { Length: <= FrameId.MaxLength } text)
            return false;
        id = new FrameId(text);
        return true;
    }

    private static Refusal? ReadRoom(JsonElement payload, bool required, out RoomId? room)
    {
        room = null;
        if (ReadText(payload, "roomId", required, out var text) is { } refusal)
            return refusal;
        if (text is null)
            return null;
        if (!RoomId.TryParse(text, out var id))
            return Refusals.BadRoom;
        room = id;
        return null;
    }

    /// <summary>A position is a string; the number 0 is taken too, since that is what people write.</summary>
    private static Refusal? ReadPosition(JsonElement element, out Position position)
    {
        position = Position.Start;
        if (element.ValueKind == JsonValueKind.Number)
            return element.TryGetInt64(out var number) && number == 0 ? null : Refusals.BadPosition;
        return element.ValueKind == JsonValueKind.String && Position.TryParse(TextOf(element), out position) ? null : Refusals.BadPosition;
    }

    private static Refusal? ReadText(JsonElement payload, string name, bool required, out string? text)
    {
        text = null;
        if (!TryGet(payload, name, out var element))
            return required ? Refusals.BadFrame($"'payload.{name}' is missing.") : null;
        if (element.ValueKind != JsonValueKind.String)
            return Refusals.BadFrame($"'payload.{name}' must be a string.");
        text = TextOf(element);
        return null;
    }

    /// <summary>A string that is no Unicode (half a surrogate pair) stays no Unicode, so that the rule of its field refuses it by its own code.</summary>
    private static string TextOf(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "\ud800";
        }
    }

    private static bool TryGet(JsonElement parent, string name, out JsonElement element)
    {
        element = default;
        return parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out element) && element.ValueKind != JsonValueKind.Null;
    }

    private static string Shorten([NotNull] string text) => text.Length <= 32 ? text : text[..32] + "…";
}
