using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Hubbub.Server.Auth;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class TokenKeysTests : IDisposable
{
    private static readonly ECDsa OtherCurve = ECDsa.Create(ECCurve.NamedCurves.nistP384);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_secret_is_given_as_text_or_as_base64url()
    {
        var secret = RandomNumberGenerator.GetBytes(32);
        using var app = new Application(options =>
            options.HmacKeys.Add(new HmacKeyOptions { Kid = "bytes", SecretBase64Url = Base64Url.EncodeToString(secret) }));

        app.Accept(Application.Compact("""{"alg":"HS256","kid":"bytes"}""", app.Payload(), input => HMACSHA256.HashData(secret, input)));
    }

    [Fact]
    public void A_secret_without_a_kid_is_for_tokens_without_one()
    {
        var secret = new string('s', 32);
        using var app = new Application(options => options.HmacKeys.Add(new HmacKeyOptions { Secret = secret }));
        byte[] Sign(byte[] input) => HMACSHA256.HashData(Encoding.ASCII.GetBytes(secret), input);

        app.Accept(Application.Compact("""{"alg":"HS256"}""", app.Payload(), Sign));
        app.Refuse(Application.Compact("""{"alg":"HS256","kid":"s"}""", app.Payload(), Sign));
    }

    [Theory]
    [InlineData("31 bytes are not enough for it.", null, "31 bytes")]
    [InlineData(null, "AAAA", "3 bytes")]
    [InlineData(null, "not base64url!", "base64url")]
    [InlineData(null, null, "needs one of")]
    [InlineData("a text of at least 32 characters", "AAAA", "needs one of")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A", null, "PEM")]
    public void A_secret_that_cannot_be_meant_stops_the_start(string? text, string? base64, string says)
    {
        var options = new HmacKeyOptions { Kid = "k", Secret = text, SecretBase64Url = base64 };

        var error = Assert.Throws<AuthSetupException>(() => new Application(all => all.HmacKeys.Add(options)));

        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.All(new[] { text, base64 }, secret => Assert.False(secret is not null && error.Message.Contains(secret, StringComparison.Ordinal)));
    }

    [Fact]
    public void Two_keys_of_a_kind_with_one_name_stop_the_start()
    {
        var secret = new string('s', 32);

        Assert.Throws<AuthSetupException>(() => new Application(options => options.HmacKeys.Add(new HmacKeyOptions { Kid = "h", Secret = secret })));
        Assert.Throws<AuthSetupException>(() => new Application(options => options.HmacKeys.Add(new HmacKeyOptions { Kid = "hubbub", Secret = secret })));
    }

    [Fact]
    public void More_than_64_keys_stop_the_start() => Assert.Throws<AuthSetupException>(() => new Application(options =>
    {
        for (var i = 0; i < 64; i++)
            options.HmacKeys.Add(new HmacKeyOptions { Kid = $"k{i}", Secret = new string('s', 32) });
    }));

    [Theory]
    [InlineData("hubbub")]
    [InlineData("")]
    public void Our_own_issuer_cannot_be_a_customers(string issuer) =>
        Assert.Throws<AuthSetupException>(() => new Application(options => options.Issuer = issuer));

    [Fact]
    public void A_public_key_also_answers_to_its_thumbprint()
    {
        using var app = new Application();
        var rsa = Base64Url.EncodeToString(JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(Application.Rsa)).ComputeJwkThumbprint());
        var ec = Base64Url.EncodeToString(JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(Application.Ec)).ComputeJwkThumbprint());

        app.Accept(Application.Compact($$"""{"alg":"RS256","kid":"{{rsa}}"}""", app.Payload(), Application.SignRsa));
        app.Accept(Application.Compact($$"""{"alg":"ES256","kid":"{{ec}}"}""", app.Payload(), Application.SignEc));
    }

    public static TheoryData<string, string> UnusableFiles() => new()
    {
        { "nothing of the kind", "not PEM" },
        { "", "not PEM" },
        { Application.Rsa.ExportPkcs8PrivateKeyPem(), "one PUBLIC KEY" },
        { Application.Ec.ExportECPrivateKeyPem(), "one PUBLIC KEY" },
        { Application.Rsa.ExportSubjectPublicKeyInfoPem() + "\n" + Application.Ec.ExportSubjectPublicKeyInfoPem(), "one PUBLIC KEY" },
        { "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "unusable" },
        { OtherCurve.ExportSubjectPublicKeyInfoPem(), "P-256" },
        { RSA.Create(1024).ExportSubjectPublicKeyInfoPem(), "1024" },
    };

    [Theory]
    [MemberData(nameof(UnusableFiles))]
    public void A_key_file_that_cannot_be_used_stops_the_start_with_a_sentence(string content, string says)
    {
        var file = _folder.Write("key.pem", content);

        var error = Assert.Throws<AuthSetupException>(() => new Application(options => options.PublicKeyFiles.Add(file)));

        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_file_that_is_not_there_stops_the_start_with_a_sentence() =>
        Assert.Throws<AuthSetupException>(() => new Application(options => options.PublicKeyFiles.Add(_folder.File("absent.pem"))));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[1]}""")]
    [InlineData("""{"keys":[{"kty":1}]}""")]
    [InlineData("""{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]}""")]
    [InlineData("""{"keys":[{"kty":"oct","k":"c2hvcnQ"}]}""")]
    [InlineData("""{"keys":[{"kty":"oct"}]}""")]
    [InlineData("""{"keys":[{"kty":"oct","k":"!"}]}""")]
    [InlineData("""{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}""")]
    [InlineData("""{"keys":[{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}]}""")]
    [InlineData("""{"keys":[{"kty":"\ud800"}]}""")]
    [InlineData("""{"keys":[],"keys":[]}""")]
    public void A_key_set_that_cannot_be_used_stops_the_start_with_a_sentence(string content)
    {
        var file = _folder.Write("jwks.json", content);

        Assert.Contains(file, Assert.Throws<AuthSetupException>(() => new Application(options => options.JwksFile = file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_set_with_a_private_key_or_a_worthless_exponent_stops_the_start()
    {
        var rsa = Set(RsaJwk("x", Application.Rsa));

        // With an exponent of 1 every text is its own signature.
        foreach (var e in new[] { "AQAB\",\"d\":\"AQAB", "AQ", "Ag" })
        {
            var bad = rsa.Replace("AQAB", e, StringComparison.Ordinal);
            Assert.Throws<AuthSetupException>(() => new Application(options => options.JwksFile = _folder.Write("jwks.json", bad)));
        }
    }

    [Fact]
    public void All_three_kinds_come_from_a_key_set_and_others_in_it_are_passed_over()
    {
        var file = _folder.Write("jwks.json", Set(
            RsaJwk("rsa", Application.Rsa),
            EcJwk("ec", Application.Ec),
            OctJwk("oct", Application.Secret),
            RsaJwk("enc", Application.Rsa, ",\"use\":\"enc\""),
            RsaJwk("512", Application.Rsa, ",\"alg\":\"RS512\""),
            RsaJwk("signs", Application.Rsa, ",\"key_ops\":[\"sign\"]"),
            """{"kty":"OKP","crv":"Ed25519","x":"AAAA"}""",
            """{"kty":"EC","crv":"P-384","x":"AAAA","y":"AAAA"}"""));
        using var app = new Application(options =>
        {
            options.HmacKeys.Clear();
            options.PublicKeyFiles.Clear();
            options.JwksFile = file;
        });

        app.Accept(Application.Compact("""{"alg":"RS256","kid":"rsa"}""", app.Payload(), Application.SignRsa));
        app.Accept(Application.Compact("""{"alg":"ES256","kid":"ec"}""", app.Payload(), Application.SignEc));
        app.Accept(Application.Compact("""{"alg":"HS256","kid":"oct"}""", app.Payload(), Application.SignHmac));
        foreach (var kid in new[] { "enc", "512", "signs" })
            app.Refuse(Application.Compact($$"""{"alg":"RS256","kid":"{{kid}}"}""", app.Payload(), Application.SignRsa));
    }

    [Fact]
    public void A_key_set_exported_by_another_implementation_is_read()
    {
        var jwk = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(Application.Rsa.ExportParameters(false)) { KeyId = "lib" });
        var file = _folder.Write(
            "jwks.json", Set($$"""{"kty":"{{jwk.Kty}}","kid":"{{jwk.KeyId}}","use":"sig","n":"{{jwk.N}}","e":"{{jwk.E}}","x5t":"AAAA"}"""));
        using var app = new Application(options => options.JwksFile = file);

        app.Accept(Application.Compact("""{"alg":"RS256","kid":"lib"}""", app.Payload(), Application.SignRsa));
    }

    [Fact]
    public void A_changed_key_set_takes_effect_within_ten_seconds_for_cached_tokens_too()
    {
        var file = _folder.Write("jwks.json", Set(OctJwk("old", Application.Secret)));
        using var app = new Application(options => options.JwksFile = file);
        var old = Application.Compact("""{"alg":"HS256","kid":"old"}""", app.Payload(), Application.SignHmac);
        var renewed = Application.Compact("""{"alg":"HS256","kid":"new"}""", app.Payload(), Application.SignHmac);
        app.Accept(old);
        app.Refuse(renewed);

        Rewrite(file, Set(OctJwk("new", Application.Secret)));
        app.Clock.Advance(TimeSpan.FromSeconds(9.9));
        app.Accept(old);

        app.Clock.Advance(TimeSpan.FromSeconds(0.1));
        app.Refuse(old);
        app.Accept(renewed);
        app.Accept(app.Token()); // The keys outside the set stay.
    }

    [Fact]
    public void A_broken_or_missing_key_set_keeps_the_keys_of_before_and_says_so_until_it_is_mended()
    {
        var file = _folder.Write("jwks.json", Set(OctJwk("old", Application.Secret)));
        using var app = new Application(options => options.JwksFile = file);
        var old = Application.Compact("""{"alg":"HS256","kid":"old"}""", app.Payload(), Application.SignHmac);
        var renewed = Application.Compact("""{"alg":"HS256","kid":"new"}""", app.Payload(), Application.SignHmac);

        Action[] breakages =
        [
            () => Rewrite(file, "{"),
            () => Rewrite(file, Set(OctJwk("new", Application.Secret), OctJwk("new", Application.Secret))),
            () => Rewrite(file, new string(' ', 300_000)),
            () => File.Delete(file),
        ];
        foreach (var breakage in breakages)
        {
            breakage();
            app.Log.Lines.Clear();
            app.Clock.Advance(TokenKeys.CheckEvery);
            app.Accept(old);
            Assert.Equal(LogLevel.Warning, Assert.Single(app.Log.Lines).Level);
            Assert.Contains(file, app.Log.Lines[0].Text, StringComparison.Ordinal);
        }

        Rewrite(file, Set(OctJwk("new", Application.Secret)));
        app.Clock.Advance(TokenKeys.CheckEvery);
        app.Accept(renewed);
        app.Refuse(old);
    }

    [Fact]
    public void A_key_set_behind_a_link_whose_target_was_exchanged_is_read_again()
    {
        var first = _folder.Write("first.json", Set(OctJwk("old", Application.Secret)));
        var second = _folder.Write("second.json", Set(OctJwk("newer", Application.Secret)));
        var link = _folder.File("jwks.json");
        File.CreateSymbolicLink(link, first);
        using var app = new Application(options => options.JwksFile = link);

        File.Delete(link);
        File.CreateSymbolicLink(link, second);
        app.Clock.Advance(TokenKeys.CheckEvery);

        app.Accept(Application.Compact("""{"alg":"HS256","kid":"newer"}""", app.Payload(), Application.SignHmac));
    }

    [Fact]
    public void An_unchanged_key_set_keeps_the_cache()
    {
        using var app = new Application(options => options.JwksFile = _folder.Write("jwks.json", Set(OctJwk("old", Application.Secret))));
        app.Accept(app.Token());

        app.Clock.Advance(TokenKeys.CheckEvery);
        app.Tokens.Validate("x");

        Assert.Equal(1, app.Tokens.Cached);
    }

    private static void Rewrite(string file, string content)
    {
        // Two writes may fall into one tick of the file system's clock.
        var before = File.GetLastWriteTimeUtc(file);
        File.WriteAllText(file, content);
        File.SetLastWriteTimeUtc(file, before.AddSeconds(1));
    }

    private static string Set(params string[] keys) => $$"""{"keys":[{{string.Join(',', keys)}}]}""";

    private static string OctJwk(string kid, byte[] secret) => $$"""{"kty":"oct","kid":"{{kid}}","k":"{{Base64Url.EncodeToString(secret)}}"}""";

    private static string RsaJwk(string kid, RSA rsa, string more = "")
    {
        var key = rsa.ExportParameters(false);
        return $$"""{"kty":"RSA","kid":"{{kid}}","n":"{{Base64Url.EncodeToString(key.Modulus)}}","e":"{{Base64Url.EncodeToString(key.Exponent)}}"{{more}}}""";
    }

    private static string EcJwk(string kid, ECDsa ec)
    {
        var point = ec.ExportParameters(false).Q;
        return $$"""{"kty":"EC","crv":"P-256","kid":"{{kid}}","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}""";
    }
}
