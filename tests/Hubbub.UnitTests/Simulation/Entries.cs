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
internal static class Entries
{
    public static Entry Of(RoomEvent e) => e.Content is MessagePosted posted
        ? new Entry(e.Position, NameOf(posted.Text), Fingerprint.Of(posted.Text))
        : Unnamed(e.Position, e.Content.Type, Frame.Encoder.Encode(e));

    public static Entry Of(JsonElement payload, string type, byte[] frame)
    {
        if (!Position.TryParse(payload.GetProperty("id").GetString(), out var position) || position.Sequence != payload.GetProperty("sequence").GetInt64())
            throw new InvalidDataException($"A frame contradicts itself: {Encoding.UTF8.GetString(frame)}");
        if (type != "message")
            return Unnamed(position, type, frame);
        var text = payload.GetProperty("message").GetString()!;
        return new Entry(position, NameOf(text), Fingerprint.Of(text));
    }

    public static string NameOf(string text) => text.Split(' ', 2)[0];

    private static Entry Unnamed(Position position, string type, byte[] frame) => new(position, $"#{type}", Fingerprint.Of(Encoding.UTF8.GetString(frame)));
}
