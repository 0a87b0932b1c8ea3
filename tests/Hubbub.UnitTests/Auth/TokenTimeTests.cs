using System.Text.Json;
using Hubbub.Server.Auth;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class TokenTimeTests : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly Application _app = new();

    public void Dispose() => _app.Dispose();

    [Fact]
    public void A_customers_token_ends_one_clock_skew_after_its_exp_seen_before_or_not()
    {
        var (seen, unseen) = (_app.Token(), _app.Token(("jti", "another")));
        var exp = _app.Clock.Now.AddHours(1);

        _app.Clock.Now = exp.AddSeconds(30) - Tick;
        Assert.Equal(exp.AddSeconds(30), _app.Accept(seen).ExpiresAt);
        _app.Clock.Now = exp.AddSeconds(30);
        Assert.Equal("token_expired", _app.Refuse(seen).Code);
        Assert.Equal("token_expired", _app.Refuse(unseen).Code);
        _app.Clock.Advance(TimeSpan.FromDays(365));
        Assert.Equal("token_expired", _app.Refuse(seen).Code);
    }

    [Theory]
    [InlineData("nbf")]
    [InlineData("iat")]
    public void A_start_in_the_future_is_accepted_up_to_one_clock_skew(string claim)
    {
        var start = _app.Clock.Now.AddSeconds(100);
        var token = _app.Token((claim, start.ToUnixTimeSeconds()));

        _app.Clock.Now = start.AddSeconds(-30) - Tick;
        Assert.Equal("unauthenticated", _app.Refuse(token).Code);
        _app.Clock.Now = start.AddSeconds(-30);
        _app.Accept(token);
    }

    [Fact]
    public void The_clock_skew_is_configurable_within_a_minute()
    {
        using var strict = new Application(options => options.ClockSkew = TimeSpan.Zero);
        var token = strict.Token(("exp", strict.Seconds(1)));

        strict.Accept(token);
        strict.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("token_expired", strict.Refuse(token).Code);
        Assert.Throws<AuthSetupException>(() => new Application(options => options.ClockSkew = TimeSpan.FromSeconds(61)));
        Assert.Throws<AuthSetupException>(() => new Application(options => options.ClockSkew = TimeSpan.FromSeconds(-1)));
    }

    [Fact]
    public void An_expiry_is_required() => Assert.Equal("unauthenticated", _app.Refuse(_app.Token(("exp", null))).Code);

    [Fact]
    public void Neither_nbf_nor_iat_is_required() => _app.Accept(_app.Token(("iat", null)));

    [Theory]
    [InlineData("null")]
    [InlineData("\"2030-01-01\"")]
    [InlineData("\"4102444800\"")]
    [InlineData("-1")]
    [InlineData("1e300")]
    [InlineData("1e400")]
    [InlineData("99999999999999999999999999")]
    [InlineData("253402300800")]
    [InlineData("[4102444800]")]
    [InlineData("{}")]
    [InlineData("true")]
    public void A_time_that_is_no_time_is_refused(string time)
    {
        var value = JsonDocument.Parse(time).RootElement;

        Assert.Equal("unauthenticated", _app.Refuse(_app.Token(("exp", value))).Code);
        Assert.Equal("unauthenticated", _app.Refuse(_app.Token(("nbf", value))).Code);
        Assert.Equal("unauthenticated", _app.Refuse(_app.Token(("iat", value))).Code);
    }

    [Fact]
    public void A_fraction_of_a_second_counts()
    {
        var exp = _app.Clock.Now.AddSeconds(2.5);
        var token = _app.Token(("exp", exp.ToUnixTimeMilliseconds() / 1000.0));

        Assert.Equal(exp.AddSeconds(30), _app.Accept(token).ExpiresAt, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void The_furthest_time_that_can_be_said_does_not_overflow() => _app.Accept(_app.Token(("exp", 253_402_214_400)));

    [Fact]
    public void Expired_is_said_only_of_tokens_that_were_good()
    {
        Assert.Equal("unauthenticated", _app.Refuse(_app.Token(("exp", 1), ("aud", "x"))).Code);
        Assert.Equal("token_expired", _app.Refuse(_app.Token(("exp", 1))).Code);
    }
}
