using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Hubbub.Server.Auth;

/// <summary>
/// Reads a JSON Web Key Set (RFC 7517). Keys that are not for checking HS256, RS256 or ES256 are passed over, since sets are often shared with
/// other programs; a key that is for it but broken or weak makes the whole set unusable, so that nobody wonders which half of it counts.
/// </summary>
internal static class Jwks
{
    /// <exception cref="FormatException">Not a key set, or a key of it is unusable; the message is a clause that says why.</exception>
    public static IReadOnlyList<VerificationKey> Read(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, TokenHeader.Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("keys", out var list)
                || list.ValueKind != JsonValueKind.Array)
            {
                throw new FormatException("it is not {\"keys\":[…]}");
            }

            var keys = new List<VerificationKey>();
            foreach (var jwk in list.EnumerateArray())
            {
                if (ReadKey(jwk) is { } key)
                    keys.Add(key);
            }

            return keys.Count > 0 ? keys : throw new FormatException("it holds no key for HS256, RS256 or ES256");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException("it is not JSON, or says something twice", e);
        }
        catch (CryptographicException e)
        {
            throw new FormatException($"a key of it is unusable ({e.Message})", e);
        }
    }

    /// <summary>The key's name that needs no agreement: the hash of its public numbers (RFC 7638).</summary>
    public static string Thumbprint(RSAParameters key) =>
        Hash($$"""{"e":"{{Base64Url.EncodeToString(key.Exponent)}}","kty":"RSA","n":"{{Base64Url.EncodeToString(key.Modulus)}}"}""");

    /// <inheritdoc cref="Thumbprint(RSAParameters)"/>
    public static string Thumbprint(ECParameters key) =>
        Hash($$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(key.Q.X)}}","y":"{{Base64Url.EncodeToString(key.Q.Y)}}"}""");

    private static string Hash(string canonical) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(canonical)));

    private static VerificationKey? ReadKey(JsonElement jwk)
    {
        if (jwk.ValueKind != JsonValueKind.Object)
            throw new FormatException("a key of it is no object");
        if (Text(jwk, "use") is not (null or "sig") || !MayVerify(jwk))
            return null;

        string[] kids = Text(jwk, "kid") is { } kid ? [kid] : [];
        switch (Text(jwk, "kty"), Text(jwk, "alg"), Text(jwk, "crv"))
        {
            case ("oct", null or "HS256", _):
                return new HmacKey(Bytes(jwk, "k"), kids);
            case ("RSA", null or "RS256", _):
                RefusePrivate(jwk);
                return new RsaKey(RSA.Create(new RSAParameters { Modulus = Bytes(jwk, "n"), Exponent = Bytes(jwk, "e") }), kids);
            case ("EC", null or "ES256", "P-256"):
                RefusePrivate(jwk);
                var point = new ECPoint { X = Bytes(jwk, "x"), Y = Bytes(jwk, "y") };
                return new EcKey(ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point }), kids);
            default:
                return null;
        }
    }

    private static void RefusePrivate(JsonElement jwk)
    {
        if (jwk.TryGetProperty("d", out _))
            throw new FormatException("it holds a private key, which has no business here");
    }

    private static bool MayVerify(JsonElement jwk) =>
        !jwk.TryGetProperty("key_ops", out var ops)
        || (ops.ValueKind == JsonValueKind.Array && ops.EnumerateArray().Any(op => op.ValueKind == JsonValueKind.String && op.ValueEquals("verify")));

    private static string? Text(JsonElement jwk, string name)
    {
        if (!jwk.TryGetProperty(name, out var value))
            return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw new FormatException($"the {name} of a key is no string");
    }

    private static byte[] Bytes(JsonElement jwk, string name)
    {
        var text = Text(jwk, name) ?? throw new FormatException($"a key has no {name}");
        return Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : throw new FormatException($"the {name} of a key is not base64url");
    }
}
