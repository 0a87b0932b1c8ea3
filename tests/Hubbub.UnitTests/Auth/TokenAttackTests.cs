using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Server.Auth;
using Xunit;

namespace Hubbub.UnitTests.Auth;

/// <summary>The known ways to forge a token. In each test the honest twin is accepted first, so that a refusal means what it should.</summary>
public sealed class TokenAttackTests : IDisposable
{
    private readonly Application _app = new();

    public void Dispose() => _app.Dispose();

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("NONE")]
    [InlineData("nOnE")]
    [InlineData("")]
    [InlineData("hs256")]
    [InlineData("HS384")]
    [InlineData("HS512")]
    [InlineData("RS384")]
    [InlineData("PS256")]
    [InlineData("ES384")]
    [InlineData("ES256K")]
    [InlineData("EdDSA")]
    [InlineData("HS256 ")]
    [InlineData("HS256\u0000")]
    public void Only_three_algorithms_are_known_by_their_exact_names(string algorithm)
    {
        _app.Accept(_app.Token());

        foreach (var kid in new string?[] { null, "h", "r", "e", "hubbub" })
        {
            var header = JsonSerializer.Serialize(new { alg = algorithm, kid = kid ?? "h" });
            var input = $"{Application.Encode(header)}.{Application.Encode(_app.Payload())}";
            AssertAllTheSame(_app.Refuse($"{input}."));
            AssertAllTheSame(_app.Refuse(input));
            AssertAllTheSame(_app.Refuse(Application.Compact(header, _app.Payload(), Application.SignHmac)));
            AssertAllTheSame(_app.Refuse(Application.Compact(header, _app.Payload(), Application.SignRsa)));
        }
    }

    [Theory]
    [InlineData("""{"kid":"h"}""")]
    [InlineData("""{"alg":null,"kid":"h"}""")]
    [InlineData("""{"alg":1,"kid":"h"}""")]
    [InlineData("""{"alg":["HS256"],"kid":"h"}""")]
    [InlineData("""{"ALG":"HS256","kid":"h"}""")]
    [InlineData("""["HS256"]""")]
    [InlineData("\"HS256\"")]
    [InlineData("""{"alg":"HS256","kid":"h"}{}""")]
    [InlineData("""{"alg":"HS256","kid":"\ud800"}""")]
    [InlineData("""{"alg":"\ud800","kid":"h"}""")]
    [InlineData("""{"alg":"HS256","kid":"h","typ":"\udc00"}""")]
    [InlineData("")]
    [InlineData("nonsense")]
    public void A_header_that_does_not_name_an_algorithm_is_refused(string header) =>
        AssertAllTheSame(_app.Refuse(Application.Compact(header, _app.Payload(), Application.SignHmac)));

    [Theory]
    [InlineData("r")]
    [InlineData("e")]
    [InlineData(null)]
    public void A_public_key_is_never_taken_for_a_shared_secret(string? kid)
    {
        var header = kid is null ? """{"alg":"HS256"}""" : $$"""{"alg":"HS256","kid":"{{kid}}"}""";
        byte[][] known =
        [
            Encoding.ASCII.GetBytes(Application.Rsa.ExportSubjectPublicKeyInfoPem()),
            Encoding.ASCII.GetBytes(Application.Rsa.ExportSubjectPublicKeyInfoPem() + "\n"),
            Encoding.ASCII.GetBytes(Application.Rsa.ExportRSAPublicKeyPem()),
            Application.Rsa.ExportSubjectPublicKeyInfo(),
            Application.Rsa.ExportParameters(false).Modulus!,
            Encoding.ASCII.GetBytes(Application.Ec.ExportSubjectPublicKeyInfoPem()),
            Application.Ec.ExportSubjectPublicKeyInfo(),
            [],
            new byte[32],
        ];
        _app.Accept(Application.Compact("""{"alg":"RS256","kid":"r"}""", _app.Payload(), Application.SignRsa));

        foreach (var secret in known)
            AssertAllTheSame(_app.Refuse(Application.Compact(header, _app.Payload(), input => HMACSHA256.HashData(secret, input))));
    }

    [Theory]
    [InlineData("RS256", "h")]
    [InlineData("ES256", "h")]
    [InlineData("ES256", "r")]
    [InlineData("RS256", "e")]
    [InlineData("HS256", "e")]
    [InlineData("RS256", "hubbub")]
    public void The_keys_kind_decides_the_algorithm_whatever_the_header_says(string algorithm, string kid)
    {
        var header = $$"""{"alg":"{{algorithm}}","kid":"{{kid}}"}""";
        Func<byte[], byte[]>[] signers = [Application.SignHmac, Application.SignRsa, Application.SignEc];

        foreach (var sign in signers)
            AssertAllTheSame(_app.Refuse(Application.Compact(header, _app.Payload(), sign)));
    }

    [Fact]
    public void An_elliptic_signature_in_another_encoding_or_of_zeros_is_refused()
    {
        const string header = """{"alg":"ES256","kid":"e"}""";
        _app.Accept(Application.Compact(header, _app.Payload(), Application.SignEc));

        _app.Refuse(Application.Compact(
            header, _app.Payload(), input => Application.Ec.SignData(input, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
        _app.Refuse(Application.Compact(header, _app.Payload(), _ => new byte[64]));
        _app.Refuse(Application.Compact(header, _app.Payload(), input => [.. Application.SignEc(input), 0]));
        _app.Refuse(Application.Compact(header, _app.Payload(), input => Application.SignEc(input)[..63]));
    }

    [Fact]
    public void Empty_cut_and_swapped_parts_are_refused()
    {
        var token = _app.Token();
        _app.Accept(token);
        var (header, payload, signature) = token.Split('.') is [var h, var p, var s] ? (h, p, s) : default;

        string?[] broken =
        [
            null, "", ".", "..", "...", $"{header}.{payload}.", $"{header}.{payload}", $"{header}..{signature}", $".{payload}.{signature}",
            $"{payload}.{header}.{signature}", $"{signature}.{payload}.{header}", $"{header}.{signature}.{payload}",
            $"{token}.", $".{token}", $"{token}.{signature}", $"{header}.{payload}.{signature}.{header}.{payload}", header, payload,
            $"{token}=", $"{token}==", $" {token}", $"{token} ", $"{token}\n", $"{header}.{payload}.\n{signature}", $"{header} .{payload}.{signature}",
            $"{header}.{payload}.{signature[..^1]}", $"{header}.{payload}.{signature[1..]}", $"{header}.{payload}.{signature}A",
            $"{header}.{payload}.{new string('A', 43)}", token.Replace('.', '/'), token.ToUpperInvariant(), $"Bearer {token}",
            $"{header}={payload}.{signature}", $"{header}.{payload}.ſ{signature[1..]}", $"{token}\0",
        ];
        foreach (var bad in broken)
            AssertAllTheSame(_app.Refuse(bad));
    }

    [Fact]
    public void A_signature_has_only_one_spelling()
    {
        // 32 bytes take 43 characters, whose last two bits say nothing: three more texts decode to the same bytes.
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var token = _app.Token();
        _app.Accept(token);
        var last = alphabet.IndexOf(token[^1], StringComparison.Ordinal);

        for (var i = 1; i < 4; i++)
            AssertAllTheSame(_app.Refuse(token[..^1] + alphabet[last | i]));
    }

    [Fact]
    public void A_token_over_eight_kibibytes_is_refused_before_anything_is_read()
    {
        string Padded(int length)
        {
            var payload = _app.Payload(("pad", ""));
            var bare = Application.Compact("""{"alg":"HS256","kid":"h"}""", payload, Application.SignHmac).Length;
            for (var pad = (length - bare) * 3 / 4; ; pad++)
            {
                var token = _app.Token(("pad", new string('x', pad)));
                if (token.Length >= length)
                    return token;
            }
        }

        var longest = Padded(Tokens.MaxLength - 2);
        Assert.True(longest.Length <= Tokens.MaxLength);
        _app.Accept(longest);
        AssertAllTheSame(_app.Refuse(Padded(Tokens.MaxLength + 1)));

        string[] huge = [new string('A', 2_000_000), $"{new string('A', 700_000)}.{new string('A', 700_000)}.{new string('A', 700_000)}"];
        foreach (var token in huge)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            AssertAllTheSame(_app.Refuse(token));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        }
    }

    [Theory]
    [InlineData(9)]
    [InlineData(1500)]
    public void Deep_json_is_refused(int depth)
    {
        var nest = string.Concat(Enumerable.Repeat("[", depth)) + string.Concat(Enumerable.Repeat("]", depth));

        _app.Refuse(Application.Compact($$"""{"alg":"HS256","kid":"h","x":{{nest}}}""", _app.Payload(), Application.SignHmac));
        _app.Refuse(Application.Compact(
            """{"alg":"HS256","kid":"h"}""", $$"""{{_app.Payload()[..^1]}},"x":{{nest}}}""", Application.SignHmac));
    }

    [Theory]
    [InlineData("../../../../etc/passwd")]
    [InlineData("/dev/null")]
    [InlineData("h' OR '1'='1")]
    [InlineData("h\u0000")]
    [InlineData("H")]
    [InlineData("h ")]
    [InlineData("r.pem")]
    [InlineData("https://evil.example/keys")]
    [InlineData("")]
    public void A_kid_is_a_name_of_a_configured_key_or_nothing(string kid)
    {
        Func<byte[], byte[]>[] signers = [Application.SignHmac, input => HMACSHA256.HashData(Array.Empty<byte>(), input)];

        foreach (var sign in signers)
            AssertAllTheSame(_app.Refuse(Application.Compact(JsonSerializer.Serialize(new { alg = "HS256", kid }), _app.Payload(), sign)));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("[\"h\"]")]
    [InlineData("{\"h\":1}")]
    public void A_kid_that_is_no_text_is_not_taken_for_none(string kid) =>
        AssertAllTheSame(_app.Refuse(Application.Compact($$"""{"alg":"HS256","kid":{{kid}}}""", _app.Payload(), Application.SignHmac)));

    [Fact]
    public void One_tenants_key_does_not_sign_under_anothers_name()
    {
        using var app = new Application(options => options.HmacKeys.Add(new HmacKeyOptions { Kid = "tenant-b", Secret = new string('b', 32) }));
        byte[] SignB(byte[] input) => HMACSHA256.HashData(Encoding.ASCII.GetBytes(new string('b', 32)), input);
        app.Accept(Application.Compact("""{"alg":"HS256","kid":"h"}""", app.Payload(), Application.SignHmac));
        app.Accept(Application.Compact("""{"alg":"HS256","kid":"tenant-b"}""", app.Payload(), SignB));

        app.Refuse(Application.Compact("""{"alg":"HS256","kid":"tenant-b"}""", app.Payload(), Application.SignHmac));
        app.Refuse(Application.Compact("""{"alg":"HS256","kid":"h"}""", app.Payload(), SignB));
    }

    [Fact]
    public void Keys_and_addresses_of_keys_in_a_header_are_not_looked_at()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = $"http://{listener.LocalEndpoint}/jwks.json";
        using var mallory = RSA.Create(2048);
        var number = mallory.ExportParameters(false);
        var jwk = $$"""{"kty":"RSA","kid":"r","n":"{{Convert.ToBase64String(number.Modulus!)}}","e":"AQAB"}""";
        var extras = $$"""{"alg":"RS256","kid":"r","jku":"{{url}}","x5u":"{{url}}","jwk":{{jwk}},"x5c":["AAAA"]}""";
        var unnamed = extras.Replace("\"kid\":\"r\",", "", StringComparison.Ordinal);
        byte[] SignMallory(byte[] input) => mallory.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

        _app.Refuse(Application.Compact(extras, _app.Payload(("iss", url)), SignMallory));
        _app.Refuse(Application.Compact(unnamed, _app.Payload(("iss", url)), SignMallory));
        _app.Accept(Application.Compact(extras, _app.Payload(("iss", url)), Application.SignRsa));

        Assert.False(listener.Pending());
    }

    [Fact]
    public void Before_the_signature_holds_nothing_of_the_payload_is_read()
    {
        // Were it read, these would be refused for different reasons, and the last would say token_expired.
        foreach (var payload in new[] { "nonsense", "{", _app.Payload(("aud", "x")), _app.Payload(("sub", "")), _app.Payload(("exp", 1)) })
            AssertAllTheSame(_app.Refuse(Application.Compact("""{"alg":"HS256","kid":"h"}""", payload, _ => new byte[32])));
    }

    [Fact]
    public async Task A_ticket_is_no_token_and_a_token_is_no_ticket()
    {
        var tickets = new Tickets(_app.Key, new InMemoryStore(_app.Clock), _app.Clock);
        var token = _app.Tokens.Issue(new User(UserId.Parse("g-1"), "Guest"), TimeSpan.FromHours(1)).Token;
        Assert.True(tickets.Issue(_app.Accept(token)).Is(out var ticket, out _));

        AssertAllTheSame(_app.Refuse(ticket.Ticket));
        Assert.False((await tickets.RedeemAsync(token, CancellationToken.None)).Is(out _, out _));
        Assert.True((await tickets.RedeemAsync(ticket.Ticket, CancellationToken.None)).Is(out _, out _));

        // Were their headers alike, the keys would still tell them apart.
        var (header, payload) = ticket.Ticket.Split('.') is [var h, var p, _] ? (Application.Decode(h), Application.Decode(p)) : default;
        byte[] SignTicket(byte[] input) => HMACSHA256.HashData(_app.Key.Derive("ticket"), input);
        Assert.Equal(ticket.Ticket, Application.Compact(header, payload, SignTicket));
        AssertAllTheSame(_app.Refuse(Application.Compact("""{"alg":"HS256","kid":"hubbub"}""", payload, SignTicket)));
        byte[] SignToken(byte[] input) => HMACSHA256.HashData(_app.Key.Secret, input);
        Assert.False((await tickets.RedeemAsync(Application.Compact(header, payload, SignToken), CancellationToken.None)).Is(out _, out _));
    }

    [Fact]
    public void A_token_without_kid_costs_at_most_four_checks()
    {
        using var app = new Application(options =>
        {
            options.HmacKeys.Clear();
            for (var i = 0; i < 6; i++)
                options.HmacKeys.Add(new HmacKeyOptions { Kid = $"k{i}", Secret = new string((char)('a' + i), 32) });
        });
        string Sign(int key, string header) => Application.Compact(
            header, app.Payload(), input => HMACSHA256.HashData(Encoding.ASCII.GetBytes(new string((char)('a' + key), 32)), input));

        for (var i = 0; i < 6; i++)
        {
            app.Accept(Sign(i, $$"""{"alg":"HS256","kid":"k{{i}}"}"""));
            Assert.Equal(i < KeyRing.MaxTried, app.Tokens.Validate(Sign(i, """{"alg":"HS256"}""")).Is(out _, out _));
        }

        // Keys of other algorithms do not count.
        app.Accept(Application.Compact("""{"alg":"RS256"}""", app.Payload(), Application.SignRsa));
    }

    [Fact]
    public void No_token_and_no_part_of_one_is_ever_logged()
    {
        var good = _app.Token();
        string[] seen = [good, good[..^4] + "AAAA", _app.Token(("aud", "x")), "nonsense-without-dots", "a.b.c", Application.Compact(
            """{"alg":"none","kid":"very-special"}""", _app.Payload(), Application.SignHmac)];
        foreach (var token in seen)
            _app.Tokens.Validate(token);

        var parts = seen.SelectMany(token => token.Split('.')).Where(part => part.Length > 1).Append("very-special");
        Assert.NotEmpty(_app.Log.Lines);
        foreach (var (_, text) in _app.Log.Lines)
            Assert.All(parts, part => Assert.DoesNotContain(part, text, StringComparison.Ordinal));
    }

    [Fact]
    public void What_holds_a_secret_does_not_say_it_as_text()
    {
        var issued = _app.Tokens.Issue(new User(UserId.Parse("g-1"), "Guest"), TimeSpan.FromHours(1));
        Assert.True(new Guests(_app.Tokens, _app.Options).Make(null).Is(out var guest, out _));
        Assert.True(new Tickets(_app.Key, new InMemoryStore(_app.Clock), _app.Clock).Issue(guest.Caller).Is(out var ticket, out _));
        object request = new RequestCredentials { Scheme = "https", Authorization = $"Bearer {issued.Token}", Ticket = ticket.Ticket };

        Assert.DoesNotContain(issued.Token, $"{issued} {request}", StringComparison.Ordinal);
        Assert.DoesNotContain(guest.Token, guest.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(ticket.Ticket, $"{ticket} {request}", StringComparison.Ordinal);
    }

    /// <summary>Who holds no genuine token learns nothing from being refused.</summary>
    private static void AssertAllTheSame(Refusal refusal) => Assert.Equal(Refusals.Unauthenticated, refusal);
}
