using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Rooms;

/// <summary>Who may do what: every act by everyone, and how fast a change is felt.</summary>
public sealed class RoomAccessTests
{
    private static readonly RoomId Private = RoomId.Parse("private");

    /// <summary>Standing, then for reading, posting, joining, and what only owners may: renaming, inviting, removing, deleting others' messages.</summary>
    public static TheoryData<string, bool, string, string> Matrix => new()
    {
        // who, private room?, read/post/join/report, owners' acts
        { "owner", false, "yes", "yes" },
        { "member", false, "yes", "forbidden" },
        { "stranger", false, "yes", "forbidden" },
        { "removed", false, "forbidden", "forbidden" },
        { "owner", true, "yes", "yes" },
        { "member", true, "yes", "forbidden" },
        { "stranger", true, "not_found", "not_found" },
        { "removed", true, "not_found", "not_found" },

        // A token that grants the room as a member, or as an owner, or grants only another.
        { "stranger+member", true, "yes", "forbidden" },
        { "stranger+owner", true, "yes", "yes" },
        { "stranger+owner", false, "yes", "yes" },
        { "member+owner", true, "yes", "yes" },
        { "owner+member", true, "yes", "yes" },
        { "owner+elsewhere", true, "not_found", "not_found" },
        { "owner+elsewhere", false, "not_found", "not_found" },

        // A removal stands above a grant: the room's own word is the last.
        { "removed+owner", false, "forbidden", "forbidden" },
        { "removed+owner", true, "forbidden", "forbidden" },

        // Expired tokens do nothing anywhere.
        { "expired", false, "token_expired", "token_expired" },
    };

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Each_act_is_judged_by_itself(string who, bool isPrivate, string use, string keep) => OneNode.Run(async node =>
    {
        var room = isPrivate ? Private : OneNode.Room;
        await node.CreateAsync(room, isPrivate ? Visibility.Private : Visibility.Public);
        await Store(node, room, new MemberJoined(OneNode.User("member"), Role.Member));
        await Store(node, room, new MemberLeft(OneNode.User("removed"), LeaveReason.Removed));
        foreach (var act in Enum.GetValues<Act>())
        {
            var outcome = await node.Node.Access.AuthoriseAsync(CallerOf(who, room), room, act, default);
            var expected = act is Act.Read or Act.Post or Act.Join or Act.Report ? use : keep;
            Assert.Equal(expected, outcome.Is(out _, out var refusal) ? "yes" : refusal.Code);
        }
    });

    [Fact]
    public void An_absent_room_and_a_forbidden_one_give_the_very_same_answer() => OneNode.Run(async node =>
    {
        await node.CreateAsync(Private, Visibility.Private);
        var forbidden = await node.Node.Access.AuthoriseAsync(OneNode.Caller("stranger"), Private, Act.Read, default);
        var absent = await node.Node.Access.AuthoriseAsync(OneNode.Caller("stranger"), RoomId.Parse("absent"), Act.Read, default);
        Assert.Equal(OneNode.ExpectRefusal(absent), OneNode.ExpectRefusal(forbidden));
    });

