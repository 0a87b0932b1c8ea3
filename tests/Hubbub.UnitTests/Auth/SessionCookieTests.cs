using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Server.Auth;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class SessionCookieTests
{
    private static readonly Caller Ann = new(new User(UserId.Parse("ann"), "Ann"), new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("https", true)]
    [InlineData("http", false)]
    public void A_session_keeps_the_bearer_token_from_scripts_and_other_sites_until_it_expires(string scheme, bool secure)
    {
        var http = Request("Bearer head.body.signature", scheme);

        Assert.Null(SessionCookie.Begin(http, Ann));

        var parts = http.Response.Headers.SetCookie.ToString().Split("; ");
        Assert.Equal("hubbub_session=head.body.signature", parts[0]);
        Assert.Contains("httponly", parts);
        Assert.Contains("samesite=strict", parts);
        Assert.Contains("path=/", parts);
        Assert.Contains("expires=Mon, 01 Jun 2026 00:00:00 GMT", parts);
        Assert.Equal(secure, parts.Contains("secure"));
        Assert.DoesNotContain(parts, part => part.StartsWith("domain", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Without_a_bearer_token_there_is_nothing_to_keep()
    {
        var http = Request(null, "https");

        Assert.Equal("bad_request", SessionCookie.Begin(http, Ann)?.Code);
        Assert.Equal(0, http.Response.Headers.SetCookie.Count);
    }

    [Fact]
    public void A_token_that_browsers_would_drop_is_refused()
    {
        Assert.Null(SessionCookie.Begin(Request("Bearer " + new string('a', 3800), "https"), Ann));
        Assert.Equal("too_large", SessionCookie.Begin(Request("Bearer " + new string('a', 3801), "https"), Ann)?.Code);
    }

    [Fact]
    public void Ending_a_session_clears_the_cookie_of_the_same_path()
    {
        var http = Request(null, "https");

        SessionCookie.End(http);

        var cookie = http.Response.Headers.SetCookie.ToString();
        Assert.StartsWith("hubbub_session=; expires=Thu, 01 Jan 1970", cookie, StringComparison.Ordinal);
        Assert.Contains("path=/", cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hubbub_session=t", "t")]
    [InlineData("a=b; hubbub_session=t; c=d", "t")]
    [InlineData("a=b;hubbub_session=t;c=d", "t")]
    [InlineData("hubbub_session=", "")]
    [InlineData("hubbub_session=a=b", "a=b")]
    public void The_cookie_is_found_among_others(string header, string value)
    {
        Assert.True(SessionCookie.IsIn(header, out var token));
        Assert.Equal(value, token);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a=b")]
    [InlineData("hubbub_session")]
    [InlineData("Hubbub_Session=t")]
    [InlineData("xhubbub_session=t")]
    [InlineData("hubbub_sessionx=t")]
    [InlineData("a=hubbub_session=t")]
    public void What_only_looks_like_it_is_not_the_cookie(string header) => Assert.False(SessionCookie.IsIn(header, out _));

    [Fact]
    public void Of_two_cookies_neither_is_taken()
    {
        Assert.True(SessionCookie.IsIn("hubbub_session=a; hubbub_session=b", out var one));
        Assert.True(SessionCookie.IsIn(new StringValues(["hubbub_session=a", "hubbub_session=a"]), out var other));
        Assert.Null(one);
        Assert.Null(other);
    }

    private static DefaultHttpContext Request(string? authorization, string scheme)
    {
        var http = new DefaultHttpContext();
        http.Request.Scheme = scheme;
        if (authorization is not null)
            http.Request.Headers.Authorization = authorization;
        return http;
    }
}
