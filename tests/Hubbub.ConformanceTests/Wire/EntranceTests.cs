using System.Net;
using System.Net.WebSockets;
using Hubbub.ConformanceTests.Servers;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>Who comes in where (docs/protocol.md § 3): foreign pages and bad tokens at every entrance, tickets, cookies, guests.</summary>
public class EntranceTests(EntranceTests.OneServer shared) : IClassFixture<EntranceTests.OneServer>
{
    private const string CustomerSecret = "a secret of at least thirty-two bytes!";
    private const string Allowed = "https://chat.example.org";

    /// <summary>The entrances; each returns the status and code it answers with, 101 and 200 for success.</summary>
    private static readonly Dictionary<string, Func<HttpApi, (string, string)[], Task<(int Status, string Code)>>> Entrances = new()
    {
        ["WebSocket"] = ConnectAsync,
        ["server-sent events"] = (api, headers) => StreamAsync(api, "text/event-stream", headers),
        ["lines"] = (api, headers) => StreamAsync(api, "application/x-ndjson", headers),
        ["long poll"] = (api, headers) => AskAsync(api, HttpMethod.Get, "/api/rooms/room1/events?wait=0&after=0", null, headers),
        ["many rooms"] = (api, headers) => AskAsync(api, HttpMethod.Get, "/api/events?rooms=room1", null, headers),
        ["API"] = (api, headers) => AskAsync(api, HttpMethod.Post, "/api/rooms/room1/messages", new { message = "x" }, headers),
    };

    public static TheoryData<string> Names => [.. Entrances.Keys];

    public static TheoryData<string, string> ForeignOrigins
    {
        get
        {
            string[] origins =
            [
                "https://evil.example", "null", "", "{scheme}://127.0.0.1", "{scheme}://localhost:{port}", "{other}://127.0.0.1:{port}", "{scheme}://127.0.0.1:{port}0", "{scheme}://127.0.0.1:{port}/",
                "{scheme}://127.0.0.1:{port}.evil.example", "{scheme}://evil.example:{port}", "{scheme}://x@127.0.0.1:{port}", "https://chat.example.org.evil.example", "https://xchat.example.org",
                "https://sub.chat.example.org", "http://chat.example.org", "https://chat.example.org:444", "https://chat.example.org/path", "file://",
            ];
            var data = new TheoryData<string, string>();
            foreach (var entrance in Entrances.Keys)
            {
                foreach (var origin in origins)
                    data.Add(entrance, origin);
            }

            return data;
        }
    }

