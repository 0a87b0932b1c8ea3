using Hubbub.Core.People;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

/// <content>Profiles, pictures and blocks.</content>
public abstract partial class PeopleContract
{
    private static readonly Avatar Picture = new("00ff", "image/png", new byte[] { 1, 0, 2, 255 });

    private DateTimeOffset LongAgo => Clock.GetUtcNow() - TimeSpan.FromDays(60);

    [Fact]
    public async Task Nothing_is_known_of_whom_nobody_has_seen()
    {
        Assert.Null(await People.ProfileAsync(Ann.Id, None));
        Assert.Empty(await People.ProfilesAsync([Ann.Id, Bob.Id], None));
        Assert.Empty(await People.BlocksAsync(Ann.Id, None));
        Assert.Null(await People.AvatarAsync("00ff", None));
    }

    [Fact]
    public async Task An_account_has_a_profile_from_the_beginning()
    {
        await CreateAsync(AccountOf(Ann));

        Assert.Equal(new Profile(Ann, true, null, null, Clock.GetUtcNow(), Clock.GetUtcNow()), await People.ProfileAsync(Ann.Id, None));
    }

    [Fact]
    public async Task Who_is_seen_has_the_name_of_then_and_is_present_for_as_long_as_is_said()
    {
        var first = Clock.GetUtcNow();
        await People.SeeAsync([new Sighting(Ann, first, first + TimeSpan.FromMinutes(2)), new Sighting(Bob, first, first)], LongAgo, None);
        Clock.Advance(TimeSpan.FromMinutes(1));
        await People.SeeAsync([new Sighting(Ann with { Name = "Anna" }, Clock.GetUtcNow(), Clock.GetUtcNow())], LongAgo, None);

        Assert.Equal(new Profile(Ann with { Name = "Anna" }, false, null, null, Clock.GetUtcNow(), Clock.GetUtcNow()), await People.ProfileAsync(Ann.Id, None));
        Assert.Equal(new Profile(Bob, false, null, null, first, first), await People.ProfileAsync(Bob.Id, None));

        // Of several at once, those of whom there is something to tell, and each once.
        var both = await People.ProfilesAsync([Bob.Id, Carol.Id, Ann.Id, Bob.Id], None);
        Assert.Equal([(await People.ProfileAsync(Ann.Id, None))!, (await People.ProfileAsync(Bob.Id, None))!], both.OrderBy(p => p.User.Id.Value, StringComparer.Ordinal));

        // A sighting that comes late from another node is no news.
        await People.SeeAsync([new Sighting(Ann with { Name = "Anna" }, first, Clock.GetUtcNow())], LongAgo, None);
        Assert.Equal(Clock.GetUtcNow(), (await People.ProfileAsync(Ann.Id, None))!.LastSeen);
    }

    [Fact]
    public async Task Who_is_seen_with_an_older_token_keeps_the_name_that_was_given_since()
    {
        await ChangeAsync(Ann, new ProfileChange(Name: "Anna"));
        await People.SeeAsync([new Sighting(Ann, Clock.GetUtcNow(), Clock.GetUtcNow())], LongAgo, None);

        Assert.Equal("Anna", (await People.ProfileAsync(Ann.Id, None))!.User.Name);
    }

    [Fact]
    public async Task What_is_not_said_in_a_change_stays_as_it_is()
    {
        Assert.True(await ChangeAsync(Ann, new ProfileChange(Color: "#00ff7f")));
        Assert.True(await ChangeAsync(Ann, new ProfileChange(Name: "Anna")));

        Assert.Equal(("Anna", "#00ff7f"), await ShownAsync(Ann.Id));
        Assert.True(await ChangeAsync(Ann, new ProfileChange(Color: "")));
        Assert.Equal(("Anna", null), await ShownAsync(Ann.Id));
        Assert.True(await ChangeAsync(Ann, new ProfileChange()));
        Assert.Equal(("Anna", null), await ShownAsync(Ann.Id));
    }

