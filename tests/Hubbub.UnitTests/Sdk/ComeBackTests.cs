using Hubbub.Client;
using Xunit;

namespace Hubbub.UnitTests.Sdk;

/// <summary>docs/protocol.md § 5, Close codes, line by line.</summary>
public sealed class ComeBackTests
{
    [Theory]
    [InlineData(1001)]
    [InlineData(4000)]
    [InlineData(4001)]
    [InlineData(4099)]
    public void Sent_away_by_a_server_that_stops_it_comes_back_soon(int code) => Assert.IsType<ComeBack.Soon>(ComeBack.Of(new LinkEnd(code, "")));

    [Theory]
    [InlineData(null)]
    [InlineData(1000)]
    [InlineData(1006)]
    [InlineData(1011)]
    [InlineData(4200)]
    public void After_a_failure_it_backs_off(int? code) => Assert.IsType<ComeBack.WithBackoff>(ComeBack.Of(new LinkEnd(code, "")));

    [Fact]
    public void Asked_to_wait_it_waits_as_long_as_it_is_told_and_five_seconds_otherwise()
    {
        Assert.Equal(new ComeBack.After(TimeSpan.FromSeconds(9)), ComeBack.Of(new LinkEnd(4100, "", TimeSpan.FromSeconds(9))));
        Assert.Equal(new ComeBack.After(TimeSpan.FromSeconds(5)), ComeBack.Of(new LinkEnd(4101, "")));
        Assert.Equal(new ComeBack.After(TimeSpan.FromSeconds(9)), ComeBack.Of(new LinkEnd(1011, "", TimeSpan.FromSeconds(9))));
    }

    [Theory]
    [InlineData(1002)]
    [InlineData(1003)]
    [InlineData(1007)]
    [InlineData(1008)]
    [InlineData(1009)]
    [InlineData(4400)]
    [InlineData(4499)]
    public void What_only_a_repaired_client_could_do_better_ends_it(int code) => Assert.IsType<ComeBack.Never>(ComeBack.Of(new LinkEnd(code, "")));

    [Fact]
    public void Who_is_not_known_may_be_another_guest_and_who_is_not_allowed_may_not()
    {
        Assert.True(Assert.IsType<ComeBack.WithFreshToken>(ComeBack.Of(new LinkEnd(4401, ""))).AnyUser);
        Assert.False(Assert.IsType<ComeBack.WithFreshToken>(ComeBack.Of(new LinkEnd(4403, ""))).AnyUser);
    }

    [Theory]
    [InlineData("overloaded", 503, true, 7, typeof(ComeBack.After))]
    [InlineData("store_unavailable", 503, true, null, typeof(ComeBack.WithBackoff))]
    [InlineData("http_502", 502, true, null, typeof(ComeBack.WithBackoff))]
    [InlineData("http_403", 403, false, null, typeof(ComeBack.WithBackoff))]
    [InlineData("forbidden", 403, false, null, typeof(ComeBack.Never))]
    [InlineData("unauthenticated", 401, false, null, typeof(ComeBack.Never))]
    [InlineData("network", 0, true, null, typeof(ComeBack.WithBackoff))]
    public void Over_http_the_servers_own_no_is_final_and_a_proxys_is_not(string code, int status, bool retryable, int? seconds, Type expected)
    {
        var error = new HubbubException(code, "No.", status, retryable, seconds is { } after ? TimeSpan.FromSeconds(after) : null);
        Assert.IsType(expected, ComeBack.Of(new LinkEnd(null, "", error.RetryAfter, error)));
    }

    [Fact]
    public void The_transport_is_not_to_blame_where_the_server_has_spoken()
    {
        Assert.True(ComeBack.IsServers(new LinkEnd(4001, "")));
        Assert.True(ComeBack.IsServers(new LinkEnd(null, "", Error: new HubbubException("http_502", "No.", 502, retryable: true))));
        Assert.False(ComeBack.IsServers(new LinkEnd(1006, "")));
        Assert.False(ComeBack.IsServers(new LinkEnd(null, "", Error: new HubbubException("http_400", "No.", 400))));
    }
}
