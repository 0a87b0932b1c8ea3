using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

/// <summary>What an append does to the directory, in the same transaction.</summary>
public abstract partial class RoomLogContract
{
    [Fact]
    public async Task The_creator_of_a_room_is_its_owner()
    {
        await CreateAsync(Lobby, owner: Bob);

        Assert.Equal(new Membership(Bob, Role.Owner, Clock.GetUtcNow()), await StandingAsync(Bob));
    }

    [Fact]
    public async Task Joining_makes_a_member()
    {
        await CreateAsync(Lobby);
        Clock.Advance(TimeSpan.FromMinutes(1));

        await StoreAsync(Joining(Bob));

        Assert.Equal(new Membership(Bob, Role.Member, Clock.GetUtcNow()), await StandingAsync(Bob));
    }

    [Fact]
    public async Task Joining_again_in_the_same_role_changes_nothing()
    {
        await CreateAsync(Lobby);
        await StoreAsync(Joining(Bob));
        var before = await StandingAsync(Bob);
        Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Joining(Bob with { Name = "Robert" })));
        Assert.Equal(before, await StandingAsync(Bob));
        Assert.Equal(2, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task Joining_in_another_role_is_an_event_and_changes_role_name_and_time()
    {
        await CreateAsync(Lobby);
        await StoreAsync(Joining(Bob));
        Clock.Advance(TimeSpan.FromMinutes(1));
        var robert = Bob with { Name = "Robert" };

        await StoreAsync(Joining(robert, Role.Owner));

        Assert.Equal(new Membership(robert, Role.Owner, Clock.GetUtcNow()), await StandingAsync(Bob));
    }

    [Fact]
    public async Task Leaving_ends_a_membership_without_a_trace_in_the_directory()
    {
        await CreateAsync(Lobby);
        await StoreAsync(Joining(Bob));

        await StoreAsync(Leaving(Bob));

        Assert.Null(await StandingAsync(Bob));
        Assert.Equal(3, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task Leaving_of_a_user_who_is_no_member_changes_nothing()
    {
        await CreateAsync(Lobby);

        Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Leaving(Bob)));
        Assert.Equal(1, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task A_removed_user_is_remembered_without_a_role()
    {
        await CreateAsync(Lobby);
        await StoreAsync(Joining(Bob));
        Clock.Advance(TimeSpan.FromMinutes(1));

        await StoreAsync(Removing(Bob));

        var standing = await StandingAsync(Bob);
        Assert.Equal(new Membership(Bob, Role: null, Clock.GetUtcNow()), standing);
        Assert.True(standing!.IsRemoved);
    }

    [Fact]
    public async Task A_stranger_can_be_removed_so_that_they_are_kept_out()
    {
        await CreateAsync(Lobby);

        await StoreAsync(Removing(Eve));

        Assert.True((await StandingAsync(Eve))!.IsRemoved);
    }

    [Fact]
    public async Task Removing_a_removed_user_changes_nothing()
    {
        await CreateAsync(Lobby);
        await StoreAsync(Removing(Eve));

        Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Removing(Eve)));
        Assert.Equal(2, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task Leaving_does_not_free_a_removed_user()
    {
        await CreateAsync(Lobby);
        await StoreAsync(Removing(Eve));

        Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Leaving(Eve)));
        Assert.True((await StandingAsync(Eve))!.IsRemoved);
    }

    [Fact]
    public async Task A_removed_user_who_joins_is_a_member_again()
    {
        await CreateAsync(Lobby);
        await StoreAsync(Removing(Eve));

        await StoreAsync(Joining(Eve));

        Assert.Equal(Role.Member, (await StandingAsync(Eve))!.Role);
    }

    [Fact]
    public async Task A_keyed_join_that_is_repeated_gives_the_original_even_after_the_member_has_left()
    {
        await CreateAsync(Lobby);
        var joined = await StoreAsync(Joining(Bob) with { Key = "join-1" });
        Assert.Equal(AppendOutcome.Repeated(joined), await AppendOneAsync(Joining(Bob) with { Key = "join-1" }));
        await StoreAsync(Leaving(Bob));

        Assert.Equal(AppendOutcome.Repeated(joined), await AppendOneAsync(Joining(Bob) with { Key = "join-1" }));
        Assert.Null(await StandingAsync(Bob));
    }

    [Fact]
    public async Task A_key_used_for_a_post_is_refused_for_a_join_even_of_a_present_member()
    {
        await CreateAsync(Lobby);
        await StoreAsync(Post(Lobby, "x", key: "k"));

        Assert.Equal(Refusals.KeyReused, (await AppendOneAsync(Joining(Ann, Role.Owner) with { Key = "k" })).Refusal);
    }

    [Fact]
    public async Task Later_drafts_of_a_batch_see_what_earlier_ones_did_to_the_members()
    {
        var outcomes = await AppendAsync(Creation(Lobby), Joining(Bob), Joining(Bob), Leaving(Bob), Leaving(Bob), Removing(Bob), Removing(Bob));

        Assert.Equal([true, true, false, true, false, true, false], outcomes.Select(o => o.IsAppended));
        Assert.Equal(4, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task A_repeated_or_refused_draft_leaves_the_directory_alone()
    {
        await CreateAsync(Lobby);
        await StoreAsync(Draft(Lobby, new RoomRenamed("Second"), key: "k"));
        await StoreAsync(Draft(Lobby, new RoomRenamed("Third")));

        await AppendAsync(Draft(Lobby, new RoomRenamed("Second"), key: "k"), Draft(Lobby, new RoomRenamed("Fourth"), key: "k"));

        Assert.Equal("Third", (await Directory.FindAsync(Lobby, None))!.Name);
    }

    [Fact]
    public async Task Renaming_changes_the_name_and_nothing_else_of_the_room()
    {
        await CreateAsync(Attic, Visibility.Private);
        var before = (await Directory.FindAsync(Attic, None))!;
        Clock.Advance(TimeSpan.FromMinutes(1));

        var renamed = await StoreAsync(Draft(Attic, new RoomRenamed("Loft")));

        Assert.Equal(before with { Name = "Loft", Head = renamed.Position }, await Directory.FindAsync(Attic, None));
    }

    private ValueTask<Membership?> StandingAsync(User user) => Directory.MembershipAsync(Lobby, user.Id, None);

    private Draft Joining(User user, Role role = Role.Member) => Draft(Lobby, new MemberJoined(user, role));

    private Draft Leaving(User user) => Draft(Lobby, new MemberLeft(user, LeaveReason.Left));

    private Draft Removing(User user) => Draft(Lobby, new MemberLeft(user, LeaveReason.Removed));
}
