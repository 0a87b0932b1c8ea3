namespace Hubbub.Server.Auth;

/// <summary>Which tokens are accepted, and how long our own live. Configuration section <c>Hubbub:Tokens</c>.</summary>
public sealed class TokenOptions
{
    public const string Section = "Hubbub:Tokens";

    /// <summary>The longest allowed <see cref="ClockSkew"/>.</summary>
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromSeconds(60);

    /// <summary>What <c>aud</c> must say, exactly.</summary>
    public string Audience { get; set; } = "hubbub";

    /// <summary>What <c>iss</c> of a customer's token must say; null: anything but <see cref="Tokens.OwnIssuer"/>.</summary>
    public string? Issuer { get; set; }

    /// <summary>Whether people without a token may chat.</summary>
    public bool AllowGuests { get; set; } = true;

    public TimeSpan GuestLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>By how much a customer's clock may differ from ours.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    public IList<HmacKeyOptions> HmacKeys { get; } = [];

    /// <summary>
    /// PEM files, each with one RSA (2048 bits or more) or P-256 public key. Its kid is the file's name without extension, or its RFC 7638
    /// thumbprint.
    /// </summary>
    public IList<string> PublicKeyFiles { get; } = [];

    /// <summary>A JSON Web Key Set (RFC 7517). Read again when the file changes.</summary>
    public string? JwksFile { get; set; }

    /// <exception cref="AuthSetupException">A value makes no sense.</exception>
    internal void Check()
    {
        if (string.IsNullOrWhiteSpace(Audience))
            throw new AuthSetupException($"{Section}:Audience is empty; tokens must name whom they are for.");
        if (Issuer is Tokens.OwnIssuer or "")
            throw new AuthSetupException($"{Section}:Issuer may not be empty or \"{Tokens.OwnIssuer}\", which is this server's own.");
        if (ClockSkew < TimeSpan.Zero || ClockSkew > MaxClockSkew)
            throw new AuthSetupException($"{Section}:ClockSkew is {ClockSkew}; it may be 0 to {MaxClockSkew.TotalSeconds:0} seconds.");
        if (GuestLifetime < TimeSpan.FromMinutes(1) || GuestLifetime > TimeSpan.FromDays(3650))
            throw new AuthSetupException($"{Section}:GuestLifetime is {GuestLifetime}; it may be a minute to ten years.");
    }
}

/// <summary>
/// A secret shared with a customer's application, for HS256. Given either as text or as base64url, by two names: a text of letters and
/// digits is valid base64url too, and guessing wrong would refuse every token without a word why.
/// </summary>
public sealed class HmacKeyOptions
{
    /// <summary>The key's name in the token's header; null: only tokens without one are tried with this key.</summary>
    public string? Kid { get; set; }

    /// <summary>The secret as text; its UTF-8 bytes are the key, 32 or more.</summary>
    public string? Secret { get; set; }

    /// <summary>The secret's bytes, 32 or more, as base64url.</summary>
    public string? SecretBase64Url { get; set; }
}
