using System.Text;
using System.Text.Json;
using Hubbub.Core.Hub;
using Hubbub.Protocol;
using Hubbub.Torture.History;

namespace Hubbub.UnitTests.Simulation;

/// <summary>
/// Turns events, as the store holds them and as they come over the wire, into entries of a history. A message carries its own name as its first word, so it can be followed
/// with or without a key.
/// </summary>
internal sealed class Entries
{
    /// <summary>What was said at each place where somebody has tried to delete it: what is left there afterwards has no name. A place is known by who said it when, in every life of the log.</summary>
    private readonly Dictionary<(string Room, long Sequence, string Sender, string SentAt), string> _deleted = [];

    public Entry Of(RoomEvent e)
    {
        var frame = Frame.Encoder.Encode(e);
        using var document = JsonDocument.Parse(frame);
        return Of(document.RootElement.GetProperty("payload"), e.Content.Type, frame);
    }

    /// <summary>Somebody is about to ask for the deletion of this.</summary>
    public void NoteDeletion(RoomEvent e)
    {
        using var document = JsonDocument.Parse(Frame.Encoder.Encode(e));
        if (e.Content is MessagePosted { IsDeleted: false } posted)
            _deleted[PlaceOf(document.RootElement.GetProperty("payload"))] = posted.Text;
    }

    public Entry Of(JsonElement payload, string type, byte[] frame)
    {
        if (!Position.TryParse(payload.GetProperty("id").GetString(), out var position) || position.Sequence != payload.GetProperty("sequence").GetInt64())
            throw new InvalidDataException($"A frame contradicts itself: {Encoding.UTF8.GetString(frame)}");
        if (type == "message_edited")
            return new Entry(position, $"#{type}", Fingerprint.Of(payload.GetProperty("messageId").GetString()!));
        if (type != "message")
            return new Entry(position, $"#{type}", Fingerprint.Of(Encoding.UTF8.GetString(frame)));
        var text = payload.TryGetProperty("message", out var said) ? said.GetString()! : _deleted.GetValueOrDefault(PlaceOf(payload), "erased");
        return new Entry(position, NameOf(text), Fingerprint.Of(text));
    }

    public static string NameOf(string text) => text.Split(' ', 2)[0];

    private static (string Room, long Sequence, string Sender, string SentAt) PlaceOf(JsonElement payload) => (
        payload.GetProperty("roomId").GetString()!, payload.GetProperty("sequence").GetInt64(), payload.GetProperty("sender").GetProperty("id").GetString()!,
        payload.GetProperty("sentAt").GetString()!);
}