    [Fact]
    public async Task A_new_name_is_an_amendment_that_keeps_the_generation_and_a_sign_out_keeps_the_name()
    {
        await People.SignOutAsync(Ann.Id, Later, None);
        await ChangeAsync(Ann, new ProfileChange(Name: "Anna"));
        Assert.Equal((1, "Anna"), await AmendmentAsync());
        await People.SignOutAsync(Ann.Id, Later, None);
        Assert.Equal((2, "Anna"), await AmendmentAsync());
        await ChangeAsync(Ann, new ProfileChange(Color: "#000000"));
        Assert.Equal((2, "Anna"), await AmendmentAsync());

        async Task<(long, string?)> AmendmentAsync() => Assert.Single((await People.AmendmentsAsync(0, 10, None)).Select(a => (a.Generation, a.Name)));
    }

    [Fact]
    public async Task An_account_that_is_called_otherwise_signs_in_by_the_new_name_and_the_old_is_free()
    {
        await CreateAsync(AccountOf(Ann));
        await CreateAsync(AccountOf(Bob));

        Assert.False(await ChangeAsync(Ann, new ProfileChange(Name: "BOB", Color: "#000000")));
        Assert.Equal(("Ann", null), await ShownAsync(Ann.Id));
        Assert.Empty(await People.AmendmentsAsync(0, 10, None));
        Assert.True(await ChangeAsync(Ann, new ProfileChange(Name: "ANN")));
        Assert.True(await ChangeAsync(Ann, new ProfileChange(Name: "Anna")));

        Assert.Null(await People.FindByNameAsync(AccountRules.KeyOf("Ann"), None));
        Assert.Equal("Anna", (await People.FindByNameAsync(AccountRules.KeyOf("anna"), None))!.User.Name);
        Assert.Equal("Anna", (await People.FindAsync(Ann.Id, None))!.User.Name);
        Assert.True(await ChangeAsync(Bob, new ProfileChange(Name: "Ann")));
    }

    [Fact]
    public async Task A_name_that_is_the_handle_too_stays_the_accounts()
    {
        await CreateAsync(AccountOf(Ann, handle: "ann"));

        Assert.True(await ChangeAsync(Ann, new ProfileChange(Name: "Anna")));

        Assert.Equal(Ann.Id, (await People.FindByNameAsync(AccountRules.KeyOf("ann"), None))!.User.Id);
        Assert.False(await ChangeAsync(Bob, new ProfileChange(Name: "Ann")));
    }

    [Fact]
    public async Task A_guest_takes_no_accounts_name_and_keeps_none()
    {
        await CreateAsync(AccountOf(Ann));

        Assert.False(await ChangeAsync(Bob, new ProfileChange(Name: "ann")));
        Assert.True(await ChangeAsync(Bob, new ProfileChange(Name: "Eve")));

        await CreateAsync(AccountOf(Eve));
    }

    [Fact]
    public async Task A_picture_is_kept_byte_for_byte_until_another_takes_its_place()
    {
        await People.SetAvatarAsync(Ann, Picture, Clock.GetUtcNow(), None);
        await People.SetAvatarAsync(Bob, Picture, Clock.GetUtcNow(), None);

        var kept = await People.AvatarAsync("00ff", None);
        Assert.Equal(("00ff", "image/png"), (kept!.Hash, kept.MediaType));
        Assert.Equal(Picture.Bytes.ToArray(), kept.Bytes.ToArray());
        Assert.Equal("00ff", (await People.ProfileAsync(Ann.Id, None))!.Avatar);
        Assert.Equal("Ann", (await People.ProfileAsync(Ann.Id, None))!.User.Name);

        await People.SetAvatarAsync(Ann, Picture with { Hash = "11" }, Clock.GetUtcNow(), None);
        Assert.Equal("11", (await People.ProfileAsync(Ann.Id, None))!.Avatar);
        Assert.NotNull(await People.AvatarAsync("00ff", None));
        await People.SetAvatarAsync(Bob, null, Clock.GetUtcNow(), None);
        Assert.Null(await People.AvatarAsync("00ff", None));
        Assert.Null((await People.ProfileAsync(Bob.Id, None))!.Avatar);
    }

