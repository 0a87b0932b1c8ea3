using System.Security.Cryptography;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Server.Auth;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class TicketsTests : IDisposable
{
    private readonly Application _app = new();
    private readonly InMemoryStore _store;
    private readonly Tickets _tickets;

    public TicketsTests()
    {
        _store = new InMemoryStore(_app.Clock);
        _tickets = new Tickets(_app.Key, _store, _app.Clock);
    }

    public void Dispose() => _app.Dispose();

    [Fact]
    public async Task A_ticket_is_its_caller_once()
    {
        var caller = _app.Accept(_app.Token(("name", "Ann “Ä” 🎉")));
        var ticket = Issue(caller);

        Assert.Equal(caller, await Redeem(ticket.Ticket));
        Assert.Equal("unauthenticated", await Refusal(ticket.Ticket));
    }

    [Fact]
    public async Task Of_many_who_redeem_one_ticket_at_once_on_two_servers_one_gets_in()
    {
        var other = new Tickets(_app.Key, _store, _app.Clock);
        var ticket = Issue(_app.Accept(_app.Token())).Ticket;

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(async () =>
            (await (i % 2 == 0 ? _tickets : other).RedeemAsync(ticket, CancellationToken.None)).Is(out _, out _))));

        Assert.Single(outcomes, true);
    }

    [Fact]
    public async Task A_ticket_lives_thirty_seconds()
    {
        var caller = _app.Accept(_app.Token());
        var (inTime, late) = (Issue(caller), Issue(caller));
        Assert.Equal(_app.Clock.Now.AddSeconds(30), late.ExpiresAt);

        _app.Clock.Now = late.ExpiresAt.AddMilliseconds(-1);
        Assert.Equal(caller, await Redeem(inTime.Ticket));
        _app.Clock.Now = late.ExpiresAt;
        Assert.Equal("token_expired", await Refusal(late.Ticket));
    }

    [Fact]
    public async Task A_ticket_ends_no_later_than_the_token_behind_it()
    {
        var token = _app.Tokens.Issue(new User(UserId.Parse("g-1"), "Guest"), TimeSpan.FromSeconds(10));
        var ticket = Issue(_app.Accept(token.Token));

        Assert.Equal(token.ExpiresAt, ticket.ExpiresAt);
        _app.Clock.Now = token.ExpiresAt;
        Assert.Equal("token_expired", await Refusal(ticket.Ticket));
    }

    [Fact]
    public async Task A_ticket_grants_what_its_token_granted()
    {
        var caller = _app.Accept(_app.Token(("rooms", new Dictionary<string, string> { ["room1"] = "owner", ["team-*"] = "member" })));

        var redeemed = await Redeem(Issue(caller).Ticket);

        Assert.True(redeemed.Grants!.TryFind(RoomId.Parse("room1"), out var owner));
        Assert.True(redeemed.Grants.TryFind(RoomId.Parse("team-1"), out var member));
        Assert.False(redeemed.Grants.TryFind(RoomId.Parse("other"), out _));
        Assert.Equal((Role.Owner, Role.Member), (owner, member));

        // And a ticket got by a ticket's caller still does.
        Assert.NotNull((await Redeem(Issue(redeemed).Ticket)).Grants);
    }

    [Fact]
    public void Grants_that_do_not_fit_into_an_address_are_refused_with_advice()
    {
        var grants = Enumerable.Range(0, 256).ToDictionary(i => $"room{i:000}{new string('x', 3)}", _ => "owner");
        var caller = _app.Accept(_app.Token(("rooms", grants)));

        Assert.False(_tickets.Issue(caller).Is(out _, out var refusal));
        Assert.Equal("bad_request", refusal.Code);
    }

    [Fact]
    public async Task A_changed_ticket_is_refused_before_the_store_is_asked()
    {
        var ticket = Issue(_app.Accept(_app.Token())).Ticket;
        var random = new Random(7);
        for (var round = 0; round < 500; round++)
        {
            var at = random.Next(ticket.Length);
            var changed = ticket[..at] + "ABCDEFGHabcdefgh01234567-_."[random.Next(27)] + ticket[(at + 1)..];
            if (changed != ticket)
                Assert.Equal("unauthenticated", await Refusal(changed));
        }

        foreach (var bad in new[] { null, "", ".", "..", "a.b.c", ticket + "A", ticket[..^1], new string('A', 100_000) })
            Assert.Equal("unauthenticated", await Refusal(bad));
        await Redeem(ticket);
    }

    [Fact]
    public async Task Another_servers_ticket_is_refused()
    {
        var caller = _app.Accept(_app.Token());
        Assert.True(new Tickets(SigningKey.InMemory(), _store, _app.Clock).Issue(caller).Is(out var ticket, out _));

        Assert.Equal("unauthenticated", await Refusal(ticket.Ticket));
    }

    [Fact]
    public async Task A_ticket_with_another_header_is_refused_even_with_the_right_key()
    {
        var ticket = Issue(_app.Accept(_app.Token())).Ticket;
        var forged = Application.Compact(
            """{"typ":"hubbub-ticket","alg":"HS256"}""",
            Application.Decode(ticket.Split('.')[1]),
            input => HMACSHA256.HashData(_app.Key.Derive("ticket"), input));

        Assert.Equal("unauthenticated", await Refusal(forged));
    }

    [Fact]
    public void A_ticket_does_not_contain_the_token()
    {
        var token = _app.Token();
        var ticket = Issue(_app.Accept(token)).Ticket;

        Assert.All(token.Split('.'), part => Assert.DoesNotContain(part, ticket, StringComparison.Ordinal));
    }

    private IssuedTicket Issue(Caller caller)
    {
        Assert.True(_tickets.Issue(caller).Is(out var ticket, out _));
        return ticket;
    }

    private async Task<Caller> Redeem(string ticket)
    {
        Assert.True((await _tickets.RedeemAsync(ticket, CancellationToken.None)).Is(out var caller, out _));
        return caller;
    }

    private async Task<string> Refusal(string? ticket)
    {
        Assert.False((await _tickets.RedeemAsync(ticket, CancellationToken.None)).Is(out _, out var refusal));
        Assert.Equal(401, refusal!.Status);
        return refusal.Code;
    }
}
