using System.Net;
using System.Text.Json;
using Hubbub.ConformanceTests.Servers;
using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Hubbub.Server.Auth;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

/// <summary>Accounts over HTTP (docs/protocol.md § 3): made, signed in to, and what is refused.</summary>
public sealed class AccountTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private const string Password = "correct horse";
    private static int _people;

    [Fact]
    public async Task A_guest_who_makes_an_account_keeps_the_id_and_what_they_wrote()
    {
        using var guest = await fixture.Server.GuestAsync("Guest of honour");
        var room = await fixture.RoomAsync();
        var said = await guest.SayAsync(room, "as a guest");

        var name = NewName();
        var made = await guest.PostAsync("/api/accounts", new { name, password = Password }).Succeeds(HttpStatusCode.Created);

        using var account = Of(made);
        Assert.Equal(guest.UserId, account.UserId);
        Assert.Equal(name, made.Json.GetProperty("user").GetProperty("name").GetString());
        await account.PatchAsync($"/api/rooms/{room}/messages/{said.Text("id")}", new { message = "mine, still" }).Succeeds();
        using var back = Of(await SignInAsync(name, Password).Succeeds());
        Assert.Equal(guest.UserId, back.UserId);
        Assert.Equal(name, (await back.GetAsync("/api/me").Succeeds()).Json.GetProperty("user").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Nobody_makes_an_account_with_a_new_id_and_signs_in_by_name_or_handle_however_written()
    {
        using var nobody = fixture.Server.Nobody();
        var name = NewName("Zoë ");
        var handle = NewName("zoe.");

        var made = await nobody.PostAsync("/api/accounts", new { name, password = Password, handle }).Succeeds(HttpStatusCode.Created);

        var id = made.Json.GetProperty("user").GetProperty("id").GetString();
        Assert.StartsWith("g-", id, StringComparison.Ordinal);
        foreach (var written in new[] { name, name.ToUpperInvariant(), name.Replace("ë", "e\u0308", StringComparison.Ordinal), $" {name} ", handle, handle.ToUpperInvariant() })
            Assert.Equal(id, (await SignInAsync(written, Password).Succeeds()).Json.GetProperty("user").GetProperty("id").GetString());
        await SignInAsync(name.Replace("ë", "e", StringComparison.Ordinal), Password).Refused(HttpStatusCode.Forbidden, "bad_credentials");
    }

    [Fact]
    public async Task A_name_belongs_to_one_account()
    {
        var name = NewName("person.");
        await CreateAsync(name);
        using var guest = await fixture.Server.GuestAsync();

        await guest.PostAsync("/api/accounts", new { name = name.ToUpperInvariant(), password = Password }).Refused(HttpStatusCode.Conflict, "name_taken");
        await guest.PostAsync("/api/accounts", new { name = NewName(), password = Password, handle = name }).Refused(HttpStatusCode.Conflict, "name_taken");
        using var account = Of(await guest.PostAsync("/api/accounts", new { name = NewName(), password = Password }).Succeeds(HttpStatusCode.Created));
        await account.PostAsync("/api/accounts", new { name = NewName(), password = Password }).Refused(HttpStatusCode.Conflict, "account_exists");
    }

    [Theory]
    [InlineData("", "bad_password")]
    [InlineData("1234567", "bad_password")]
    [InlineData("12345678", "")]
    [InlineData("        ", "")]
    [InlineData("ÄÖÜäöüßẞ", "")]
    [InlineData("half \ud800 of a pair", "bad_password")]
    public async Task A_password_is_judged_by_its_length_alone(string password, string code)
    {
        using var nobody = fixture.Server.Nobody();
        var name = NewName();

        // Serialised by hand: half a surrogate pair is legal JSON.
        using var body = new StringContent($"{{\"name\":\"{name}\",\"password\":{JsonSerializer.Serialize(password).Replace("\\uFFFD", "\\ud800", StringComparison.Ordinal)}}}", System.Text.Encoding.UTF8, "application/json");
        var answer = await nobody.PostAsync("/api/accounts", body);

        Assert.Equal(code, answer.Code);
        if (code.Length == 0)
            await SignInAsync(name, password).Succeeds();
    }

    [Fact]
    public async Task What_cannot_be_a_name_a_handle_or_a_password_is_refused()
    {
        using var nobody = fixture.Server.Nobody();
        foreach (var name in new[] { "", " ", "a\nb", "\u200b\u00ad", new string('x', 65) })
            await nobody.PostAsync("/api/accounts", new { name, password = Password }).Refused(HttpStatusCode.BadRequest, "bad_name");
        foreach (var handle in new[] { "", "a b", "ä", new string('x', 33) })
            await nobody.PostAsync("/api/accounts", new { name = NewName(), password = Password, handle }).Refused(HttpStatusCode.BadRequest, "bad_name");
        await nobody.PostAsync("/api/accounts", new { name = NewName(), password = new string('x', 129) }).Refused(HttpStatusCode.BadRequest, "bad_password");
        await nobody.PostAsync("/api/accounts", new { name = "Long enough", password = "LONG ENOUGH" }).Refused(HttpStatusCode.BadRequest, "bad_password");
        await nobody.PostAsync("/api/accounts", new { name = NewName() }).Refused(HttpStatusCode.BadRequest, "bad_password");
        await nobody.PostAsync("/api/login", new { name = "x" }).Refused(HttpStatusCode.BadRequest, "bad_request");
        Assert.Empty(fixture.Server.Log.Errors);
    }

    [Fact]
    public async Task Unknown_and_wrong_are_one_answer_and_one_amount_of_work()
    {
        var hasher = new CountingHasher();
        await using var server = await InProcessServer.StartAsync(s => s.Services = services => services.AddSingleton<IPasswordHasher<Account>>(hasher));
        using var nobody = server.Nobody();
        var name = NewName();
        await nobody.PostAsync("/api/accounts", new { name, password = Password }).Succeeds(HttpStatusCode.Created);
        await nobody.PostAsync("/api/login", new { name = NewName(), password = Password });

        // By now everything that is made once has been made.
        var wrong = await WorkAsync(name, "wrong horse");
        var unknown = await WorkAsync(NewName(), "wrong horse");
        var impossible = await WorkAsync(new string('x', 500), new string('y', 500));

        Assert.Equal((HttpStatusCode.Forbidden, "bad_credentials"), (wrong.Answer.Status, wrong.Answer.Code));
        Assert.Equal(wrong.Answer.Body, unknown.Answer.Body);
        Assert.Equal(wrong.Answer.Body, impossible.Answer.Body);
        Assert.Equal([(1, 0)], new[] { wrong.Work, unknown.Work, impossible.Work }.Distinct());

        async Task<(Answer Answer, (int Checked, int Hashed) Work)> WorkAsync(string who, string password)
        {
            var before = (hasher.Checked, hasher.Hashed);
            var answer = await nobody.PostAsync("/api/login", new { name = who, password });
            return (answer, (hasher.Checked - before.Checked, hasher.Hashed - before.Hashed));
        }
    }

    [Fact]
    public async Task Who_guesses_must_wait_longer_each_time_and_is_let_in_after_it_by_the_right_password()
    {
        var clock = new JumpingClock();
        await using var server = await InProcessServer.StartAsync(s => (s.Time, s.Accounts) = (clock, a => a.FreeAttempts = 3));
        using var nobody = server.Nobody();
        var name = NewName();
        await nobody.PostAsync("/api/accounts", new { name, password = Password }).Succeeds(HttpStatusCode.Created);
        var waits = new Dictionary<string, List<int>>();
        foreach (var who in new[] { name, "Nobody at all" })
        {
            for (var i = 0; i < 3; i++)
                await nobody.PostAsync("/api/login", new { name = who, password = "wrong horse" }).Refused(HttpStatusCode.Forbidden, "bad_credentials");
            waits[who] = [];
            for (var i = 0; i < 4; i++)
            {
                // The right password too: otherwise a guesser would be told by being let in.
                var refused = await nobody.PostAsync("/api/login", new { name = who, password = Password });
                Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limited", true), (refused.Status, refused.Code, refused.Json.GetProperty("retryable").GetBoolean()));
                waits[who].Add(int.Parse(refused.Headers["retry-after"], System.Globalization.CultureInfo.InvariantCulture));
                clock.Jump(TimeSpan.FromSeconds(waits[who][^1]));
                await nobody.PostAsync("/api/login", new { name = who, password = "wrong horse" }).Refused(HttpStatusCode.Forbidden, "bad_credentials");
            }
        }

        Assert.Equal(waits[name], waits["Nobody at all"]);
        Assert.Equal([1, 2, 4, 8], waits[name]);
        clock.Jump(TimeSpan.FromMinutes(5));
        await nobody.PostAsync("/api/login", new { name, password = Password }).Succeeds();

        // All is forgiven with the right password.
        for (var i = 0; i < 3; i++)
            await nobody.PostAsync("/api/login", new { name, password = "wrong horse" }).Refused(HttpStatusCode.Forbidden, "bad_credentials");
    }

    [Fact]
    public async Task Many_guesses_at_once_are_no_more_than_one_after_another()
    {
        await using var server = await InProcessServer.StartAsync(s => s.Accounts = a => (a.FreeAttempts, a.MaxWaitingHashes) = (5, 100));
        using var nobody = server.Nobody();

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => nobody.PostAsync("/api/login", new { name = "victim", password = "guess" })));

        Assert.Equal(5, answers.Count(a => a.Code == "bad_credentials"));
        Assert.Equal(35, answers.Count(a => a.Code == "rate_limited"));
    }

    [Fact]
    public async Task The_owner_of_an_account_that_others_guess_at_comes_in_from_another_address()
    {
        await using var server = await BelievingServerAsync(a => (a.FreeAttempts, a.FreeAttemptsPerAddress) = (3, 10));
        using var nobody = server.Nobody();
        var name = NewName();
        await nobody.PostAsync("/api/accounts", new { name, password = Password }).Succeeds(HttpStatusCode.Created);
        for (var i = 0; i < 3; i++)
            await SignInFromAsync("203.0.113.7", name, "guess").Refused(HttpStatusCode.Forbidden, "bad_credentials");

        await SignInFromAsync("203.0.113.7", name, Password).Refused(HttpStatusCode.TooManyRequests, "rate_limited");

        await SignInFromAsync("198.51.100.1", name, Password).Succeeds();

        Task<Answer> SignInFromAsync(string address, string who, string password) =>
            nobody.SendAsync(HttpMethod.Post, "/api/login", new { name = who, password }, ("X-Forwarded-For", address));
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7", true)]
    [InlineData("203.0.113.7", "203.0.113.8", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public async Task Who_tries_one_password_on_many_names_is_stopped_by_address(string first, string second, bool areOne)
    {
        await using var server = await BelievingServerAsync(a => (a.FreeAttempts, a.FreeAttemptsPerAddress) = (3, 10));
        using var nobody = server.Nobody();
        for (var i = 0; i < 10; i++)
            await SprayAsync(first, i).Refused(HttpStatusCode.Forbidden, "bad_credentials");

        var answer = await SprayAsync(second, 10);

        Assert.Equal(areOne ? "rate_limited" : "bad_credentials", answer.Code);

        Task<Answer> SprayAsync(string address, int i) =>
            nobody.SendAsync(HttpMethod.Post, "/api/login", new { name = $"name {i}", password = "Summer2026" }, ("X-Forwarded-For", address));
    }

    [Fact]
    public async Task A_flood_of_passwords_is_refused_and_holds_up_nobodys_message()
    {
        using var hasher = new HeldHasher();
        await using var server = await InProcessServer.StartAsync(s =>
        {
            s.Accounts = a => (a.MaxHashes, a.MaxWaitingHashes, a.FreeAttempts) = (1, 2, 1000);
            s.Services = services => services.AddSingleton<IPasswordHasher<Account>>(hasher);
        });
        using var nobody = server.Nobody();
        using var ann = await server.GuestAsync("Ann");
        var flood = Enumerable.Range(0, 30).Select(i => nobody.PostAsync("/api/login", new { name = "somebody", password = $"guess {i}" })).ToList();

        // All but those that are hashed or wait are answered while nothing is hashed at all, and messages are taken.
        var refused = new List<Answer>();
        while (refused.Count < 27)
        {
            var answered = await Task.WhenAny(flood);
            flood.Remove(answered);
            refused.Add(await answered);
            await ann.SayAsync("room1", $"heard {refused.Count}");
        }

        Assert.All(refused, a => Assert.Equal((HttpStatusCode.ServiceUnavailable, "overloaded", "1"), (a.Status, a.Code, a.Headers["retry-after"])));
        await Eventually.UntilAsync("the first is being checked", () => hasher.AtOnce > 0);
        hasher.Release();
        Assert.All(await Task.WhenAll(flood), a => Assert.Equal("bad_credentials", a.Code));
        Assert.Equal(1, hasher.AtOnce);
        Assert.Empty(server.Log.Errors);
    }

    [Fact]
    public async Task Where_guests_are_not_allowed_nobody_makes_an_account_unless_it_is_said()
    {
        await using var closed = await InProcessServer.StartAsync(s => s.Tokens = t => t.AllowGuests = false);
        await using var said = await InProcessServer.StartAsync(s => (s.Tokens, s.Accounts) = (t => t.AllowGuests = false, a => a.AllowSignUp = true));
        await using var guestsOnly = await InProcessServer.StartAsync(s => s.Accounts = a => a.AllowSignUp = false);

        Assert.Equal("forbidden", (await CreateAtAsync(closed)).Code);
        Assert.Equal(HttpStatusCode.Created, (await CreateAtAsync(said)).Status);
        Assert.Equal("forbidden", (await CreateAtAsync(guestsOnly)).Code);

        static async Task<Answer> CreateAtAsync(InProcessServer server)
        {
            using var nobody = server.Nobody();
            return await nobody.PostAsync("/api/accounts", new { name = NewName(), password = Password });
        }
    }

    [Fact]
    public async Task An_applications_user_makes_no_account_and_a_bad_token_no_one()
    {
        using var customer = fixture.Granted("customer", new Dictionary<string, string> { ["*"] = "member" });
        using var bad = new HttpApi(fixture.Server.Url, "nonsense");

        await customer.PostAsync("/api/accounts", new { name = NewName(), password = Password }).Refused(HttpStatusCode.Forbidden, "forbidden");
        await bad.PostAsync("/api/accounts", new { name = NewName(), password = Password }).Refused(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Neither_password_nor_hash_is_told_or_logged()
    {
        var name = NewName();
        using var account = await CreateAsync(name);
        var kept = await fixture.Server.Services.GetRequiredService<IPeople>().FindByNameAsync(AccountRules.KeyOf(name), default);

        Assert.DoesNotContain(Password, kept!.PasswordHash, StringComparison.Ordinal);
        Assert.DoesNotContain(kept.PasswordHash, kept.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Password, new NewAccount(name, Password, null).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(account.Token!, new SignIn(new Caller(kept.User, DateTimeOffset.MaxValue), account.Token!).ToString(), StringComparison.Ordinal);
    }

    /// <summary>A server that believes what a proxy says about where a request comes from.</summary>
    private static Task<InProcessServer> BelievingServerAsync(Action<AccountOptions> accounts) => InProcessServer.StartAsync(s =>
    {
        s.Accounts = accounts;
        s.Services = services => services.AddSingleton<IStartupFilter, BelieveProxies>();
    });

    private static string NewName(string prefix = "Person ") => $"{prefix}{Interlocked.Increment(ref _people)}";

    private static HttpApi Of(Answer signedIn, Uri server) => new(server, signedIn.Text("token"), signedIn.Json.GetProperty("user").GetProperty("id").GetString()!);

    private HttpApi Of(Answer signedIn) => Of(signedIn, fixture.Server.Url);

    private async Task<Answer> SignInAsync(string name, string password)
    {
        using var nobody = fixture.Server.Nobody();
        return await nobody.PostAsync("/api/login", new { name, password });
    }

    private async Task<HttpApi> CreateAsync(string name)
    {
        using var nobody = fixture.Server.Nobody();
        return Of(await nobody.PostAsync("/api/accounts", new { name, password = Password }).Succeeds(HttpStatusCode.Created));
    }

    /// <summary>Hashes as ever, and counts.</summary>
    private sealed class CountingHasher : IPasswordHasher<Account>
    {
        private readonly PasswordHasher<Account> _inner = new();

        public int Checked { get; private set; }

        public int Hashed { get; private set; }

        public string HashPassword(Account user, string password)
        {
            Hashed++;
            return _inner.HashPassword(user, password);
        }

        public PasswordVerificationResult VerifyHashedPassword(Account user, string hashedPassword, string providedPassword)
        {
            Checked++;
            return _inner.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
    }

    /// <summary>Checks nothing before it is released.</summary>
    private sealed class HeldHasher : IPasswordHasher<Account>, IDisposable
    {
        private readonly PasswordHasher<Account> _inner = new();
        private readonly ManualResetEventSlim _released = new();
        private int _now;

        public int AtOnce { get; private set; }

        public void Release() => _released.Set();

        public string HashPassword(Account user, string password) => _inner.HashPassword(user, password);

        public PasswordVerificationResult VerifyHashedPassword(Account user, string hashedPassword, string providedPassword)
        {
            AtOnce = Math.Max(AtOnce, Interlocked.Increment(ref _now));
            _released.Wait();
            Interlocked.Decrement(ref _now);
            return _inner.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }

        public void Dispose()
        {
            _released.Set();
            _released.Dispose();
        }
    }

    private sealed class BelieveProxies : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.UseForwardedHeaders(new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor });
            next(app);
        };
    }
}
