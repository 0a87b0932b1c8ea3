using Hubbub.Server.Auth;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class OriginsTests
{
    private readonly Origins _origins = new(["https://app.example.com", "http://localhost:5173", "HTTPS://Upper.Example.com:443"]);

    [Theory]
    [InlineData("https://chat.example.com", "https", "chat.example.com")]
    [InlineData("https://chat.example.com:443", "https", "chat.example.com")]
    [InlineData("https://chat.example.com", "https", "chat.example.com:443")]
    [InlineData("HTTPS://Chat.Example.COM", "https", "chat.example.com")]
    [InlineData("https://chat.example.com", "HTTPS", "CHAT.example.com")]
    [InlineData("http://localhost:5080", "http", "localhost:5080")]
    [InlineData("http://127.0.0.1:5080", "http", "127.0.0.1:5080")]
    [InlineData("http://[::1]:5080", "http", "[::1]:5080")]
    [InlineData("http://[::1]", "http", "[::1]:80")]
    [InlineData("http://my_host", "http", "my_host")]
    public void A_page_of_the_address_that_it_asks_is_the_same(string origin, string scheme, string host) =>
        Assert.Equal(OriginVerdict.Same, _origins.Check(origin, scheme, host));

    [Theory]
    [InlineData("https://app.example.com")]
    [InlineData("https://app.example.com:443")]
    [InlineData("HTTPS://APP.EXAMPLE.COM")]
    [InlineData("http://localhost:5173")]
    [InlineData("https://upper.example.com")]
    public void A_page_on_the_list_is_allowed(string origin) =>
        Assert.Equal(OriginVerdict.Allowed, _origins.Check(origin, "https", "chat.example.com"));

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("Null")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("*")]
    [InlineData("app.example.com")] // no scheme
    [InlineData("//app.example.com")]
    [InlineData("http://app.example.com")] // another scheme
    [InlineData("ws://app.example.com")]
    [InlineData("wss://app.example.com")]
    [InlineData("ftp://app.example.com")]
    [InlineData("file://app.example.com")]
    [InlineData("https://app.example.com:444")] // another port
    [InlineData("https://app.example.com:80")]
    [InlineData("https://app.example.com:0443")]
    [InlineData("https://app.example.com:")]
    [InlineData("https://app.example.com:443:443")]
    [InlineData("https://app.example.com:+443")]
    [InlineData("https://app.example.com:65979")] // 443 + 65536
    [InlineData("http://localhost")]
    [InlineData("http://localhost:5174")]
    [InlineData("http://localhost:51730")]
    [InlineData("https://app.example.com.evil.example")] // suffix
    [InlineData("https://app.example.community")]
    [InlineData("https://evilapp.example.com")] // prefix
    [InlineData("https://evil.app.example.com")] // subdomain
    [InlineData("https://example.com")]
    [InlineData("https://app-example.com")]
    [InlineData("https://appXexample.com")]
    [InlineData("https://app.example.com.")] // trailing dot
    [InlineData("https://.app.example.com")]
    [InlineData("https://app.example.com/")] // more than an origin
    [InlineData("https://app.example.com/path")]
    [InlineData("https://app.example.com?q")]
    [InlineData("https://app.example.com#f")]
    [InlineData("https://app.example.com\\")]
    [InlineData("https://app.example.com@evil.example")] // user
    [InlineData("https://evil.example@app.example.com")]
    [InlineData("https://user:pass@app.example.com")]
    [InlineData("https://app.example.com:443@evil.example")]
    [InlineData("https://evil.example\\@app.example.com")]
    [InlineData("https://app.example.com, https://evil.example")] // several in one
    [InlineData("https://app.example.com https://evil.example")]
    [InlineData("https://app.example.com,https://app.example.com")]
    [InlineData(" https://app.example.com")]
    [InlineData("https://app.example.com ")]
    [InlineData("https://app.example.com\0")]
    [InlineData("https://app.example.com\n")]
    [InlineData("https://app.example.com%00.evil.example")]
    [InlineData("https:// app.example.com")]
    [InlineData("https:app.example.com")]
    [InlineData("https:/app.example.com")]
    [InlineData("https:///app.example.com")]
    [InlineData("https://")]
    [InlineData("https://:443")]
    [InlineData("https://app。example。com")] // full-width dots
    [InlineData("https://аpp.example.com")] // a Cyrillic а
    [InlineData("https://[app.example.com]")]
    [InlineData("https://[]")]
    [InlineData("https://[::1")]
    [InlineData("https://::1")]
    [InlineData("https://[::1]x")]
    public void Anything_else_is_foreign(string origin)
    {
        Assert.Equal(OriginVerdict.Foreign, _origins.Check(origin, "https", "chat.example.com"));
        Assert.Equal(OriginVerdict.Foreign, _origins.Check(origin, "http", "chat.example.com"));
    }

    [Theory]
    [InlineData("https://chat.example.com", "http", "chat.example.com")]
    [InlineData("http://chat.example.com", "https", "chat.example.com")]
    [InlineData("https://chat.example.com", "https", "chat.example.com:8443")]
    [InlineData("https://chat.example.com:8443", "https", "chat.example.com")]
    [InlineData("https://chat.example.com.", "https", "chat.example.com")]
    [InlineData("https://evil.chat.example.com", "https", "chat.example.com")]
    [InlineData("https://chat.example.com.evil.example", "https", "chat.example.com")]
    [InlineData("https://chat.example.com", "https", "")]
    [InlineData("https://chat.example.com", "https", null)]
    [InlineData("https://chat.example.com", "", "chat.example.com")]
    [InlineData("https://chat.example.com", "https", "user@chat.example.com")]
    [InlineData("https://user@chat.example.com", "https", "user@chat.example.com")]
    [InlineData("null", "https", "null")]
    [InlineData("https://", "https", "")]
    public void A_page_of_almost_the_address_that_it_asks_is_foreign(string origin, string scheme, string? host) =>
        Assert.Equal(OriginVerdict.Foreign, _origins.Check(origin, scheme, host));

    [Fact]
    public void Without_the_header_there_is_no_origin() =>
        Assert.Equal(OriginVerdict.None, _origins.Check(StringValues.Empty, "https", "chat.example.com"));

    [Fact]
    public void Two_headers_are_foreign_even_if_each_alone_would_do()
    {
        var twice = new StringValues(["https://app.example.com", "https://app.example.com"]);

        Assert.Equal(OriginVerdict.Foreign, _origins.Check(twice, "https", "chat.example.com"));
    }

    [Fact]
    public void An_endless_origin_is_foreign() =>
        Assert.Equal(OriginVerdict.Foreign, _origins.Check("https://" + new string('a', 1_000_000), "https", "chat.example.com"));

    [Theory]
    [InlineData("*")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("app.example.com")]
    [InlineData("https://app.example.com/")]
    [InlineData("https://*.example.com")]
    [InlineData("wss://app.example.com")]
    public void A_list_with_what_is_no_origin_stops_the_start(string entry) =>
        Assert.Contains(entry, Assert.Throws<AuthSetupException>(() => new Origins([entry])).Message, StringComparison.Ordinal);
}
