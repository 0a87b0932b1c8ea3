using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Server.Auth;
using Xunit;

namespace Hubbub.UnitTests.Auth;

/// <summary>
/// A customer's application with a key of each kind (kids <c>h</c>, <c>r</c>, <c>e</c>), and the server that trusts it. Tokens are written out by hand here, so
/// that every part of them can be wrong.
/// </summary>
internal sealed class Application : IDisposable
{
    public static readonly RSA Rsa = RSA.Create(2048);
    public static readonly ECDsa Ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    public static readonly byte[] Secret = Encoding.UTF8.GetBytes("a secret of the application, long enough");

    private readonly TempFolder _folder = new();

    public Application(Action<TokenOptions>? configure = null)
    {
        var options = new TokenOptions
        {
            HmacKeys = { new HmacKeyOptions { Kid = "h", Secret = Encoding.UTF8.GetString(Secret) } },
            PublicKeyFiles =
            {
                _folder.Write("r.pem", Rsa.ExportSubjectPublicKeyInfoPem()),
                _folder.Write("e.pem", Ec.ExportSubjectPublicKeyInfoPem()),
            },
        };
        configure?.Invoke(options);
        Options = options;
        People = new InMemoryPeople(Clock);
        Amendments = new Amendments(People, Clock, new RecordedLog<Amendments>());
        try
        {
            Tokens = new Tokens(Key, options, Amendments, Clock, Log);
        }
        catch (AuthSetupException)
        {
            _folder.Dispose();
            throw;
        }
    }

    public FixedClock Clock { get; } = new();

    public RecordedLog<Tokens> Log { get; } = new();

    public SigningKey Key { get; } = SigningKey.InMemory();

    public TokenOptions Options { get; }

    public Tokens Tokens { get; }

    /// <summary>What the store of <see cref="People"/> says about people's tokens.</summary>
    public Amendments Amendments { get; }

    public InMemoryPeople People { get; }

    public static byte[] SignHmac(byte[] input) => HMACSHA256.HashData(Secret, input);

    public static byte[] SignRsa(byte[] input) => Rsa.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    public static byte[] SignEc(byte[] input) => Ec.SignData(input, HashAlgorithmName.SHA256);

    public static string Compact(string header, string payload, Func<byte[], byte[]> sign)
    {
        var input = $"{Encode(header)}.{Encode(payload)}";
        return $"{input}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(input)))}";
    }

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public static string Decode(string part) => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(part));

    /// <summary>The payload of a good token for an hour, with some claims replaced, added or (null) left out.</summary>
    public string Payload(params (string Claim, object? Value)[] changes)
    {
        var claims = new Dictionary<string, object?>
        {
            ["sub"] = "ann",
            ["name"] = "Ann",
            ["aud"] = "hubbub",
            ["iat"] = Seconds(0),
            ["exp"] = Seconds(3600),
        };
        foreach (var (claim, value) in changes)
        {
            if (value is null)
                claims.Remove(claim);
            else
                claims[claim] = value;
        }

        return JsonSerializer.Serialize(claims);
    }

    /// <summary>A token with the application's HMAC key and these changes to a good payload.</summary>
    public string Token(params (string Claim, object? Value)[] changes) =>
        Compact("""{"alg":"HS256","kid":"h"}""", Payload(changes), SignHmac);

    public long Seconds(int fromNow) => Clock.Now.ToUnixTimeSeconds() + fromNow;

    public Caller Accept(string? token)
    {
        if (!Tokens.Validate(token).Is(out var caller, out var refusal))
            Assert.Fail($"Refused: {refusal.Message}");
        return caller;
    }

    public Refusal Refuse(string? token)
    {
        Assert.False(Tokens.Validate(token).Is(out _, out var refusal));
        Assert.Equal(401, refusal!.Status);
        return refusal;
    }

    public void Dispose() => _folder.Dispose();
}
