using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Server.Auth;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class AuthenticatorTests : IDisposable
{
    private static readonly RequestCredentials Plain = new() { Scheme = "https", Host = "chat.example.com" };

    private readonly Application _app = new();
    private readonly Tickets _tickets;
    private readonly Authenticator _authenticator;

    public AuthenticatorTests()
    {
        _tickets = new Tickets(_app.Key, new InMemoryStore(_app.Clock), _app.Clock);
        _authenticator = new Authenticator(_app.Tokens, _tickets, new Origins(["https://app.example.com"]));
    }

    public static TheoryData<Entrance> Entrances() => [.. Enum.GetValues<Entrance>()];

    public void Dispose() => _app.Dispose();

    [Theory]
    [MemberData(nameof(Entrances))]
    public async Task Without_any_credential_a_request_is_anonymous(Entrance entrance)
    {
        Assert.IsType<AuthResult.Anonymous>(await Ask(Plain, entrance));
        Assert.IsType<AuthResult.Anonymous>(await Ask(Plain with { Origin = "https://chat.example.com" }, entrance));
        Assert.IsType<AuthResult.Anonymous>(await Ask(Plain with { Cookie = "other=1", Subprotocols = "hubbub.v1" }, entrance));
    }

    [Theory]
    [MemberData(nameof(Entrances))]
    public async Task A_bearer_token_opens_every_entrance(Entrance entrance)
    {
        Assert.Equal("ann", await User(Plain with { Authorization = $"Bearer {Token("ann")}" }, entrance));
        Assert.Equal("ann", await User(Plain with { Authorization = $"bearer {Token("ann")}" }, entrance));
        Assert.Equal("ann", await User(Plain with { Authorization = $"BEARER  {Token("ann")}", Origin = "https://app.example.com" }, entrance));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer nonsense")]
    [InlineData("Basic YW5uOnBhc3M=")]
    [InlineData("Token {0}")]
    [InlineData("{0}")]
    [InlineData("Bearer{0}")]
    [InlineData("Bearer {0}, Bearer {0}")]
    [InlineData("Bearer \"{0}\"")]
    [InlineData("Bearer {0} {0}")]
    public async Task A_bad_authorization_is_refused_and_never_a_guest(string header)
    {
        var value = header.Replace("{0}", Token("ann"), StringComparison.Ordinal);

        Assert.Equal((401, "unauthenticated"), await Refused(Plain with { Authorization = value }, Entrance.WebSocket));
    }

    [Fact]
    public async Task Two_authorization_headers_are_refused() => Assert.Equal(
        (401, "unauthenticated"),
        await Refused(Plain with { Authorization = new StringValues([$"Bearer {Token("ann")}", $"Bearer {Token("ann")}"]) }, Entrance.Request));

    [Fact]
    public async Task An_expired_token_is_said_to_be_expired() =>
        Assert.Equal((401, "token_expired"), await Refused(Plain with { Authorization = $"Bearer {_app.Token(("exp", 1))}" }, Entrance.Request));

    [Fact]
    public async Task A_token_among_the_subprotocols_opens_a_web_socket()
    {
        Assert.Equal("ann", await User(Plain with { Subprotocols = $"hubbub.v1, hubbub.token.{Token("ann")}" }, Entrance.WebSocket));
        Assert.Equal("ann", await User(Plain with { Subprotocols = new StringValues(["hubbub.v1", $"hubbub.token.{Token("ann")}"]) }, Entrance.WebSocket));
        Assert.IsType<AuthResult.Anonymous>(await Ask(Plain with { Subprotocols = $"hubbub.token.{Token("ann")}" }, Entrance.Request));
    }

    [Theory]
    [InlineData("hubbub.v1, hubbub.token.")]
    [InlineData("hubbub.v1, hubbub.token.nonsense")]
    [InlineData("hubbub.token.{0},hubbub.token.{0}")]
    [InlineData("hubbub.token.{0} x")]
    public async Task A_bad_token_among_the_subprotocols_is_refused_and_never_a_guest(string header) => Assert.Equal(
        (401, "unauthenticated"),
        await Refused(Plain with { Subprotocols = header.Replace("{0}", Token("ann"), StringComparison.Ordinal) }, Entrance.WebSocket));

    [Theory]
    [InlineData(Entrance.WebSocket)]
    [InlineData(Entrance.EventStream)]
    public async Task A_ticket_opens_a_stream_once(Entrance entrance)
    {
        var ticket = Ticket("ann");

        Assert.Equal("ann", await User(Plain with { Ticket = ticket }, entrance));
        Assert.Equal((401, "unauthenticated"), await Refused(Plain with { Ticket = ticket }, entrance));
    }

    [Fact]
    public async Task A_ticket_opens_nothing_else_and_is_not_used_up_by_trying()
    {
        var ticket = Ticket("ann");

        Assert.Equal((401, "unauthenticated"), await Refused(Plain with { Ticket = ticket }, Entrance.Request));
        Assert.Equal((401, "unauthenticated"), await Refused(Plain with { Ticket = new StringValues([ticket, ticket]) }, Entrance.WebSocket));
        Assert.Equal("ann", await User(Plain with { Ticket = ticket }, Entrance.WebSocket));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    public async Task A_bad_ticket_is_refused_and_never_a_guest(string ticket) =>
        Assert.Equal((401, "unauthenticated"), await Refused(Plain with { Ticket = ticket }, Entrance.WebSocket));

    [Fact]
    public async Task A_token_is_not_accepted_where_a_ticket_goes() =>
        Assert.Equal((401, "unauthenticated"), await Refused(Plain with { Ticket = Token("ann") }, Entrance.WebSocket));

    [Theory]
    [InlineData("https://chat.example.com", null)]
    [InlineData("https://app.example.com", null)]
    [InlineData("https://app.example.com", "same-site")]
    [InlineData(null, "same-origin")]
    public async Task A_cookie_counts_with_an_allowed_origin(string? origin, string? fetchSite)
    {
        foreach (var entrance in Enum.GetValues<Entrance>())
            Assert.Equal("ann", await User(WithCookie(origin, fetchSite), entrance));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(null, "none")]
    [InlineData(null, "same-site")]
    [InlineData(null, "cross-site")]
    [InlineData(null, "Same-Origin")]
    [InlineData(null, "")]
    [InlineData("null", "same-origin")]
    [InlineData("", "same-origin")]
    [InlineData("https://evil.example", "same-origin")]
    [InlineData("https://chat.example.com.evil.example", null)]
    [InlineData("http://chat.example.com", null)]
    [InlineData("https://evil.chat.example.com", null)]
    [InlineData("https://chat.example.com:8443", null)]
    public async Task A_cookie_is_never_enough_alone(string? origin, string? fetchSite)
    {
        foreach (var entrance in Enum.GetValues<Entrance>())
            Assert.Equal((403, "foreign_origin"), await Refused(WithCookie(origin, fetchSite), entrance));
    }

    [Fact]
    public async Task A_repeated_fetch_site_header_does_not_count() => Assert.Equal(
        (403, "foreign_origin"),
        await Refused(WithCookie(null, null) with { FetchSite = new StringValues(["same-origin", "same-origin"]) }, Entrance.Request));

    [Theory]
    [InlineData("hubbub_session=")]
    [InlineData("hubbub_session=nonsense")]
    [InlineData("hubbub_session={0}; hubbub_session={0}")]
    public async Task A_bad_cookie_is_refused_and_never_a_guest(string cookie)
    {
        var request = Plain with { Origin = "https://chat.example.com", Cookie = cookie.Replace("{0}", Token("ann"), StringComparison.Ordinal) };

        Assert.Equal((401, "unauthenticated"), await Refused(request, Entrance.WebSocket));
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    [InlineData("")]
    public async Task A_foreign_page_is_refused_whatever_it_holds(string origin)
    {
        RequestCredentials[] requests =
        [
            Plain,
            Plain with { Authorization = $"Bearer {Token("ann")}" },
            Plain with { Subprotocols = $"hubbub.v1, hubbub.token.{Token("ann")}" },
            Plain with { Ticket = Ticket("ann") },
            WithCookie(null, "same-origin"),
        ];
        foreach (var request in requests)
            Assert.Equal((403, "foreign_origin"), await Refused(request with { Origin = origin }, Entrance.WebSocket));
    }

    [Fact]
    public async Task The_first_credential_in_the_order_of_the_protocol_decides()
    {
        var request = WithCookie("https://chat.example.com", null);
        Assert.Equal("ann", await User(request, Entrance.WebSocket));
        request = request with { Ticket = Ticket("bob") };
        Assert.Equal("bob", await User(request, Entrance.WebSocket));
        request = request with { Ticket = Ticket("bob"), Subprotocols = $"hubbub.token.{Token("cyd")}" };
        Assert.Equal("cyd", await User(request, Entrance.WebSocket));
        request = request with { Authorization = $"Bearer {Token("dan")}" };
        Assert.Equal("dan", await User(request, Entrance.WebSocket));

        // The ticket was not looked at, so it is still good; and the best of the others does not help a bad first.
        Assert.Equal("bob", await User(Plain with { Ticket = request.Ticket }, Entrance.WebSocket));
        Assert.Equal((401, "unauthenticated"), await Refused(request with { Authorization = "Bearer x" }, Entrance.WebSocket));
    }

    [Fact]
    public async Task A_request_of_asp_net_core_is_read_whole()
    {
        Assert.Equal("ann", await User(Http(h => h.Headers.Authorization = $"Bearer {Token("ann")}"), Entrance.Request));
        Assert.Equal("ann", await User(Http(h => h.Headers.SecWebSocketProtocol = $"hubbub.v1, hubbub.token.{Token("ann")}"), Entrance.WebSocket));
        Assert.Equal("ann", await User(Http(h => h.QueryString = new QueryString($"?a=b&ticket={Ticket("ann")}")), Entrance.EventStream));
        Assert.Equal("ann", await User(Http(h =>
        {
            h.Headers.Cookie = $"hubbub_session={Token("ann")}";
            h.Headers["Sec-Fetch-Site"] = "same-origin";
        }), Entrance.EventStream));
        Assert.IsType<AuthResult.Anonymous>(await _authenticator.AuthenticateAsync(
            Http(h => h.QueryString = new QueryString($"?token={Token("ann")}&access_token={Token("ann")}")), Entrance.WebSocket));
        Assert.IsType<AuthResult.Refused>(await _authenticator.AuthenticateAsync(Http(h => h.Headers.Origin = "https://evil.example"), Entrance.Request));
    }

    [Fact]
    public void Where_no_caller_is_needed_only_the_origin_counts()
    {
        Assert.Null(_authenticator.CheckOrigin(Http(h => h.Headers.Cookie = "hubbub_session=gone-bad").Request));
        Assert.Null(_authenticator.CheckOrigin(Http(h => h.Headers.Origin = "https://app.example.com").Request));
        Assert.Equal(403, _authenticator.CheckOrigin(Http(h => h.Headers.Origin = "https://evil.example").Request)?.Status);
    }

    private static DefaultHttpContext Http(Action<HttpRequest> with)
    {
        var http = new DefaultHttpContext();
        http.Request.Scheme = "https";
        http.Request.Host = new HostString("chat.example.com");
        with(http.Request);
        return http;
    }

    private RequestCredentials WithCookie(string? origin, string? fetchSite) => Plain with
    {
        Origin = origin is null ? default : new StringValues(origin),
        FetchSite = fetchSite is null ? default : new StringValues(fetchSite),
        Cookie = $"theme=dark; hubbub_session={Token("ann")}",
    };

    private string Token(string user) => _app.Token(("sub", user));

    private string Ticket(string user)
    {
        Assert.True(_tickets.Issue(_app.Accept(Token(user))).Is(out var ticket, out _));
        return ticket.Ticket;
    }

    private ValueTask<AuthResult> Ask(RequestCredentials request, Entrance entrance) =>
        _authenticator.AuthenticateAsync(request, entrance, CancellationToken.None);

    private async Task<string> User(RequestCredentials request, Entrance entrance) => Known(await Ask(request, entrance)).User.Id.Value;

    private async Task<string> User(HttpContext http, Entrance entrance) =>
        Known(await _authenticator.AuthenticateAsync(http, entrance)).User.Id.Value;

    private static Caller Known(AuthResult result) => Assert.IsType<AuthResult.Known>(result).Caller;

    private async Task<(int Status, string Code)> Refused(RequestCredentials request, Entrance entrance)
    {
        var refusal = Assert.IsType<AuthResult.Refused>(await Ask(request, entrance)).Refusal;
        return (refusal.Status, refusal.Code);
    }
}