    [Fact]
    public void A_removal_on_this_node_takes_effect_with_its_commit() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        Assert.True((await node.Node.Access.AuthoriseAsync(OneNode.Caller("reader"), OneNode.Room, Act.Post, default)).Is(out _, out _));
        Assert.Null(await node.Node.Members.RemoveAsync(OneNode.Caller("owner"), OneNode.Room, UserId.Parse("reader"), default));
        Assert.Equal("forbidden", OneNode.ExpectRefusal(await node.Node.Access.AuthoriseAsync(OneNode.Caller("reader"), OneNode.Room, Act.Post, default)).Code);
    });

    [Fact]
    public void A_removal_on_another_node_takes_effect_within_a_second_and_at_once_when_judged_anew() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var access = node.Node.Access;
        var caller = OneNode.Caller("reader");
        Assert.True((await access.AuthoriseAsync(caller, OneNode.Room, Act.Read, default)).Is(out _, out _));
        await node.CommitElsewhereAsync(new MemberLeft(caller.User, LeaveReason.Removed));
        await node.Sim.Delay(RoomAccess.Freshness - TimeSpan.FromMilliseconds(1));
        Assert.True((await access.AuthoriseAsync(caller, OneNode.Room, Act.Read, default)).Is(out _, out _));
        await node.Sim.Delay(TimeSpan.FromMilliseconds(2));
        Assert.Equal("forbidden", OneNode.ExpectRefusal(await access.AuthoriseAsync(caller, OneNode.Room, Act.Read, default)).Code);

        var other = OneNode.Caller("other");
        Assert.True((await access.AuthoriseAsync(other, OneNode.Room, Act.Read, default)).Is(out _, out _));
        await node.CommitElsewhereAsync(new MemberLeft(other.User, LeaveReason.Removed));
        Assert.Equal("forbidden", OneNode.ExpectRefusal(await access.AuthoriseAnewAsync(other, OneNode.Room, Act.Read, default)).Code);
    });

    [Fact]
    public void A_look_during_which_something_changed_is_used_once_and_not_kept()
    {
        Pausing? directory = null;
        OneNode.Run(
            async node =>
            {
                await node.CreateAsync(OneNode.Room);
                var access = node.Node.Access;
                var caller = OneNode.Caller("reader");
                directory!.Pause = node.Sim.Delay(TimeSpan.FromMilliseconds(100));
                var looking = access.AuthoriseAsync(caller, OneNode.Room, Act.Read, default).AsTask();
                directory.Pause = null;
                Assert.Null(await node.Node.Members.RemoveAsync(OneNode.Caller("owner"), OneNode.Room, caller.User.Id, default));
                Assert.True((await looking).Is(out _, out _));
                Assert.Equal("forbidden", OneNode.ExpectRefusal(await access.AuthoriseAsync(caller, OneNode.Room, Act.Read, default)).Code);
            },
            new OneNode.Setup { Directory = store => directory = new Pausing(store) });
    }

    [Fact]
    public void Ten_thousand_posts_in_a_second_look_once_a_renamed_room_is_looked_at_again()
    {
        Counting? directory = null;
        OneNode.Run(
            async node =>
            {
                await node.CreateAsync(OneNode.Room);
                var access = node.Node.Access;
                directory!.Looks = 0;
                for (var i = 0; i < 10_000; i++)
                    await access.AuthoriseAsync(OneNode.Caller("reader"), OneNode.Room, Act.Post, default);
                Assert.Equal(1, directory.Looks);
                OneNode.Expect(await node.Node.Rooms.ChangeAsync(OneNode.Caller("owner"), OneNode.Room, new RoomChange("New name"), default));
                var standing = OneNode.Expect(await access.AuthoriseAsync(OneNode.Caller("reader"), OneNode.Room, Act.Post, default));
                Assert.Equal("New name", standing.Room.Name);
            },
            new OneNode.Setup { Directory = store => directory = new Counting(store) });
    }

    [Fact]
    public void A_renamed_room_costs_nothing_for_what_is_kept_about_others() => OneNode.Run(async node =>
    {
        const int Others = 5_000;
        await node.CreateAsync(OneNode.Room);
        var other = RoomId.Parse("other");
        await node.CreateAsync(other);
        var access = node.Node.Access;
        for (var i = 0; i < Others; i++)
            await access.AuthoriseAsync(OneNode.Caller($"reader-{i}"), other, Act.Read, default);
        var renamed = new RoomEvent(OneNode.Room, new Position(new Epoch(1), 2), OneNode.User("owner"), node.Sim.Time.GetUtcNow(), null, new RoomRenamed("New name"));
        access.Forget(renamed);

        var before = GC.GetAllocatedBytesForCurrentThread();
        access.Forget(renamed);

        // Whoever looks through all of them copies their keys first: 5 000 of at least 16 bytes.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Others);
    });

    [Theory]
    [InlineData("room1", "owner")]
    [InlineData("room2", null)]
    [InlineData("team-a", "member")]
    [InlineData("team-a-chiefs", "owner")]
    [InlineData("Team-a", null)]
    [InlineData("team-x", "owner")]
    public void A_grant_is_an_id_or_a_prefix_and_the_closest_wins(string room, string? role)
    {
        var grants = new RoomGrants(new Dictionary<string, Role>
        {
            ["room1"] = Role.Owner,
            ["team-*"] = Role.Member,
            ["team-a-*"] = Role.Owner,
            ["team-x"] = Role.Owner,
        });
        Assert.Equal(role, grants.TryFind(RoomId.Parse(room), out var found) ? found.ToString()!.ToLowerInvariant() : null);
    }

    private static Caller CallerOf(string who, RoomId room)
    {
        var (name, grant) = who.Split('+') switch { [var alone] => (alone, ""), var both => (both[0], both[1]) };
        var grants = grant switch
        {
            "member" => new RoomGrants(new Dictionary<string, Role> { [room.Value] = Role.Member }),
            "owner" => new RoomGrants(new Dictionary<string, Role> { [room.Value[..2] + "*"] = Role.Owner }),
            "elsewhere" => new RoomGrants(new Dictionary<string, Role> { ["elsewhere"] = Role.Owner }),
            _ => null,
        };
        return new Caller(OneNode.User(name), name == "expired" ? DateTimeOffset.MinValue : DateTimeOffset.MaxValue, grants);
    }

    private static async Task Store(OneNode node, RoomId room, EventContent content) =>
        Assert.True((await node.Store.AppendAsync([new Draft(room, OneNode.User("owner"), node.Sim.Time.GetUtcNow(), null, content)], default))[0].IsAppended);

    private sealed class Pausing(InMemoryStore store) : DirectoryAround(store)
    {
        public Task? Pause { get; set; }

        public override async ValueTask<Membership?> MembershipAsync(RoomId room, UserId user, CancellationToken ct)
        {
            var membership = await base.MembershipAsync(room, user, ct);
            if (Pause is { } pause)
                await pause;
            return membership;
        }
    }

    private sealed class Counting(InMemoryStore store) : DirectoryAround(store)
    {
        public int Looks { get; set; }

        public override ValueTask<Membership?> MembershipAsync(RoomId room, UserId user, CancellationToken ct)
        {
            Looks++;
            return base.MembershipAsync(room, user, ct);
        }
    }
}
