using System.Text.Json;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class CustomerTokenTests : IDisposable
{
    private readonly Application _app = new();

    public void Dispose() => _app.Dispose();

    [Theory]
    [InlineData("HS256", "h")]
    [InlineData("RS256", "r")]
    [InlineData("ES256", "e")]
    [InlineData("HS256", null)]
    [InlineData("RS256", null)]
    [InlineData("ES256", null)]
    public void Tokens_of_another_implementation_are_accepted_by_kid_or_by_trying(string algorithm, string? kid)
    {
        SecurityKey key = algorithm switch
        {
            "HS256" => new SymmetricSecurityKey(Application.Secret),
            "RS256" => new RsaSecurityKey(Application.Rsa),
            _ => new ECDsaSecurityKey(Application.Ec),
        };
        key.KeyId = kid;
        var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Audience = "hubbub",
            Issuer = "https://app.example.com",
            IssuedAt = _app.Clock.Now.UtcDateTime,
            NotBefore = _app.Clock.Now.UtcDateTime,
            Expires = _app.Clock.Now.UtcDateTime.AddMinutes(5),
            Claims = new Dictionary<string, object> { ["sub"] = "user|42", ["name"] = "Łukasz" },
            SigningCredentials = new SigningCredentials(key, algorithm),
        });

        var caller = _app.Accept(token);

        Assert.Equal(new User(UserId.Parse("user|42"), "Łukasz"), caller.User);
    }

    [Theory]
    [InlineData("""{"alg":"HS256","kid":"h","typ":"JWT"}""", true)]
    [InlineData("""{"alg":"HS256","kid":"h","typ":"jwt"}""", true)]
    [InlineData("""{"alg":"HS256","kid":"h","typ":"at+jwt"}""", true)]
    [InlineData("""{"alg":"HS256","kid":"h","typ":"application/at+jwt"}""", true)]
    [InlineData("""{"alg":"HS256","kid":"h","typ":"logout+jwt"}""", false)]
    [InlineData("""{"alg":"HS256","kid":"h","typ":"dpop+jwt"}""", false)]
    [InlineData("""{"alg":"HS256","kid":"h","typ":null}""", false)]
    [InlineData("""{"alg":"HS256","kid":"h","crit":["b64"],"b64":false}""", false)]
    [InlineData("""{"alg":"HS256","kid":"h","crit":[]}""", false)]
    public void A_token_of_another_kind_is_not_an_access_token(string header, bool accepted)
    {
        var token = Application.Compact(header, _app.Payload(), Application.SignHmac);

        Assert.Equal(accepted, _app.Tokens.Validate(token).Is(out _, out _));
    }

    [Theory]
    [InlineData("\"hubbub\"", true)]
    [InlineData("[\"hubbub\"]", true)]
    [InlineData("[\"other\",\"hubbub\"]", true)]
    [InlineData("\"Hubbub\"", false)]
    [InlineData("\"hubbub \"", false)]
    [InlineData("\"hubbub.example.com\"", false)]
    [InlineData("\"\"", false)]
    [InlineData("[]", false)]
    [InlineData("[\"other\"]", false)]
    [InlineData("[\"hubbub\",1]", false)]
    [InlineData("[[\"hubbub\"]]", false)]
    [InlineData("{\"hubbub\":true}", false)]
    [InlineData("null", false)]
    [InlineData("1", false)]
    public void The_audience_must_be_exactly_ours_alone_or_in_a_list(string audience, bool accepted)
    {
        var token = _app.Token(("aud", JsonDocument.Parse(audience).RootElement));

        Assert.Equal(accepted, _app.Tokens.Validate(token).Is(out _, out _));
    }

    [Fact]
    public void A_token_without_an_audience_is_refused() => _app.Refuse(_app.Token(("aud", null)));

    [Fact]
    public void A_configured_issuer_must_be_exactly_that()
    {
        using var app = new Application(options => options.Issuer = "https://app.example.com");

        app.Accept(app.Token(("iss", "https://app.example.com")));
        app.Refuse(app.Token(("iss", "https://app.example.com/")));
        app.Refuse(app.Token(("iss", "HTTPS://APP.EXAMPLE.COM")));
        app.Refuse(app.Token(("iss", JsonDocument.Parse("""["https://app.example.com"]""").RootElement)));
        app.Refuse(app.Token());
    }

    [Fact]
    public void Without_a_configured_issuer_any_will_do_but_ours()
    {
        _app.Accept(_app.Token(("iss", "anyone")));
        _app.Accept(_app.Token());
        _app.Refuse(_app.Token(("iss", "hubbub")));
        _app.Refuse(_app.Token(("iss", 1)));
    }

    [Theory]
    [InlineData("g-0123")]
    [InlineData("g-")]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("Łukasz")]
    [InlineData("line\nbreak")]
    [InlineData(1)]
    [InlineData(null)]
    public void A_sub_that_is_no_user_id_or_a_guests_is_refused(object? sub) => _app.Refuse(_app.Token(("sub", sub)));

    [Fact]
    public void A_sub_has_at_most_128_characters()
    {
        _app.Accept(_app.Token(("sub", new string('a', 128))));
        _app.Refuse(_app.Token(("sub", new string('a', 129))));
    }

    [Fact]
    public void Without_a_name_the_user_is_called_by_the_id_as_far_as_it_fits()
    {
        Assert.Equal("ann", _app.Accept(_app.Token(("name", null))).User.Name);
        Assert.Equal(new string('b', 64), _app.Accept(_app.Token(("name", null), ("sub", new string('b', 128)))).User.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("two\nlines")]
    [InlineData("bell\u0007")]
    [InlineData(7)]
    public void A_name_that_nobody_may_have_is_refused(object name)
    {
        _app.Refuse(_app.Token(("name", name)));
        _app.Refuse(_app.Token(("name", new string('x', 65))));
    }

    [Fact]
    public void Room_grants_are_read_as_they_are_written()
    {
        var caller = _app.Accept(_app.Token(("rooms", new { room1 = "owner", dev = "member" })));
        var wild = _app.Accept(_app.Token(("rooms", new Dictionary<string, string> { ["team-*"] = "member" })));
        var all = _app.Accept(_app.Token(("rooms", new Dictionary<string, string> { ["*"] = "owner" })));
        var none = _app.Accept(_app.Token(("rooms", new { })));

        Assert.Equal(Role.Owner, RoleIn(caller, "room1"));
        Assert.Equal(Role.Member, RoleIn(caller, "dev"));
        Assert.Null(RoleIn(caller, "other"));
        Assert.Equal(Role.Member, RoleIn(wild, "team-7"));
        Assert.Null(RoleIn(wild, "steam-7"));
        Assert.Equal(Role.Owner, RoleIn(all, "anything"));
        Assert.NotNull(none.Grants);
        Assert.Null(RoleIn(none, "room1"));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"room1\"")]
    [InlineData("""{"room1":"admin"}""")]
    [InlineData("""{"room1":"Owner"}""")]
    [InlineData("""{"room1":1}""")]
    [InlineData("""{"room1":null}""")]
    [InlineData("""{"room1":["owner"]}""")]
    [InlineData("""{"":"owner"}""")]
    [InlineData("""{"**":"owner"}""")]
    [InlineData("""{"te*am":"owner"}""")]
    [InlineData("""{"-*":"owner"}""")]
    [InlineData("""{"room 1":"owner"}""")]
    [InlineData("""{"a@b":"owner"}""")]
    public void Malformed_room_grants_are_refused_rather_than_half_believed(string rooms) =>
        _app.Refuse(_app.Token(("rooms", JsonDocument.Parse(rooms).RootElement)));

    [Fact]
    public void A_token_has_at_most_256_room_grants()
    {
        static Dictionary<string, string> Grants(int count) => Enumerable.Range(0, count).ToDictionary(i => $"r{i}", _ => "member");

        _app.Accept(_app.Token(("rooms", Grants(256))));
        _app.Refuse(_app.Token(("rooms", Grants(257))));
    }

    [Fact]
    public void A_claim_that_is_said_twice_is_refused()
    {
        var payload = _app.Payload();

        _app.Refuse(Application.Compact("""{"alg":"HS256","kid":"h"}""", payload[..^1] + ""","sub":"bob"}""", Application.SignHmac));
        _app.Refuse(Application.Compact("""{"alg":"HS256","kid":"h","alg":"HS256"}""", payload, Application.SignHmac));
    }

    [Fact]
    public void Once_the_signature_holds_the_refusal_says_what_is_wrong()
    {
        Assert.Contains("aud", _app.Refuse(_app.Token(("aud", "x"))).Message, StringComparison.Ordinal);
        Assert.Contains("exp", _app.Refuse(_app.Token(("exp", null))).Message, StringComparison.Ordinal);
        Assert.Contains("name", _app.Refuse(_app.Token(("name", ""))).Message, StringComparison.Ordinal);
        Assert.Contains("rooms", _app.Refuse(_app.Token(("rooms", 1))).Message, StringComparison.Ordinal);
    }

    private static Role? RoleIn(Caller caller, string room) => caller.Grants!.TryFind(RoomId.Parse(room), out var role) ? role : null;
}
