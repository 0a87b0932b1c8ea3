using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>Tokens of an application, good and bad, written by hand.</summary>
internal static class Jwt
{
    /// <param name="header">The header's JSON.</param>
    /// <param name="payload">The payload's JSON.</param>
    /// <param name="secret">Signs with HS256; null leaves the signature empty.</param>
    public static string Make(string header, string payload, string? secret)
    {
        var text = $"{Encode(header)}.{Encode(payload)}";
        var signature = secret is null ? [] : HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(text));
        return $"{text}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>A good token of an application's user.</summary>
    public static string Customer(string secret, string sub = "user-1", object? rooms = null) =>
        Make("""{"alg":"HS256","typ":"JWT"}""", Claims(sub, rooms: rooms), secret);

    /// <param name="expiresInHours">Null leaves the expiry out.</param>
    public static string Claims(string sub = "user-1", string? audience = "hubbub", object? rooms = null, double? expiresInHours = 1)
    {
        var claims = new Dictionary<string, object> { ["sub"] = sub, ["name"] = "Customer" };
        if (audience is not null)
            claims["aud"] = audience;
        if (expiresInHours is { } hours)
            claims["exp"] = DateTimeOffset.UtcNow.AddHours(hours).ToUnixTimeSeconds();
        if (rooms is not null)
            claims["rooms"] = rooms;
        return JsonSerializer.Serialize(claims);
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
