using System.Text.Json.Serialization;

namespace Peers.Naive;

internal sealed record Said(string? Join, string? Room, string? Text);

internal sealed record Joined([property: JsonPropertyName("joined")] string Room);

internal sealed record Event(string Room, string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Said))]
[JsonSerializable(typeof(Joined))]
[JsonSerializable(typeof(Event))]
internal sealed partial class Words : JsonSerializerContext;
