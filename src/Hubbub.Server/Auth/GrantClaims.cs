using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Server.Auth;

/// <summary>The <c>rooms</c> claim (docs/protocol.md § 9), as read from a token and written into a ticket.</summary>
internal static class GrantClaims
{
    public const string Claim = "rooms";

    private const string Everything = "*";

    /// <returns>False if the claim is malformed: it is then better refused than half believed.</returns>
    public static bool TryRead(JsonElement claim, [NotNullWhen(true)] out RoomGrants? grants)
    {
        grants = null;
        if (claim.ValueKind != JsonValueKind.Object)
            return false;

        var roles = new Dictionary<string, Role>(StringComparer.Ordinal);
        foreach (var grant in claim.EnumerateObject())
        {
            if (roles.Count == RoomGrants.MaxGrants || !IsPattern(grant.Name) || ReadRole(grant.Value) is not { } role)
                return false;
            roles.Add(grant.Name, role);
        }

        grants = new RoomGrants(roles);
        return true;
    }

    public static void Write(Utf8JsonWriter json, RoomGrants grants)
    {
        json.WriteStartObject(Claim);
        foreach (var (pattern, role) in grants.Patterns)
            json.WriteString(pattern, Words.Of(role));
        json.WriteEndObject();
    }

    /// <summary>A room id, the beginning of one and a star, or the star alone.</summary>
    private static bool IsPattern(string pattern) =>
        pattern == Everything || RoomId.TryParse(pattern.EndsWith('*') ? pattern[..^1] : pattern, out _);

    private static Role? ReadRole(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && Words.TryRead(value.GetString(), out Role role) ? role : null;
}
