using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Rooms;

public sealed class InvitationsTests
{
    [Fact]
    public void A_link_makes_anyone_who_has_it_a_member_of_a_private_room() => Run(async (node, invitations) =>
    {
        var made = OneNode.Expect(await invitations.MakeAsync(OneNode.Caller("owner"), OneNode.Room, null, default));
        foreach (var name in new[] { "anna", "bert", "anna" })
        {
            var standing = OneNode.Expect(await invitations.AcceptAsync(OneNode.Caller(name), made.Token, default));
            Assert.Equal((OneNode.Room, Role.Member), (standing.Room.Id, standing.Role));
        }

        Assert.Equal(3, (await node.Store.FindAsync(OneNode.Room, default))!.Head.Sequence);
        Assert.Equal(OneNode.Room, OneNode.Expect(await invitations.LookAsync(made.Token, default)).Room.Id);
    });

    [Fact]
    public void An_owner_who_follows_a_link_stays_an_owner() => Run(async (node, invitations) =>
    {
        var made = OneNode.Expect(await invitations.MakeAsync(OneNode.Caller("owner"), OneNode.Room, null, default));
        Assert.Equal(Role.Owner, OneNode.Expect(await invitations.AcceptAsync(OneNode.Caller("owner"), made.Token, default)).Role);
        Assert.Equal(1, (await node.Store.FindAsync(OneNode.Room, default))!.Head.Sequence);
    });

    [Fact]
    public void A_link_brings_back_whoever_was_removed() => Run(async (node, invitations) =>
    {
        var made = OneNode.Expect(await invitations.MakeAsync(OneNode.Caller("owner"), OneNode.Room, null, default));
        OneNode.Expect(await invitations.AcceptAsync(OneNode.Caller("anna"), made.Token, default));
        Assert.Null(await node.Node.Members.RemoveAsync(OneNode.Caller("owner"), OneNode.Room, UserId.Parse("anna"), default));
        Assert.Equal(Role.Member, OneNode.Expect(await invitations.AcceptAsync(OneNode.Caller("anna"), made.Token, default)).Role);
    });

    [Fact]
    public void A_link_ends_with_its_time_or_when_it_is_revoked() => Run(async (node, invitations) =>
    {
        var owner = OneNode.Caller("owner");
        var brief = OneNode.Expect(await invitations.MakeAsync(owner, OneNode.Room, TimeSpan.FromMinutes(1), default));
        var lasting = OneNode.Expect(await invitations.MakeAsync(owner, OneNode.Room, null, default));
        Assert.Equal(2, OneNode.Expect(await invitations.ListAsync(owner, OneNode.Room, default)).Count);
        await node.Sim.Delay(TimeSpan.FromMinutes(1));
        Assert.Equal(Refusals.Gone, OneNode.ExpectRefusal(await invitations.AcceptAsync(OneNode.Caller("anna"), brief.Token, default)));
        Assert.Equal(lasting.Invitation, Assert.Single(OneNode.Expect(await invitations.ListAsync(owner, OneNode.Room, default))));
        Assert.Null(await invitations.RevokeAsync(owner, OneNode.Room, lasting.Invitation.Id, default));
        Assert.Equal(Refusals.Gone, OneNode.ExpectRefusal(await invitations.AcceptAsync(OneNode.Caller("anna"), lasting.Token, default)));
        Assert.Empty(OneNode.Expect(await invitations.ListAsync(owner, OneNode.Room, default)));
        Assert.Equal(Refusals.InvitationNotFound, await invitations.RevokeAsync(owner, OneNode.Room, "i-unknown", default));
    });

    [Fact]
    public void Only_owners_make_list_and_revoke_links() => Run(async (node, invitations) =>
    {
        var made = OneNode.Expect(await invitations.MakeAsync(OneNode.Caller("owner"), OneNode.Room, null, default));
        OneNode.Expect(await invitations.AcceptAsync(OneNode.Caller("anna"), made.Token, default));
        Assert.Equal("forbidden", OneNode.ExpectRefusal(await invitations.MakeAsync(OneNode.Caller("anna"), OneNode.Room, null, default)).Code);
        Assert.Equal("forbidden", OneNode.ExpectRefusal(await invitations.ListAsync(OneNode.Caller("anna"), OneNode.Room, default)).Code);
        Assert.Equal("not_found", (await invitations.RevokeAsync(OneNode.Caller("stranger"), OneNode.Room, made.Invitation.Id, default))?.Code);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(31 * 24 * 3600)]
    public void A_link_lives_from_a_second_to_thirty_days(int seconds) => Run(async (_, invitations) =>
        Assert.Equal("bad_request", OneNode.ExpectRefusal(
            await invitations.MakeAsync(OneNode.Caller("owner"), OneNode.Room, TimeSpan.FromSeconds(seconds), default)).Code));

    [Fact]
    public void A_token_is_known_to_nobody_but_its_maker_and_no_two_are_alike() => Run(async (node, invitations) =>
    {
        var tokens = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 100; i++)
        {
            var made = OneNode.Expect(await invitations.MakeAsync(OneNode.Caller("owner"), OneNode.Room, null, default));
            Assert.True(tokens.Add(made.Token));
            Assert.Equal(32, made.Token.Length);
            Assert.DoesNotContain(made.Token, made.Invitation.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(Refusals.InvitationNotFound, OneNode.ExpectRefusal(await invitations.LookAsync("guessed", default)));
        Assert.Null(await node.Store.FindInvitationAsync(tokens.First(), default));
    });

    private static void Run(Func<OneNode, Invitations, Task> story) => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room, Visibility.Private);
        await story(node, node.Node.Invitations);
    });
}
