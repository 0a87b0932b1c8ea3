using System.Buffers.Text;
using System.Text;
using Hubbub.Protocol;
using Hubbub.Server.Auth;
using Xunit;

namespace Hubbub.UnitTests.Auth;

/// <summary>Seeded; a failure names its round, and the same seed makes the same round.</summary>
public sealed class TokenFuzzTests : IDisposable
{
    private const int Seed = 20260501;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private readonly Application _app = new();

    public void Dispose() => _app.Dispose();

    [Fact]
    public void Twenty_thousand_changed_tokens_are_all_refused_and_none_throws()
    {
        string[] valid =
        [
            _app.Tokens.Issue(new User(UserId.Parse("g-1"), "Guest"), TimeSpan.FromHours(1)).Token,
            _app.Token(("rooms", new { room1 = "owner" })),
            Application.Compact("""{"alg":"RS256","kid":"r"}""", _app.Payload(), Application.SignRsa),
            Application.Compact("""{"alg":"ES256","kid":"e"}""", _app.Payload(), Application.SignEc),
        ];
        Assert.All(valid, token => _app.Accept(token));
        var random = new Random(Seed);

        for (var round = 0; round < 20_000; round++)
        {
            var changed = Change(valid[round % valid.Length], valid, random);
            while (valid.Contains(changed))
                changed = Change(valid[round % valid.Length], valid, random);
            var outcome = Record.Exception(() => Assert.False(_app.Tokens.Validate(changed).Is(out _, out _)));
            Assert.True(outcome is null, $"Seed {Seed}, round {round}: {changed} → {outcome}");
        }
    }

    [Fact]
    public void Signed_nonsense_is_judged_without_throwing()
    {
        // Here the signature always holds, so everything behind it is reached.
        var random = new Random(Seed);
        string[] values =
        [
            "null", "1", "-1", "1e400", "true", "[]", "{}", "[[]]", "\"\"", "\"ann\"", "\"hubbub\"", "\"\\ud800\"", "\"\\u0000\"",
            "{\"\\ud800\":\"owner\"}",
        ];
        string[] claims = ["sub", "name", "aud", "iss", "exp", "nbf", "iat", "rooms", "\\ud800", "x"];

        for (var round = 0; round < 5_000; round++)
        {
            var payload = new StringBuilder(_app.Payload()[..^1]);
            for (var i = random.Next(1, 4); i > 0; i--)
                payload.Append(',').Append('"').Append(Pick(claims, random)).Append("\":").Append(Pick(values, random));
            payload.Append('}');
            if (random.Next(4) == 0)
                payload.Length = random.Next(payload.Length);
            var bytes = Encoding.UTF8.GetBytes(payload.ToString());
            if (random.Next(4) == 0 && bytes.Length > 0)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);

            var token = Sign(bytes);
            var error = Record.Exception(() => _app.Tokens.Validate(token));
            Assert.True(error is null, $"Seed {Seed}, round {round}: {payload} → {error}");
        }
    }

    [Fact]
    public void A_damaged_key_set_is_read_or_refused_and_never_crashes()
    {
        var rsa = Application.Rsa.ExportParameters(false);
        var ec = Application.Ec.ExportParameters(false).Q;
        var set = $$"""
            {"keys":[{"kty":"RSA","kid":"r","n":"{{Base64Url.EncodeToString(rsa.Modulus)}}","e":"AQAB"},
            {"kty":"EC","kid":"e","crv":"P-256","x":"{{Base64Url.EncodeToString(ec.X)}}","y":"{{Base64Url.EncodeToString(ec.Y)}}"},
            {"kty":"oct","kid":"h","k":"{{Base64Url.EncodeToString(Application.Secret)}}","use":"sig","key_ops":["verify"]}]}
            """;
        Assert.Equal(3, Jwks.Read(Encoding.UTF8.GetBytes(set)).Count);
        var random = new Random(Seed);

        for (var round = 0; round < 3_000; round++)
        {
            var damaged = Change(set, [set, set, set], random, parts: false);
            var error = Record.Exception(() => Jwks.Read(Encoding.UTF8.GetBytes(damaged)));
            Assert.True(error is null or FormatException, $"Seed {Seed}, round {round}: {damaged} → {error}");
        }
    }

    private static string Sign(byte[] payload)
    {
        var input = $"{Application.Encode("""{"alg":"HS256","kid":"h"}""")}.{Base64Url.EncodeToString(payload)}";
        return $"{input}.{Base64Url.EncodeToString(Application.SignHmac(Encoding.ASCII.GetBytes(input)))}";
    }

    private static string Change(string token, string[] others, Random random, bool parts = true)
    {
        var at = random.Next(token.Length);
        switch (random.Next(parts ? 10 : 8))
        {
            case 0:
                return token[..at] + Alphabet[random.Next(64)] + token[(at + 1)..];
            case 1:
                return token.Remove(at, Math.Min(random.Next(1, 5), token.Length - at));
            case 2:
                return token.Insert(at, ((char)random.Next(0x20, 0x2100)).ToString());
            case 3:
                return token[..at];
            case 4:
                // The end of the signature, where a sloppy decoder drops bits.
                return token[..^1] + Alphabet[random.Next(64)];
            case 5:
                var end = random.Next(at, token.Length);
                return token[..at] + new string([.. token[at..end].Reverse()]) + token[end..];
            case 6:
                return token.Insert(at, Pick(["=", "==", "\n", " ", ".", "..", "\0", "%2e", "ſ", "=."], random));
            case 7:
                return string.Concat(Enumerable.Range(0, random.Next(200)).Select(_ => Pick(["A", ".", "e", "-", "=", "é", "{", "0"], random)));
            case 8:
                // Parts of different good tokens.
                return string.Join('.', Enumerable.Range(0, 3).Select(part => Pick(others, random).Split('.')[part]));
            default:
                return ChangeByte(token, random.Next(3), random);
        }
    }

    /// <summary>Changes one byte behind the base64url of one part.</summary>
    private static string ChangeByte(string token, int part, Random random)
    {
        var parts = token.Split('.');
        var bytes = Base64Url.DecodeFromChars(parts[part]);
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        parts[part] = Base64Url.EncodeToString(bytes);
        return string.Join('.', parts);
    }

    private static string Pick(string[] of, Random random) => of[random.Next(of.Length)];
}