    public static TheoryData<string, string> BadTokens
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var entrance in Entrances.Keys)
            {
                foreach (var flaw in new[] { "garbage", "none", "unsigned", "wrong key", "wrong audience", "no audience", "no expiry", "expired", "two values", "another scheme", "too long" })
                    data.Add(entrance, flaw);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ForeignOrigins))]
    public async Task A_page_of_a_foreign_origin_comes_in_nowhere(string entrance, string origin)
    {
        origin = origin.Replace("{port}", shared.Server.Url.Port.ToString(), StringComparison.Ordinal)
            .Replace("{scheme}", Variant.Scheme, StringComparison.Ordinal)
            .Replace("{other}", Variant.Tls ? "http" : "https", StringComparison.Ordinal);

        var (status, code) = await Entrances[entrance](shared.Ada, [("Origin", origin)]);

        Assert.Equal((403, "foreign_origin"), (status, code));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Our_own_page_and_a_configured_one_come_in_everywhere(string entrance)
    {
        await using var server = await StartAsync();
        using var ada = await server.GuestAsync("Ada");

        foreach (var origin in new[] { server.Url.GetLeftPart(UriPartial.Authority), Allowed, "https://chat.example.org:443" })
            Assert.InRange((await Entrances[entrance](ada, [("Origin", origin)])).Status, 101, 201);
    }

    [Fact]
    public async Task A_foreign_page_cannot_even_make_a_guest()
    {
        await using var server = await StartAsync();
        using var nobody = server.Nobody();

        var refused = await nobody.SendAsync(HttpMethod.Post, "/api/guests", new { name = "Eve" }, ("Origin", "https://evil.example"));

        Assert.Equal("foreign_origin", refused.Code);
    }

    [Theory]
    [MemberData(nameof(BadTokens))]
    public async Task A_bad_token_is_refused_everywhere_and_never_makes_a_guest(string entrance, string flaw)
    {
        using var nobody = shared.Server.Nobody();

        var (status, code) = await Entrances[entrance](nobody, [("Authorization", Authorization(flaw))]);

        Assert.Equal((401, flaw == "expired" ? "token_expired" : "unauthenticated"), (status, code));
    }

    [Fact]
    public async Task An_applications_own_token_comes_in_and_carries_its_name()
    {
        await using var server = await StartAsync();
        using var customer = new HttpApi(server.Url, Jwt.Customer(CustomerSecret));

        var me = await customer.GetAsync("/api/me");

        Assert.Equal("user-1", me.Json.GetProperty("user").GetProperty("id").GetString());
        Assert.Equal("Customer", me.Json.GetProperty("user").GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("token")]
    [InlineData("access_token")]
    [InlineData("ticket")]
    public async Task A_token_in_the_address_counts_nowhere(string name)
    {
        await using var server = await StartAsync();
        using var ada = await server.GuestAsync("Ada");
        using var nobody = server.Nobody();

        var asked = await nobody.GetAsync($"/api/me?{name}={ada.Token}");
        Assert.Equal(HttpStatusCode.Unauthorized, asked.Status);
        var stream = await Assert.ThrowsAsync<RefusedException>(() => nobody.StreamAsync($"/api/rooms/room1/events?{name}={ada.Token}", "text/event-stream"));
        Assert.Equal(HttpStatusCode.Unauthorized, stream.Answer.Status);
    }

    [Fact]
    public async Task Without_any_credential_only_a_websocket_comes_in()
    {
        await using var server = await StartAsync();
        using var nobody = server.Nobody();

        foreach (var (name, enter) in Entrances)
            Assert.Equal(name == "WebSocket" ? 101 : 401, (await enter(nobody, [])).Status);
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/x-ndjson")]
    [InlineData("WebSocket")]
    public async Task A_ticket_opens_one_stream_and_then_nothing(string form)
    {
        await using var server = await StartAsync();
        using var ada = await server.GuestAsync("Ada");
        using var nobody = server.Nobody();
        await ada.SayAsync("room1", "hello");
        var made = await ada.PostAsync("/api/tickets");
        made.Expect(HttpStatusCode.Created);
        var ticket = made.Text("ticket");

        if (form == "WebSocket")
        {
            await using var socket = await PlainWebSocket.ConnectAsync(server.Url, path: $"/ws?ticket={ticket}");
            Assert.Equal(ada.UserId, (await socket.ExpectAsync("welcome")).GetProperty("payload").GetProperty("user").GetProperty("id").GetString());
        }
        else
        {
            await using var stream = await nobody.StreamAsync($"/api/rooms/room1/events?after=0&ticket={ticket}", form);
            Assert.Equal("joined", (await stream.NextAsync())!.Value.GetProperty("type").GetString());
        }

        var again = await Assert.ThrowsAsync<RefusedException>(() => nobody.StreamAsync($"/api/rooms/room1/events?ticket={ticket}", "text/event-stream"));
        Assert.Equal("unauthenticated", again.Answer.Code);
        await Assert.ThrowsAsync<WebSocketException>(() => PlainWebSocket.ConnectAsync(server.Url, path: $"/ws?ticket={ticket}"));
    }

    [Fact]
    public async Task A_ticket_lives_for_thirty_seconds()
    {
        var clock = new JumpingClock();
        await using var server = await StartAsync(clock);
        using var ada = await server.GuestAsync("Ada");
        using var nobody = server.Nobody();
        var ticket = (await ada.PostAsync("/api/tickets")).Text("ticket");

        clock.Jump(TimeSpan.FromSeconds(31));

        var late = await Assert.ThrowsAsync<RefusedException>(() => nobody.StreamAsync($"/api/rooms/room1/events?ticket={ticket}", "text/event-stream"));
        Assert.Equal("token_expired", late.Answer.Code);
    }

    [Theory]
    [InlineData("GET", "/api/me")]
    [InlineData("GET", "/api/rooms")]
    [InlineData("POST", "/api/tickets")]
    [InlineData("POST", "/api/rooms/room1/typing")]
    [InlineData("PUT", "/api/rooms/room1/members/me")]
    public async Task A_ticket_opens_no_other_door_whatever_the_request_accepts(string method, string path)
    {
        await using var server = await StartAsync();
        using var ada = await server.GuestAsync("Ada");
        using var nobody = server.Nobody();
        await ada.SayAsync("room1", "hello");
        var ticket = (await ada.PostAsync("/api/tickets")).Text("ticket");

        foreach (var accept in new[] { "application/json", "text/event-stream", "application/x-ndjson" })
        {
            var refused = await nobody.SendAsync(new HttpMethod(method), $"{path}?ticket={ticket}", null, ("Accept", accept));
            Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
        }
    }

    [Fact]
    public async Task A_session_cookie_counts_only_with_our_own_or_an_allowed_origin()
    {
        await using var server = await StartAsync();
        using var ada = await server.GuestAsync("Ada");
        using var browser = server.Nobody();
        var began = await ada.PostAsync("/api/sessions");
        began.Expect(HttpStatusCode.NoContent);
        var setCookie = began.Headers["set-cookie"];
        Assert.Contains("httponly", setCookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", setCookie, StringComparison.OrdinalIgnoreCase);
        var cookie = ("Cookie", setCookie.Split(';')[0]);
        var own = server.Url.GetLeftPart(UriPartial.Authority);

        foreach (var (name, enter) in Entrances)
        {
            Assert.InRange((await enter(browser, [cookie, ("Origin", own)])).Status, 101, 201);
            Assert.InRange((await enter(browser, [cookie, ("Origin", Allowed)])).Status, 101, 201);
            Assert.InRange((await enter(browser, [cookie, ("Sec-Fetch-Site", "same-origin")])).Status, 101, 201);
            Assert.Equal((403, "foreign_origin"), await enter(browser, [cookie]));
            Assert.Equal((403, "foreign_origin"), await enter(browser, [cookie, ("Sec-Fetch-Site", "same-site")]));
            Assert.Equal((403, "foreign_origin"), await enter(browser, [cookie, ("Sec-Fetch-Site", "none")]));
            Assert.Equal((403, "foreign_origin"), await enter(browser, [cookie, ("Origin", "https://evil.example")]));
            Assert.True((403, "foreign_origin") == await enter(browser, [cookie, ("Origin", "null")]), name);
        }

        var ended = await ada.DeleteAsync("/api/sessions");
        ended.Expect(HttpStatusCode.NoContent);
        Assert.Contains("hubbub_session=;", ended.Headers["set-cookie"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_is_told_which_origins_may_read_our_answers()
    {
        await using var server = await StartAsync();
        using var ada = await server.GuestAsync("Ada");
        using var browser = server.Nobody();

        var allowed = await browser.SendAsync(
            HttpMethod.Options, "/api/rooms", null, ("Origin", Allowed), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization,content-type"));
        var foreign = await browser.SendAsync(
            HttpMethod.Options, "/api/rooms", null, ("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST"));
        var answer = await ada.SendAsync(HttpMethod.Get, "/api/rooms", null, ("Origin", Allowed));
        var problem = await ada.SendAsync(HttpMethod.Get, "/api/rooms/-x", null, ("Origin", Allowed));

        Assert.Equal(HttpStatusCode.NoContent, allowed.Status);
        foreach (var told in new[] { allowed, answer, problem })
        {
            Assert.Equal(Allowed, told.Headers["access-control-allow-origin"]);
            Assert.Equal("true", told.Headers["access-control-allow-credentials"]);
        }

        Assert.Equal("no-store", answer.Headers["cache-control"]); // so that no cache gives it to another origin
        Assert.False(foreign.Headers.ContainsKey("access-control-allow-origin"));
    }

    private static Task<InProcessServer> StartAsync(TimeProvider? time = null) => InProcessServer.StartAsync(s =>
    {
        s.Time = time;
        s.AllowedOrigins.Add(Allowed);
        s.Tokens = t => t.HmacKeys.Add(new Server.Auth.HmacKeyOptions { Secret = CustomerSecret });
    });

    private static string Authorization(string flaw) => flaw switch
    {
        "garbage" => "Bearer not.a.token",
        "none" => $"Bearer {Jwt.Make("""{"alg":"none"}""", Jwt.Claims(), null)}",
        "unsigned" => $"Bearer {Jwt.Make("""{"alg":"HS256"}""", Jwt.Claims(), null)}",
        "wrong key" => $"Bearer {Jwt.Customer("another secret of at least 32 bytes long")}",
        "wrong audience" => $"Bearer {Jwt.Make("""{"alg":"HS256"}""", Jwt.Claims(audience: "other"), CustomerSecret)}",
        "no audience" => $"Bearer {Jwt.Make("""{"alg":"HS256"}""", Jwt.Claims(audience: null), CustomerSecret)}",
        "no expiry" => $"Bearer {Jwt.Make("""{"alg":"HS256"}""", Jwt.Claims(expiresInHours: null), CustomerSecret)}",
        "expired" => $"Bearer {Jwt.Make("""{"alg":"HS256"}""", Jwt.Claims(expiresInHours: -1), CustomerSecret)}",
        "two values" => $"Bearer {Jwt.Customer(CustomerSecret)}, Bearer {Jwt.Customer(CustomerSecret)}",
        "another scheme" => $"Basic {Jwt.Customer(CustomerSecret)}",
        _ => $"Bearer {new string('x', 20_000)}",
    };

    private static async Task<(int Status, string Code)> ConnectAsync(HttpApi api, (string Name, string Value)[] headers)
    {
        await using var raw = await RawSocket.ConnectAsync(api.Server);
        IEnumerable<(string Name, string Value)> all = api.Token is null ? headers : [("Authorization", $"Bearer {api.Token}"), .. headers];
        await raw.SendAsync(RawSocket.Handshake(api.Server, headers: [.. all.Select(h => $"{h.Name}: {h.Value}")]));
        var head = await raw.ReadHeadAsync();
        var status = int.Parse(head.AsSpan(9, 3));
        if (status == 101)
            return (status, "");
        var body = await raw.ReadBodyAsync(head);
        return (status, System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("code").GetString()!);
    }

    private static async Task<(int Status, string Code)> StreamAsync(HttpApi api, string mediaType, (string, string)[] headers)
    {
        try
        {
            await using var stream = await api.StreamAsync("/api/rooms/room1/events?after=0", mediaType, headers);
            return (200, "");
        }
        catch (RefusedException e)
        {
            return ((int)e.Answer.Status, e.Answer.Code);
        }
    }

    private static async Task<(int Status, string Code)> AskAsync(HttpApi api, HttpMethod method, string path, object? body, (string, string)[] headers)
    {
        var answer = await api.SendAsync(method, path, body, headers);
        return ((int)answer.Status, answer.Code);
    }

    /// <summary>For those who are let in nowhere, and so leave no trace: a server for each of them took most of a minute.</summary>
    public sealed class OneServer : IAsyncLifetime
    {
        internal InProcessServer Server { get; private set; } = null!;

        internal HttpApi Ada { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Server = await StartAsync();
            Ada = await Server.GuestAsync("Ada");
            await Ada.SayAsync("room1", "the room exists");
        }

        public async Task DisposeAsync()
        {
            Ada.Dispose();
            await Server.DisposeAsync();
        }
    }
}
