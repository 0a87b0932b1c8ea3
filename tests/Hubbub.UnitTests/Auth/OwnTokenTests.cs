using Hubbub.Protocol;
using Hubbub.Server.Auth;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class OwnTokenTests : IDisposable
{
    private static readonly User Ann = new(UserId.Parse("g-ann"), "Ann “Ä” 🎉");

    private readonly Application _app = new();

    public void Dispose() => _app.Dispose();

    [Fact]
    public void A_token_that_we_issued_is_its_user_until_it_expires()
    {
        var issued = _app.Tokens.Issue(Ann, TimeSpan.FromHours(1));

        var caller = _app.Accept(issued.Token);

        Assert.Equal(Ann, caller.User);
        Assert.Equal(_app.Clock.Now.AddHours(1), issued.ExpiresAt);
        Assert.Equal(issued.ExpiresAt, caller.ExpiresAt);
        Assert.Null(caller.Grants);
    }

    [Fact]
    public void Times_are_whole_seconds_and_the_returned_expiry_is_the_tokens()
    {
        _app.Clock.Advance(TimeSpan.FromMilliseconds(700));

        var issued = _app.Tokens.Issue(Ann, TimeSpan.FromSeconds(90));

        Assert.Equal(0, issued.ExpiresAt.Millisecond);
        Assert.Equal(issued.ExpiresAt, _app.Accept(issued.Token).ExpiresAt);
    }

    [Fact]
    public async Task Another_implementation_reads_our_tokens_the_same()
    {
        var issued = _app.Tokens.Issue(Ann, TimeSpan.FromHours(1));

        var read = await new JsonWebTokenHandler().ValidateTokenAsync(issued.Token, new TokenValidationParameters
        {
            ValidIssuer = "hubbub",
            ValidAudience = "hubbub",
            ValidAlgorithms = ["HS256"],
            IssuerSigningKey = new SymmetricSecurityKey(_app.Key.Secret.ToArray()),
            LifetimeValidator = (_, expires, _, _) => expires == issued.ExpiresAt.UtcDateTime,
        });

        Assert.True(read.IsValid, read.Exception?.Message);
        Assert.Equal("g-ann", read.Claims["sub"]);
        Assert.Equal(Ann.Name, read.Claims["name"]);
    }

    [Fact]
    public void Another_servers_token_is_a_strangers()
    {
        using var other = new Application();

        _app.Refuse(other.Tokens.Issue(Ann, TimeSpan.FromHours(1)).Token);
    }

    [Fact]
    public void Servers_with_one_key_take_each_others_tokens()
    {
        var other = new Tokens(_app.Key, new TokenOptions(), _app.Amendments, _app.Clock, new RecordedLog<Tokens>());

        Assert.Equal(Ann, _app.Accept(other.Issue(Ann, TimeSpan.FromHours(1)).Token).User);
    }

    [Fact]
    public void Our_own_expiry_is_by_our_own_clock_and_has_no_grace()
    {
        var seen = _app.Tokens.Issue(Ann, TimeSpan.FromSeconds(60));
        var unseen = _app.Tokens.Issue(Ann with { Name = "Anna" }, TimeSpan.FromSeconds(60));

        _app.Clock.Now = seen.ExpiresAt.AddTicks(-1);
        _app.Accept(seen.Token);
        _app.Clock.Now = seen.ExpiresAt;
        Assert.Equal("token_expired", _app.Refuse(seen.Token).Code);
        Assert.Equal("token_expired", _app.Refuse(unseen.Token).Code);
    }

    [Fact]
    public void Our_own_key_signs_for_no_other_issuer()
    {
        byte[] Sign(byte[] input) => System.Security.Cryptography.HMACSHA256.HashData(_app.Key.Secret, input);
        const string header = """{"alg":"HS256","kid":"hubbub"}""";

        _app.Accept(Application.Compact(header, _app.Payload(("iss", "hubbub")), Sign));
        _app.Refuse(Application.Compact(header, _app.Payload(("iss", "other")), Sign));
        _app.Refuse(Application.Compact(header, _app.Payload(), Sign));
        _app.Refuse(Application.Compact("""{"alg":"HS256"}""", _app.Payload(("iss", "hubbub")), Sign));
    }

    [Fact]
    public void The_audience_is_the_configured_one()
    {
        using var app = new Application(options => options.Audience = "chat.example.com");

        app.Accept(app.Tokens.Issue(Ann, TimeSpan.FromHours(1)).Token);
        app.Accept(app.Token(("aud", "chat.example.com")));
        app.Refuse(app.Token());
    }
}
