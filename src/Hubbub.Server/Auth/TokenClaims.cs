using System.Text.Json;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Auth;

/// <summary>
/// The rules for what a token says (RFC 7519), once its signature has been confirmed and not before. Its bearer was given it by somebody whom we
/// trust, so a refusal may say here what exactly is wrong.
/// </summary>
internal sealed class TokenClaims(TokenOptions options)
{
    /// <summary>A day before the last that .NET can name, so that a clock skew may be added to any.</summary>
    private const double LatestTime = 253_402_214_400;

    /// <summary>Our own tokens' count of sign-outs everywhere before them; absent for none.</summary>
    public const string Generation = "gen";

    private readonly TimeSpan _skew = options.ClockSkew;

    /// <param name="json">The decoded payload.</param>
    /// <param name="own">Whether our own key signed it.</param>
    /// <param name="now">The time to judge by.</param>
    public Outcome<Caller> Judge(byte[] json, bool own, DateTimeOffset now)
    {
        try
        {
            using var document = JsonDocument.Parse(json, TokenHeader.Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Judge(document.RootElement, own, now)
                : Bad("The token's payload is not an object.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half a surrogate pair parses and only then fails to become a string.
            return Bad("The token's payload is not well-formed JSON, or says something twice.");
        }
    }

    private Outcome<Caller> Judge(JsonElement claims, bool own, DateTimeOffset now)
    {
        if (!IsFromExpectedIssuer(claims, own))
            return Bad("The token's issuer (iss) is not the one that its key belongs to.");
        if (!IsForUs(claims))
            return Bad("The token is not for this server (aud).");
        if (!UserId.TryParse(Text(claims, "sub"), out var id))
            return Bad("The token's user (sub) must be 1–128 visible ASCII characters.");
        // A guest's id is theirs alone; an application that names its own users may not take it.
        if (!own && id.Value.StartsWith(Guests.IdPrefix, StringComparison.Ordinal))
            return Bad($"User ids that begin with {Guests.IdPrefix} are this server's guests.");

        RoomGrants? grants = null;
        if (claims.TryGetProperty(GrantClaims.Claim, out var rooms) && !GrantClaims.TryRead(rooms, out grants))
            return Bad($"The token's rooms must be at most {RoomGrants.MaxGrants} room ids or prefixes with *, each with owner or member.");

        if (JudgeName(claims, id, out var name) is { } badName)
            return badName;
        if (JudgeTimes(claims, own, now, out var expiresAt) is { } badTime)
            return badTime;
        var generation = own && claims.TryGetProperty(Generation, out var gen) && gen.TryGetInt64(out var number) ? number : 0;
        return new Caller(new User(id, name), expiresAt, grants, generation);
    }

    /// <summary>Key and issuer belong together: a customer's key never speaks for us, nor ours for a customer.</summary>
    private bool IsFromExpectedIssuer(JsonElement claims, bool own)
    {
        var issuer = Text(claims, "iss");
        if (own)
            return issuer == Tokens.OwnIssuer;
        return options.Issuer is { } expected
            ? issuer == expected
            : issuer != Tokens.OwnIssuer && (issuer is not null || !claims.TryGetProperty("iss", out _));
    }

    /// <summary>One audience, or a list that names us (RFC 7519 § 4.1.3). The 8 KiB of a token bound the list.</summary>
    private bool IsForUs(JsonElement claims)
    {
        if (!claims.TryGetProperty("aud", out var audience))
            return false;
        if (audience.ValueKind != JsonValueKind.Array)
            return Text(claims, "aud") == options.Audience;

        var named = false;
        foreach (var one in audience.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.String)
                return false;
            named |= one.GetString() == options.Audience;
        }

        return named;
    }

    private static Refusal? JudgeName(JsonElement claims, UserId id, out string name)
    {
        name = id.Value.Length <= Texts.MaxNameLength ? id.Value : id.Value[..Texts.MaxNameLength];
        if (!claims.TryGetProperty("name", out _))
            return null;
        name = Text(claims, "name") ?? "";
        return Texts.CheckName(name) is { } flaw ? Bad($"The token's name is unusable. {flaw.Message}") : null;
    }

    /// <summary>
    /// A customer's clock may be off by the skew in either direction, so their token ends that much after its <c>exp</c>, for every use alike. Our
    /// own <c>exp</c> is by our own clock and needs none.
    /// </summary>
    private Refusal? JudgeTimes(JsonElement claims, bool own, DateTimeOffset now, out DateTimeOffset expiresAt)
    {
        expiresAt = default;
        if (!TryReadTime(claims, "exp", out var exp) || exp is not { } end)
            return Bad("The token must say when it expires (exp, in seconds since 1970).");
        if (!TryReadTime(claims, "nbf", out var nbf) || nbf > now + _skew)
            return Bad("The token is not valid yet (nbf).");
        if (!TryReadTime(claims, "iat", out var iat) || iat > now + _skew)
            return Bad("The token was issued in the future (iat).");

        expiresAt = own ? end : end + _skew;
        return now < expiresAt ? null : Refusals.TokenExpired;
    }

    /// <returns>False if the claim is there and is no time; true with null if it is not there.</returns>
    private static bool TryReadTime(JsonElement claims, string name, out DateTimeOffset? time)
    {
        time = null;
        if (!claims.TryGetProperty(name, out var value))
            return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || seconds is not (>= 0 and <= LatestTime))
            return false;
        time = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        return true;
    }

    private static string? Text(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static Refusal Bad(string message) => Refusals.Unauthenticated with { Message = message };
}
