using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hubbub.Protocol;

/// <summary>A file that a message brings, as its event tells of it. Immutable.</summary>
/// <param name="Id">32 lower-case hex digits, drawn by the server.</param>
/// <param name="Name">What it is called; cleaned by <see cref="FileRules.CleanName"/>.</param>
/// <param name="Type">The media type that its first bytes say, or <see cref="FileRules.InertType"/>.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Width">Of a picture: pixels; null for what is none.</param>
/// <param name="Height">As <paramref name="Width"/>.</param>
/// <param name="Thumbnail">The id of a smaller picture of it; null if there is none.</param>
public sealed record AttachedFile(string Id, string Name, string Type, long Size, int? Width = null, int? Height = null, string? Thumbnail = null)
{
    /// <summary>The JSON array of the wire, which is also what stores keep; null for none.</summary>
    public static string? Write(IReadOnlyList<AttachedFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return files.Count == 0 ? null : JsonSerializer.Serialize(files, AttachedFileJson.Shared.IReadOnlyListAttachedFile);
    }

    /// <summary>What <see cref="Write"/> has written; nothing of null, and of what is no such array.</summary>
    public static IReadOnlyList<AttachedFile> Read(string? json)
    {
        if (json is null)
            return [];
        try
        {
            return JsonSerializer.Deserialize(json, AttachedFileJson.Shared.IReadOnlyListAttachedFile) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

[JsonSerializable(typeof(IReadOnlyList<AttachedFile>))]
internal sealed partial class AttachedFileJson : JsonSerializerContext
{
    // Relaxed, as the frames in which it stands.
    public static AttachedFileJson Shared { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
