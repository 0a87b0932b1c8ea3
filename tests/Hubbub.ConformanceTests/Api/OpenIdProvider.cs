using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hubbub.ConformanceTests.Api;

/// <summary>A place that says who people are, made for the test: everybody who comes is the person that the test says, without a question. It checks what a real one would: client, secret, code, PKCE.</summary>
internal sealed class OpenIdProvider : IAsyncDisposable
{
    public const string ClientId = "hubbub-test";
    public const string ClientSecret = "the secret between the two";

    private readonly RSA _key = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, (string Nonce, string Challenge, string Redirect)> _codes = new();
    private readonly WebApplication _app;

    private OpenIdProvider(WebApplication app) => _app = app;

    public string Authority { get; private set; } = "";

    /// <summary>Who comes.</summary>
    public string Subject { get; set; } = "subject-1";

    public string? PersonName { get; set; } = "Ada of elsewhere";

    /// <summary>Changes what the id token says before it is signed.</summary>
    public Action<Dictionary<string, object>>? Spoil { get; set; }

    public static async Task<OpenIdProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var provider = new OpenIdProvider(app);
        app.MapGet("/.well-known/openid-configuration", () => Results.Json(new
        {
            issuer = provider.Authority,
            authorization_endpoint = $"{provider.Authority}/authorize",
            token_endpoint = $"{provider.Authority}/token",
            jwks_uri = $"{provider.Authority}/jwks",
            response_types_supported = new[] { "code" },
            id_token_signing_alg_values_supported = new[] { "RS256" },
        }));
        app.MapGet("/jwks", () =>
        {
            var key = provider._key.ExportParameters(false);
            return Results.Json(new { keys = new[] { new { kty = "RSA", use = "sig", alg = "RS256", kid = "k1", n = Base64Url.EncodeToString(key.Modulus), e = Base64Url.EncodeToString(key.Exponent) } } });
        });
        app.MapGet("/authorize", provider.Authorize);
        app.MapPost("/token", provider.TokenAsync);
        await app.StartAsync();
        provider.Authority = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return provider;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
    }

    private IResult Authorize(HttpRequest request)
    {
        var asked = request.Query;
        if (asked["client_id"] != ClientId || asked["response_type"] != "code" || asked["code_challenge_method"] != "S256" || !asked["scope"].ToString().Contains("openid", StringComparison.Ordinal))
            return Results.BadRequest("not as it should be asked");
        var code = RandomNumberGenerator.GetHexString(32);
        _codes[code] = (asked["nonce"].ToString(), asked["code_challenge"].ToString(), asked["redirect_uri"].ToString());
        return Results.Redirect($"{asked["redirect_uri"]}?code={code}&state={Uri.EscapeDataString(asked["state"].ToString())}");
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        if (!_codes.TryRemove(form["code"].ToString(), out var known) || form["client_id"] != ClientId || form["client_secret"] != ClientSecret || form["redirect_uri"] != known.Redirect
            || Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) != known.Challenge)
        {
            return Results.Json(new { error = "invalid_grant" }, statusCode: StatusCodes.Status400BadRequest);
        }

        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object> { ["iss"] = Authority, ["aud"] = ClientId, ["sub"] = Subject, ["nonce"] = known.Nonce, ["iat"] = now, ["exp"] = now + 300 };
        if (PersonName is not null)
            claims["name"] = PersonName;
        Spoil?.Invoke(claims);
        var text = $"{Part(new { alg = "RS256", typ = "JWT", kid = "k1" })}.{Part(claims)}";
        var signature = _key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return Results.Json(new { access_token = "unused", token_type = "Bearer", expires_in = 300, id_token = $"{text}.{Base64Url.EncodeToString(signature)}" });
    }

    private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
