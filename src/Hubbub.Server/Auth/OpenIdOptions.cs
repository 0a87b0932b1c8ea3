namespace Hubbub.Server.Auth;

/// <summary>Another place that says who people are (OpenID Connect, authorization code with PKCE). Configuration section <c>Hubbub:OpenId</c>; off without an authority.</summary>
public sealed class OpenIdOptions
{
    public const string Section = "Hubbub:OpenId";

    /// <summary>The provider's address, under which <c>.well-known/openid-configuration</c> is; https, or on this machine http.</summary>
    public string? Authority { get; set; }

    /// <summary>What the provider calls this server.</summary>
    public string? ClientId { get; set; }

    /// <summary>The secret that the provider gave; null for a public client.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>What people call the provider.</summary>
    public string Name { get; set; } = "Single sign-on";

    public bool IsOn => !string.IsNullOrEmpty(Authority);

    /// <exception cref="AuthSetupException">A value is missing or makes no sense.</exception>
    internal void Check()
    {
        if (!IsOn)
            return;
        if (!Uri.TryCreate(Authority, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && !(address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)))
            throw new AuthSetupException($"{Section}:Authority must be an https address (http only on this machine).");
        if (string.IsNullOrWhiteSpace(ClientId))
            throw new AuthSetupException($"{Section}:ClientId is missing: the name that the provider knows this server by.");
    }
}
