using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Rooms;

public sealed class MembersTests
{
    [Fact]
    public void Joining_twice_is_joining_once_and_an_owner_stays_one() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var first = OneNode.Expect(await node.Node.Members.JoinAsync(OneNode.Caller("anna"), OneNode.Room, default));
        await node.Sim.Delay(TimeSpan.FromSeconds(2));
        Assert.Equal(first, OneNode.Expect(await node.Node.Members.JoinAsync(OneNode.Caller("anna"), OneNode.Room, default)));
        Assert.Equal(Role.Owner, OneNode.Expect(await node.Node.Members.JoinAsync(OneNode.Caller("owner"), OneNode.Room, default)).Role);
        Assert.Equal(2, (await node.Store.FindAsync(OneNode.Room, default))!.Head.Sequence);
    });

    [Fact]
    public void Whoever_leaves_may_come_back_whoever_is_removed_may_not() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var (members, anna, owner) = (node.Node.Members, OneNode.Caller("anna"), OneNode.Caller("owner"));
        OneNode.Expect(await members.JoinAsync(anna, OneNode.Room, default));
        Assert.Null(await members.RemoveAsync(anna, OneNode.Room, anna.User.Id, default));
        Assert.Equal(Refusals.MemberNotFound, await members.RemoveAsync(anna, OneNode.Room, anna.User.Id, default));
        OneNode.Expect(await members.JoinAsync(anna, OneNode.Room, default));
        Assert.Null(await members.RemoveAsync(owner, OneNode.Room, anna.User.Id, default));
        Assert.Null(await members.RemoveAsync(owner, OneNode.Room, anna.User.Id, default));
        Assert.Equal("forbidden", OneNode.ExpectRefusal(await members.JoinAsync(anna, OneNode.Room, default)).Code);
    });

    [Fact]
    public void Only_owners_remove_others_and_strangers_can_be_kept_out_too() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var (members, stranger) = (node.Node.Members, UserId.Parse("stranger"));
        OneNode.Expect(await members.JoinAsync(OneNode.Caller("anna"), OneNode.Room, default));
        Assert.Equal("forbidden", (await members.RemoveAsync(OneNode.Caller("anna"), OneNode.Room, stranger, default))?.Code);
        Assert.Null(await members.RemoveAsync(OneNode.Caller("owner"), OneNode.Room, stranger, default));
        Assert.Equal("forbidden", OneNode.ExpectRefusal(await node.Node.Conversation.PostAsync(OneNode.Caller("stranger"), OneNode.Room, new NewMessage("hi"), default)).Code);
    });

    [Fact]
    public void A_member_of_a_private_room_who_leaves_is_outside() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room, Visibility.Private);
        Assert.Null(await node.Node.Members.RemoveAsync(OneNode.Caller("owner"), OneNode.Room, UserId.Parse("owner"), default));
        var refusal = await node.Node.Members.RemoveAsync(OneNode.Caller("owner"), OneNode.Room, UserId.Parse("owner"), default);
        Assert.Equal(Refusals.RoomNotFound, refusal);
        Assert.Equal(Refusals.RoomNotFound, OneNode.ExpectRefusal(await node.Node.Members.JoinAsync(OneNode.Caller("owner"), OneNode.Room, default)));
    });

    [Fact]
    public void A_grant_lets_its_bearer_join_with_its_role() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room, Visibility.Private);
        var caller = OneNode.Caller("anna", new RoomGrants(new Dictionary<string, Role> { ["ro*"] = Role.Owner }));
        Assert.Equal(Role.Owner, OneNode.Expect(await node.Node.Members.JoinAsync(caller, OneNode.Room, default)).Role);
    });
}
