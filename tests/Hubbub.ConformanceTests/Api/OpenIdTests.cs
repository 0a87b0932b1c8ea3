using System.Net;
using Hubbub.ConformanceTests.Servers;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

/// <summary>Signing in at another place (docs/protocol.md § 3), against a provider made for the test.</summary>
public sealed class OpenIdTests : IAsyncLifetime
{
    private readonly SharedStore _store = SharedStore.InMemory();
    private OpenIdProvider _provider = null!;
    private InProcessServer _server = null!;

    public async Task InitializeAsync()
    {
        _provider = await OpenIdProvider.StartAsync();
        _server = await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _store.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task Who_comes_back_from_there_is_signed_in_and_each_time_the_same_person()
    {
        using var browser = new Browser();
        using var again = new Browser();

        Assert.Equal("/r/room1?x=1", await browser.SignInAsync(_server.Url, "/r/room1?x=1"));
        Assert.Equal("/", await again.SignInAsync(_server.Url, null));

        var (id, name) = await MeAsync(browser);
        Assert.Equal("Ada of elsewhere", name);
        Assert.StartsWith("g-", id, StringComparison.Ordinal);
        Assert.Equal((id, name), await MeAsync(again));

        // No password opens what has none.
        using var nobody = _server.Nobody();
        await nobody.PostAsync("/api/login", new { name, password = "" }).Refused(HttpStatusCode.Forbidden, "bad_credentials");
        await nobody.PostAsync("/api/login", new { name, password = "correct horse" }).Refused(HttpStatusCode.Forbidden, "bad_credentials");
    }

    [Fact]
    public async Task Another_person_of_the_same_name_is_another_account_and_one_without_a_name_is_somebody()
    {
        using var first = new Browser();
        await first.SignInAsync(_server.Url, null);
        _provider.Subject = "subject-2";
        using var second = new Browser();
        await second.SignInAsync(_server.Url, null);
        (_provider.Subject, _provider.PersonName) = ("subject-3", "a\nb");
        using var third = new Browser();
        await third.SignInAsync(_server.Url, null);

        Assert.Equal("Ada of elsewhere 2", (await MeAsync(second)).Name);
        Assert.NotEqual((await MeAsync(first)).Id, (await MeAsync(second)).Id);
        Assert.Equal("Somebody", (await MeAsync(third)).Name);
    }

    [Fact]
    public async Task The_browser_may_come_back_to_another_node()
    {
        await using var other = await StartAsync();
        using var browser = new Browser();
        var toProvider = await browser.GetAsync(new Uri(_server.Url, "/auth/openid"));
        var toUs = await browser.GetAsync(toProvider.Headers.Location!);
        var callback = new UriBuilder(toUs.Headers.Location!) { Port = other.Url.Port }.Uri;

        var answer = await browser.GetAsync(callback);

        Assert.Equal("/", answer.Headers.Location!.OriginalString);
        Assert.Equal("Ada of elsewhere", (await MeAsync(browser)).Name);
    }

    [Theory]
    [InlineData("nonce", "another")]
    [InlineData("aud", "another")]
    [InlineData("iss", "https://evil.example.com")]
    [InlineData("exp", 1L)]
    public async Task A_word_that_is_not_for_us_now_signs_nobody_in(string claim, object value)
    {
        _provider.Spoil = claims => claims[claim] = value;
        using var browser = new Browser();

        Assert.Equal("/?signin=failed", await browser.SignInAsync(_server.Url, null));

        Assert.DoesNotContain(browser.CookiesOf(_server.Url), c => c.Name == "hubbub_session");
    }

    [Fact]
    public async Task A_return_that_this_browser_did_not_begin_signs_nobody_in()
    {
        using var attacker = new Browser();
        using var victim = new Browser();
        var toProvider = await attacker.GetAsync(new Uri(_server.Url, "/auth/openid"));
        var toUs = await attacker.GetAsync(toProvider.Headers.Location!);

        var lured = await victim.GetAsync(toUs.Headers.Location!);
        var forged = await victim.GetAsync(new Uri(_server.Url, "/auth/openid/callback?code=x&state=y"));

        Assert.Equal("/?signin=failed", lured.Headers.Location!.OriginalString);
        Assert.Equal("/?signin=failed", forged.Headers.Location!.OriginalString);
        Assert.DoesNotContain(victim.CookiesOf(_server.Url), c => c.Name == "hubbub_session");
    }

    [Theory]
    [InlineData("https://evil.example.com/")]
    [InlineData("//evil.example.com/")]
    [InlineData("/\\evil.example.com")]
    [InlineData("javascript:alert(1)")]
    public async Task One_returns_to_our_own_page_only(string where)
    {
        using var browser = new Browser();

        Assert.Equal("/", await browser.SignInAsync(_server.Url, where));
    }

    [Fact]
    public async Task The_ways_in_are_said_to_everybody()
    {
        await using var plain = await InProcessServer.StartAsync();
        using var there = plain.Nobody();
        using var here = _server.Nobody();

        Assert.Equal("""{"guests":true,"accounts":true,"openId":null}""", (await there.GetAsync("/api/login").Succeeds()).Body);
        Assert.Equal("""{"guests":true,"accounts":true,"openId":{"name":"Elsewhere","url":"/auth/openid"}}""", (await here.GetAsync("/api/login").Succeeds()).Body);
        Assert.Equal(HttpStatusCode.NotFound, (await there.GetAsync("/auth/openid")).Status);
    }

    private async Task<(string Id, string Name)> MeAsync(Browser browser)
    {
        using var nobody = _server.Nobody();
        var session = browser.CookiesOf(_server.Url).Single(c => c.Name == "hubbub_session");
        Assert.True(session.HttpOnly);
        var me = await nobody.SendAsync(HttpMethod.Get, "/api/me", null, ("Cookie", $"hubbub_session={session.Value}"), ("Sec-Fetch-Site", "same-origin")).Succeeds();
        return (me.Json.GetProperty("user").GetProperty("id").GetString()!, me.Json.GetProperty("user").GetProperty("name").GetString()!);
    }

    private Task<InProcessServer> StartAsync() => InProcessServer.StartAsync(s =>
    {
        s.Store = _store;

        // The browser of the test carries its cookies over plain text, as one does on its own machine.
        s.Certificate = null;
        s.Configuration["Hubbub:OpenId:Authority"] = _provider.Authority;
        s.Configuration["Hubbub:OpenId:ClientId"] = OpenIdProvider.ClientId;
        s.Configuration["Hubbub:OpenId:ClientSecret"] = OpenIdProvider.ClientSecret;
        s.Configuration["Hubbub:OpenId:Name"] = "Elsewhere";
    });

    /// <summary>Keeps cookies and follows one redirect at a time.</summary>
    private sealed class Browser : IDisposable
    {
        private readonly CookieContainer _cookies = new();
        private readonly HttpClient _http;

        public Browser() => _http = new HttpClient(new SocketsHttpHandler { CookieContainer = _cookies, AllowAutoRedirect = false });

        public CookieCollection CookiesOf(Uri server) => _cookies.GetCookies(server);

        public Task<HttpResponseMessage> GetAsync(Uri address) => _http.GetAsync(address);

        /// <summary>Where one is in the end.</summary>
        public async Task<string> SignInAsync(Uri server, string? returnTo)
        {
            var toProvider = await GetAsync(new Uri(server, returnTo is null ? "/auth/openid" : $"/auth/openid?return={Uri.EscapeDataString(returnTo)}"));
            var toUs = await GetAsync(toProvider.Headers.Location!);
            var toPage = await GetAsync(toUs.Headers.Location!);
            return toPage.Headers.Location!.OriginalString;
        }

        public void Dispose() => _http.Dispose();
    }
}
