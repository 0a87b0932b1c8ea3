using System.Text.Json;

namespace Hubbub.Server.Auth;

internal enum SignatureAlgorithm
{
    HS256,
    RS256,
    ES256,
}

/// <summary>
/// What of a token's header we let it say about its own checking: the algorithm, one of three, and the name of a key that we hold already.
/// A header that brings its own key or says where to find one (<c>jwk</c>, <c>jku</c>, <c>x5c</c>, <c>x5u</c>) is not contradicted; nobody reads it.
/// </summary>
internal readonly record struct TokenHeader(SignatureAlgorithm Algorithm, string? Kid)
{
    private const int MaxKidLength = 256;

    /// <summary>Both JSON parts of a token are read like this: a repeated name is refused, for two readers may each believe another one.</summary>
    public static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <param name="json">The decoded first part.</param>
    /// <param name="header">What it says.</param>
    /// <returns>Null, or what is wrong with it; a constant, fit for a log.</returns>
    public static string? Read(byte[] json, out TokenHeader header)
    {
        header = default;
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return "its header is no object";
            if (root.TryGetProperty("crit", out _))
                return "its header demands an extension (crit)";
            if (root.TryGetProperty("typ", out var typ) && !IsAccessToken(typ))
                return "its header says that it is of another kind (typ)";

            string? kid = null;
            if (root.TryGetProperty("kid", out var named))
            {
                kid = named.ValueKind == JsonValueKind.String ? named.GetString() : null;
                if (kid is not { Length: > 0 and <= MaxKidLength })
                    return "its kid is malformed";
            }

            if (!root.TryGetProperty("alg", out var alg) || ReadAlgorithm(alg) is not { } algorithm)
                return "its algorithm is not HS256, RS256 or ES256";

            header = new TokenHeader(algorithm, kid);
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half a surrogate pair parses and only then fails to become a string.
            return "its header is not JSON";
        }
    }

    private static SignatureAlgorithm? ReadAlgorithm(JsonElement alg) => alg.ValueKind != JsonValueKind.String
        ? null
        : alg.GetString() switch
        {
            "HS256" => SignatureAlgorithm.HS256,
            "RS256" => SignatureAlgorithm.RS256,
            "ES256" => SignatureAlgorithm.ES256,
            _ => null,
        };

    /// <summary>RFC 8725 § 3.11: the same keys may sign log-out or key-proof tokens, whose type says so.</summary>
    private static bool IsAccessToken(JsonElement typ) =>
        typ.ValueKind == JsonValueKind.String && typ.GetString()!.ToUpperInvariant() is "JWT" or "AT+JWT" or "APPLICATION/AT+JWT";
}
