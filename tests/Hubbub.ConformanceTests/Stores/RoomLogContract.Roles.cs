using Hubbub.Core.Log;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

/// <summary>What an append makes of roles, of those who are sent away, and of those who may not write.</summary>
public abstract partial class RoomLogContract
{
    [Theory]
    [InlineData(Role.Reader)]
    [InlineData(Role.Moderator)]
    [InlineData(Role.Owner)]
    public async Task A_member_s_role_is_changed_and_read_back(Role role)
    {
        await AppendAsync(Creation(Lobby), Draft(Lobby, new MemberJoined(Bob, Role.Member)));
        Clock.Advance(TimeSpan.FromMinutes(1));

        var changed = await StoreAsync(Draft(Lobby, new RoleChanged(Bob, role)));

        Assert.Equal(changed, (await ReadAsync(Lobby, after: 2)).Events[0]);
        Assert.Equal((role, Clock.GetUtcNow()), (await StandingAsync(Bob))! switch { var bob => (bob.Role, bob.Since) });
        Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Draft(Lobby, new RoleChanged(Bob, role))));
        Assert.Contains(await Directory.MembersAsync(Lobby, null, 10, None), member => member.User == Bob && member.Role == role);
    }

    [Fact]
    public async Task Who_is_no_member_has_no_role_to_change()
    {
        await AppendAsync(Creation(Lobby), Draft(Lobby, new MemberLeft(Eve, LeaveReason.Removed)));

        Assert.Equal(Refusals.MemberNotFound, (await AppendOneAsync(Draft(Lobby, new RoleChanged(Bob, Role.Member)))).Refusal);
        Assert.Equal(Refusals.MemberNotFound, (await AppendOneAsync(Draft(Lobby, new RoleChanged(Eve, Role.Member)))).Refusal);
        Assert.Equal(2, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task The_last_owner_stays_one_also_if_two_step_down_at_once()
    {
        await AppendAsync(Creation(Lobby), Draft(Lobby, new MemberJoined(Bob, Role.Member)));
        Assert.Equal(Refusals.LastOwner, (await AppendOneAsync(Draft(Lobby, new RoleChanged(Ann, Role.Member)))).Refusal);

        await StoreAsync(Draft(Lobby, new RoleChanged(Bob, Role.Owner)));
        var outcomes = await AppendAsync(Draft(Lobby, new RoleChanged(Ann, Role.Moderator)), Draft(Lobby, new RoleChanged(Bob, Role.Moderator), Bob));

        Assert.True(outcomes[0].IsAppended);
        Assert.Equal(Refusals.LastOwner, outcomes[1].Refusal);
        Assert.Equal(Role.Owner, (await StandingAsync(Bob))!.Role);
    }

    [Fact]
    public async Task Who_was_kicked_is_as_one_who_has_left()
    {
        await AppendAsync(Creation(Lobby), Draft(Lobby, new MemberJoined(Bob, Role.Member)));

        var kicked = await StoreAsync(Draft(Lobby, new MemberLeft(Bob, LeaveReason.Kicked)));

        Assert.Equal(kicked, (await ReadAsync(Lobby, after: 2)).Events[0]);
        Assert.Null(await StandingAsync(Bob));
        Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Draft(Lobby, new MemberLeft(Bob, LeaveReason.Kicked))));
        Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Draft(Lobby, new MemberLeft(Eve, LeaveReason.Kicked))));
    }

    [Fact]
    public async Task Who_is_muted_stays_so_whether_or_not_they_are_members()
    {
        await AppendAsync(Creation(Lobby), Creation(Attic), Draft(Lobby, new MemberJoined(Bob, Role.Member)));
        var (soon, late) = (Clock.GetUtcNow().AddMinutes(5), Clock.GetUtcNow().AddDays(30));
        Assert.True((await Directory.FindAsync(Lobby, None))!.MutedUntil < Clock.GetUtcNow());

        await AppendAsync(Draft(Lobby, new MemberMuted(Bob, late)), Draft(Lobby, new MemberMuted(Eve, soon)), Draft(Lobby, new MemberLeft(Bob, LeaveReason.Left)));

        Assert.Equal(late, await Directory.MutedUntilAsync(Lobby, Bob.Id, None));
        Assert.Equal(soon, await Directory.MutedUntilAsync(Lobby, Eve.Id, None));
        Assert.Equal(late, (await Directory.FindAsync(Lobby, None))!.MutedUntil);
        Assert.Null(await Directory.MutedUntilAsync(Lobby, Ann.Id, None));
        Assert.Null(await Directory.MutedUntilAsync(Attic, Bob.Id, None));
        Assert.Null(await Directory.MutedUntilAsync(Nowhere, Bob.Id, None));
    }

    [Fact]
    public async Task Who_is_muted_again_is_so_for_the_new_time_and_may_be_let_off()
    {
        await CreateAsync(Lobby);
        var (soon, late) = (Clock.GetUtcNow().AddMinutes(5), Clock.GetUtcNow().AddDays(30));
        await StoreAsync(Draft(Lobby, new MemberMuted(Bob, late)));
        await StoreAsync(Draft(Lobby, new MemberMuted(Bob, soon)));
        Assert.Equal(soon, await Directory.MutedUntilAsync(Lobby, Bob.Id, None));

        var unmuted = await StoreAsync(Draft(Lobby, new MemberUnmuted(Bob)));

        Assert.Equal(unmuted, (await ReadAsync(Lobby, after: 3)).Events[0]);
        Assert.Null(await Directory.MutedUntilAsync(Lobby, Bob.Id, None));
        Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Draft(Lobby, new MemberUnmuted(Bob))));
    }
}