    [Fact]
    public async Task A_picture_may_have_half_a_mebibyte()
    {
        var bytes = new byte[512 * 1024];
        new Random(1).NextBytes(bytes);

        await People.SetAvatarAsync(Ann, new Avatar("22", "image/webp", bytes), Clock.GetUtcNow(), None);

        Assert.Equal(bytes, (await People.AvatarAsync("22", None))!.Bytes.ToArray());
    }

    [Fact]
    public async Task Whom_nobody_has_seen_for_long_is_forgotten_whole_unless_they_have_an_account()
    {
        await CreateAsync(AccountOf(Ann));
        foreach (var user in new[] { Ann, Bob })
        {
            await ChangeAsync(user, new ProfileChange(Color: "#ffffff"));
            await People.SetAvatarAsync(user, Picture with { Hash = user.Id.Value }, Clock.GetUtcNow(), None);
            await People.BlockAsync(user.Id, Eve.Id, Clock.GetUtcNow(), None);
        }

        Clock.Advance(TimeSpan.FromDays(61));
        await People.SeeAsync([new Sighting(Eve, Clock.GetUtcNow(), Clock.GetUtcNow())], LongAgo, None);

        Assert.Null(await People.ProfileAsync(Bob.Id, None));
        Assert.Null(await People.AvatarAsync("bob", None));
        Assert.Empty(await People.BlocksAsync(Bob.Id, None));
        Assert.Equal("#ffffff", (await People.ProfileAsync(Ann.Id, None))!.Color);
        Assert.NotNull(await People.AvatarAsync("ann", None));
        Assert.Single(await People.BlocksAsync(Ann.Id, None));
    }

    [Fact]
    public async Task A_block_is_the_blockers_and_holds_between_both()
    {
        var first = Clock.GetUtcNow();
        Assert.True(await People.BlockAsync(Ann.Id, Eve.Id, first, None));
        Assert.True(await People.BlockAsync(Ann.Id, Bob.Id, first, None));
        Clock.Advance(TimeSpan.FromHours(1));
        Assert.True(await People.BlockAsync(Ann.Id, Bob.Id, Clock.GetUtcNow(), None));

        Assert.Equal([new Block(Bob.Id, first), new Block(Eve.Id, first)], await People.BlocksAsync(Ann.Id, None));
        Assert.Empty(await People.BlocksAsync(Bob.Id, None));
        Assert.True(await People.IsBlockedAsync(Ann.Id, [Bob.Id], None));
        Assert.True(await People.IsBlockedAsync(Bob.Id, [Ann.Id], None));
        Assert.False(await People.IsBlockedAsync(Bob.Id, [Eve.Id], None));
        Assert.True(await People.IsBlockedAsync(Eve.Id, [Bob.Id, Ann.Id], None));
        Assert.False(await People.IsBlockedAsync(Ann.Id, [], None));

        await People.UnblockAsync(Ann.Id, Bob.Id, None);
        await People.UnblockAsync(Ann.Id, Bob.Id, None);
        Assert.False(await People.IsBlockedAsync(Bob.Id, [Ann.Id], None));
        Assert.Equal(Eve.Id, Assert.Single(await People.BlocksAsync(Ann.Id, None)).User);
    }

    [Fact]
    public async Task One_blocks_so_many_and_no_more()
    {
        for (var i = 0; i < AccountRules.MaxBlocks; i++)
            Assert.True(await People.BlockAsync(Ann.Id, UserId.Parse($"u{i}"), Clock.GetUtcNow(), None));

        Assert.False(await People.BlockAsync(Ann.Id, Bob.Id, Clock.GetUtcNow(), None));
        Assert.True(await People.BlockAsync(Ann.Id, UserId.Parse("u0"), Clock.GetUtcNow(), None));
        Assert.True(await People.BlockAsync(Bob.Id, Ann.Id, Clock.GetUtcNow(), None));
        Assert.Equal(AccountRules.MaxBlocks, (await People.BlocksAsync(Ann.Id, None)).Count);
    }

    private ValueTask<bool> ChangeAsync(User user, ProfileChange change) => People.ChangeProfileAsync(user, change, Clock.GetUtcNow(), Later, None);

    private async Task<(string Name, string? Color)> ShownAsync(UserId user)
    {
        var profile = await People.ProfileAsync(user, None);
        return (profile!.User.Name, profile.Color);
    }
}
