using System.Globalization;
using System.Net;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Transports.Readers;
using Hubbub.Core.People;
using Hubbub.Protocol;
using Hubbub.TestKit.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

/// <summary>Signing out everywhere, and a changed password: what was let in by an older token ends, at every node, over every transport.</summary>
public sealed class SignOutTests
{
    public static TheoryData<string, bool> Ways
    {
        get
        {
            var ways = new TheoryData<string, bool>();
            foreach (var transport in Transport.All)
            {
                ways.Add(transport.Name, true);
                ways.Add(transport.Name, false);
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Whoever_reads_at_another_node_is_ended(string transport, bool byPassword)
    {
        await using var store = SharedStore.InMemory();
        await using var here = await InProcessServer.StartAsync(s => s.Store = store);
        await using var there = await InProcessServer.StartAsync(s => s.Store = store);
        using var account = await AccountAsync(here, "Ann");
        using var elsewhere = new HttpApi(there.Url, account.Token, account.UserId);
        using var bob = await there.GuestAsync("Bob");
        await bob.SayAsync("room1", "hello");
        await using var reader = await Transport.All.Single(t => t.Name == transport).Open(elsewhere, "room1", Start.Head);

        if (byPassword)
            await account.PutAsync("/api/me/password", new { password = "correct horse", newPassword = "battery staple" }).Succeeds();
        else
            await account.PostAsync("/api/logout-everywhere").Succeeds(HttpStatusCode.NoContent);

        Assert.Contains(await EndAsync(reader), new[] { "4401", "unauthenticated" });
        await elsewhere.GetAsync("/api/me").Refused(HttpStatusCode.Unauthorized, "unauthenticated");
        await account.GetAsync("/api/me").Refused(HttpStatusCode.Unauthorized, "unauthenticated");
        await bob.SayAsync("room1", "others stay");
        Assert.Empty(here.Log.Errors.Concat(there.Log.Errors));
    }

    [Fact]
    public async Task At_the_node_where_it_was_asked_every_entrance_is_closed_at_once_and_others_are_open()
    {
        await using var server = await InProcessServer.StartAsync();
        using var account = await AccountAsync(server, "Ann");
        using var bob = await AccountAsync(server, "Bob");
        var ticket = (await account.PostAsync("/api/tickets").Succeeds(HttpStatusCode.Created)).Text("ticket");
        using var nobody = server.Nobody();

        var answer = await account.PostAsync("/api/logout-everywhere").Succeeds(HttpStatusCode.NoContent);

        Assert.Contains("hubbub_session=;", answer.Headers["set-cookie"], StringComparison.Ordinal);
        await account.GetAsync("/api/rooms").Refused(HttpStatusCode.Unauthorized, "unauthenticated");
        await nobody.SendAsync(HttpMethod.Get, "/api/rooms", null, ("Cookie", $"hubbub_session={account.Token}"), ("Origin", server.Url.AbsoluteUri.TrimEnd('/')))
            .Refused(HttpStatusCode.Unauthorized, "unauthenticated");
        await nobody.SendAsync(HttpMethod.Get, $"/api/rooms/room1/events?ticket={ticket}", null, ("Accept", "text/event-stream"))
            .Refused(HttpStatusCode.Unauthorized, "unauthenticated");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.SendAsync("auth", new { token = account.Token }, id: "a");
        Assert.Equal("unauthenticated", (await socket.AnswerAsync("a")).GetProperty("payload").GetProperty("code").GetString());
        await bob.GetAsync("/api/me").Succeeds();

        // Signed in anew, they are the same person, and can do it again.
        using var again = await SignInAsync(server, "Ann", "correct horse");
        Assert.Equal(account.UserId, again.UserId);
        await again.GetAsync("/api/me").Succeeds();
        await again.PostAsync("/api/logout-everywhere").Succeeds(HttpStatusCode.NoContent);
        await again.GetAsync("/api/me").Refused(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_changed_password_is_the_only_one_and_its_answer_has_a_token_that_counts()
    {
        await using var server = await InProcessServer.StartAsync();
        using var account = await AccountAsync(server, "Ann");

        await account.PutAsync("/api/me/password", new { password = "wrong horse", newPassword = "battery staple" }).Refused(HttpStatusCode.Forbidden, "bad_credentials");
        await account.PutAsync("/api/me/password", new { password = "correct horse", newPassword = "short" }).Refused(HttpStatusCode.BadRequest, "bad_password");
        await account.PutAsync("/api/me/password", new { password = "correct horse" }).Refused(HttpStatusCode.BadRequest, "bad_request");
        var changed = await account.PutAsync("/api/me/password", new { password = "correct horse", newPassword = "battery staple" }).Succeeds();

        using var fresh = new HttpApi(server.Url, changed.Text("token"), account.UserId);
        await fresh.GetAsync("/api/me").Succeeds();
        using var nobody = server.Nobody();
        await nobody.PostAsync("/api/login", new { name = "Ann", password = "correct horse" }).Refused(HttpStatusCode.Forbidden, "bad_credentials");
        using var signedIn = await SignInAsync(server, "Ann", "battery staple");
        Assert.Equal(account.UserId, signedIn.UserId);
    }

    [Fact]
    public async Task A_guest_who_signs_out_everywhere_is_gone_and_an_applications_user_asks_the_application()
    {
        const string Secret = "a secret of at least thirty-two bytes!";
        await using var server = await InProcessServer.StartAsync(s => s.Tokens = t => t.HmacKeys.Add(new Hubbub.Server.Auth.HmacKeyOptions { Secret = Secret }));
        using var guest = await server.GuestAsync();
        using var customer = new HttpApi(server.Url, Wire.Jwt.Customer(Secret));

        await guest.PutAsync("/api/me/password", new { password = "correct horse", newPassword = "battery staple" }).Refused(HttpStatusCode.Forbidden, "forbidden");
        await guest.PostAsync("/api/logout-everywhere").Succeeds(HttpStatusCode.NoContent);
        await customer.PostAsync("/api/logout-everywhere").Refused(HttpStatusCode.Forbidden, "forbidden");

        await guest.GetAsync("/api/me").Refused(HttpStatusCode.Unauthorized, "unauthenticated");
        await customer.GetAsync("/api/me").Succeeds();
    }

    [Fact]
    public async Task A_node_that_begins_knows_who_has_signed_out_before_it_lets_anybody_in()
    {
        await using var store = SharedStore.InMemory();
        HttpApi account;
        await using (var before = await InProcessServer.StartAsync(s => s.Store = store))
        {
            account = await AccountAsync(before, "Ann");
            await account.PostAsync("/api/logout-everywhere").Succeeds(HttpStatusCode.NoContent);
        }

        await using var after = await InProcessServer.StartAsync(s => s.Store = store);
        using var again = new HttpApi(after.Url, account.Token);
        account.Dispose();

        await again.GetAsync("/api/me").Refused(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_token_costs_the_store_no_question()
    {
        await using var store = SharedStore.InMemory();
        var people = new CountedPeople(store.People);
        await using var server = await InProcessServer.StartAsync(s => (s.Store, s.Services) = (store, services => services.AddSingleton<IPeople>(people)));
        using var account = await AccountAsync(server, "Ann");
        await account.PostAsync("/api/logout-everywhere").Succeeds(HttpStatusCode.NoContent);
        using var again = await SignInAsync(server, "Ann", "correct horse");
        var asked = people.Asked;

        for (var i = 0; i < 50; i++)
        {
            await again.GetAsync("/api/me").Succeeds();
            await account.GetAsync("/api/me").Refused(HttpStatusCode.Unauthorized, "unauthenticated");
        }

        Assert.Equal(asked, people.Asked);
    }

    internal static async Task<HttpApi> AccountAsync(InProcessServer server, string name, string password = "correct horse")
    {
        using var guest = await server.GuestAsync(name);
        var made = await guest.PostAsync("/api/accounts", new { name, password }).Succeeds(HttpStatusCode.Created);
        return new HttpApi(server.Url, made.Text("token"), guest.UserId);
    }

    private static async Task<HttpApi> SignInAsync(InProcessServer server, string name, string password)
    {
        using var nobody = server.Nobody();
        var answer = await nobody.PostAsync("/api/login", new { name, password }).Succeeds();
        return new HttpApi(server.Url, answer.Text("token"), answer.Json.GetProperty("user").GetProperty("id").GetString()!);
    }

    /// <summary>What the reading ended with; a reader that goes on is a failure.</summary>
    private static async Task<string> EndAsync(Reader reader)
    {
        while (true)
        {
            var told = await reader.NextAsync();
            if (told.Type == "closing")
                return told.Fields.GetProperty("code").GetInt32().ToString(CultureInfo.InvariantCulture);
            if (told.Type == "refused")
                return told.Text("code");
        }
    }
}

/// <summary>Counts what is asked about somebody; what nodes ask about everybody, once a second, is not counted.</summary>
internal sealed class CountedPeople(IPeople inner) : IPeople
{
    private int _asked;

    public int Asked => Volatile.Read(ref _asked);

    public ValueTask<Registration> CreateAsync(Account account, OutsideIdentity? identity, CancellationToken ct) => Count().CreateAsync(account, identity, ct);

    public ValueTask<Account?> FindByIdentityAsync(OutsideIdentity identity, CancellationToken ct) => Count().FindByIdentityAsync(identity, ct);

    public ValueTask<Account?> FindAsync(UserId user, CancellationToken ct) => Count().FindAsync(user, ct);

    public ValueTask<Account?> FindByNameAsync(string nameKey, CancellationToken ct) => Count().FindByNameAsync(nameKey, ct);

    public ValueTask<long?> ChangePasswordAsync(UserId user, string from, string to, DateTimeOffset until, CancellationToken ct) =>
        Count().ChangePasswordAsync(user, from, to, until, ct);

    public ValueTask<long> SignOutAsync(UserId user, DateTimeOffset until, CancellationToken ct) => Count().SignOutAsync(user, until, ct);

    public ValueTask<IReadOnlyList<Amendment>> AmendmentsAsync(long after, int limit, CancellationToken ct) => inner.AmendmentsAsync(after, limit, ct);

    public ValueTask<Profile?> ProfileAsync(UserId user, CancellationToken ct) => Count().ProfileAsync(user, ct);

    public ValueTask<IReadOnlyList<Profile>> ProfilesAsync(IReadOnlyList<UserId> users, CancellationToken ct) => Count().ProfilesAsync(users, ct);

    public ValueTask<bool> ChangeProfileAsync(User user, ProfileChange change, DateTimeOffset now, DateTimeOffset until, CancellationToken ct) =>
        Count().ChangeProfileAsync(user, change, now, until, ct);

    public ValueTask SeeAsync(IReadOnlyList<Sighting> sightings, DateTimeOffset forget, CancellationToken ct) => inner.SeeAsync(sightings, forget, ct);

    public ValueTask SetAvatarAsync(User user, Avatar? avatar, DateTimeOffset now, CancellationToken ct) => Count().SetAvatarAsync(user, avatar, now, ct);

    public ValueTask<Avatar?> AvatarAsync(string hash, CancellationToken ct) => Count().AvatarAsync(hash, ct);

    public ValueTask<IReadOnlyList<Block>> BlocksAsync(UserId user, CancellationToken ct) => Count().BlocksAsync(user, ct);

    public ValueTask<bool> BlockAsync(UserId user, UserId blocked, DateTimeOffset now, CancellationToken ct) => Count().BlockAsync(user, blocked, now, ct);

    public ValueTask UnblockAsync(UserId user, UserId blocked, CancellationToken ct) => Count().UnblockAsync(user, blocked, ct);

    public ValueTask<bool> IsBlockedAsync(UserId user, IReadOnlyList<UserId> others, CancellationToken ct) => Count().IsBlockedAsync(user, others, ct);

    private IPeople Count()
    {
        Interlocked.Increment(ref _asked);
        return inner;
    }
}
