using Hubbub.Core.People;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Hubbub.Server.Auth;

/// <summary>
/// Signing in at another place: the browser is sent there, comes back with a code, and leaves with our session cookie. The protocol is ASP.NET Core's handler's; what it says is only who somebody is, and from then on
/// they are an account of ours with a token of ours.
/// </summary>
internal static class OpenIdSignIn
{
    public const string Scheme = "hubbub-openid";
    public const string Address = "/auth/openid";

    /// <summary>What the provider must be told as the address to return to, behind this server's own.</summary>
    public const string CallbackPath = "/auth/openid/callback";

    private const string Issuer = ".iss";
    private const string Subject = ".sub";
    private const string PersonName = ".name";

    /// <summary>Where a browser goes whose sign-in came to nothing.</summary>
    private const string Failed = "/?signin=failed";

    /// <exception cref="AuthSetupException">A setting is missing or wrong.</exception>
    public static void AddOpenId(this WebApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection(OpenIdOptions.Section).Get<OpenIdOptions>() ?? new OpenIdOptions();
        options.Check();
        builder.Services.AddSingleton(options);
        if (!options.IsOn)
            return;

        // No scheme is the default: every other request is judged by our own tokens alone.
        builder.Services.AddAuthentication("none").AddOpenIdConnect(Scheme, _ => { });
        builder.Services.AddOptions<OpenIdConnectOptions>(Scheme).Configure<SigningKey>((openId, key) => Configure(openId, options, key));
    }

    public static void MapOpenId(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<OpenIdOptions>().IsOn)
            return;
        app.UseAuthentication();
        app.MapGet(Address, (HttpContext http) => Results.Challenge(new AuthenticationProperties { RedirectUri = Local(http.Request.Query["return"]) }, [Scheme])).ExcludeFromDescription();
    }

    /// <summary>A path of our own, and of nobody else's: no scheme, no host, no trick with slashes.</summary>
    internal static string Local(string? path) =>
        path is ['/', ..] and not ['/', '/' or '\\', ..] && !path.AsSpan().ContainsAny('\\', '\r', '\n') && !path.Any(char.IsControl) ? path : "/";

    private static void Configure(OpenIdConnectOptions openId, OpenIdOptions options, SigningKey key)
    {
        openId.Authority = options.Authority;
        openId.ClientId = options.ClientId;
        openId.ClientSecret = options.ClientSecret;
        openId.RequireHttpsMetadata = options.Authority!.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        openId.CallbackPath = CallbackPath;
        openId.ResponseType = OpenIdConnectResponseType.Code;
        openId.ResponseMode = OpenIdConnectResponseMode.Query;
        openId.UsePkce = true;
        openId.MapInboundClaims = false;
        openId.SaveTokens = false;
        openId.BackchannelTimeout = TimeSpan.FromSeconds(10);
        openId.RemoteAuthenticationTimeout = TimeSpan.FromMinutes(10);
        openId.StateDataFormat = new Sealed<AuthenticationProperties>(key.Derive("openid state"), PropertiesSerializer.Default);
        openId.StringDataFormat = new Sealed<string>(key.Derive("openid nonce"), new TextSerializer());

        // The browser comes back by a link, for which Lax is enough; the default would need https also on this machine.
        openId.CorrelationCookie.SameSite = SameSiteMode.Lax;
        openId.CorrelationCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        openId.NonceCookie.SameSite = SameSiteMode.Lax;
        openId.NonceCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        openId.Events.OnTokenValidated = context =>
        {
            // Kept for the end: the nonce is only looked at after this.
            context.Properties!.Items[Issuer] = context.SecurityToken.Issuer;
            context.Properties.Items[Subject] = context.SecurityToken.Subject;
            context.Properties.Items[PersonName] = context.Principal?.FindFirst("name")?.Value ?? context.Principal?.FindFirst("preferred_username")?.Value;
            return Task.CompletedTask;
        };
        openId.Events.OnTicketReceived = async context =>
        {
            await EndAsync(context.HttpContext, context.Properties!, context.ReturnUri);
            context.HandleResponse();
        };
        openId.Events.OnRemoteFailure = context =>
        {
            // Said no there, or was too slow, or it was never begun here; the handler has logged which.
            context.Response.Redirect(Failed);
            context.HandleResponse();
            return Task.CompletedTask;
        };
    }

    private static async Task EndAsync(HttpContext http, AuthenticationProperties properties, string? returnTo)
    {
        var accounts = http.RequestServices.GetRequiredService<Accounts>();
        if (properties.GetString(Issuer) is not { Length: > 0 and <= 1024 } issuer || properties.GetString(Subject) is not { Length: > 0 and <= 255 } subject)
        {
            http.Response.Redirect(Failed);
            return;
        }

        var signedIn = await accounts.SignInAsync(new OutsideIdentity(issuer, subject), properties.GetString(PersonName), http.RequestAborted);
        if (!signedIn.Is(out var signIn, out _))
        {
            http.Response.Redirect(Failed);
            return;
        }

        SessionCookie.Begin(http, signIn);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Redirect(Local(returnTo));
    }
}
