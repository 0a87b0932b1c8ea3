using Hubbub.Core.People;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

/// <summary>What every <see cref="IPeople"/> does.</summary>
public abstract partial class PeopleContract : StoreContract
{
    private IPeople People => KnownPeople;

    private DateTimeOffset Later => Clock.GetUtcNow() + TimeSpan.FromDays(30);

    [Fact]
    public async Task An_account_is_found_by_its_user_by_its_name_and_by_its_handle_as_it_was_made()
    {
        var account = AccountOf(Ann, handle: "Ann.1") with { CreatedAt = Clock.GetUtcNow() };

        Assert.Equal(Registration.Created, await People.CreateAsync(account, null, None));

        Assert.Equal(account, await People.FindAsync(Ann.Id, None));
        Assert.Equal(account, await People.FindByNameAsync(AccountRules.KeyOf("ann"), None));
        Assert.Equal(account, await People.FindByNameAsync(AccountRules.KeyOf("ann.1"), None));
        Assert.Null(await People.FindAsync(Bob.Id, None));
        Assert.Null(await People.FindByNameAsync("", None));
        Assert.Null(await People.FindByNameAsync("' OR 1=1 --", None));
    }

    [Fact]
    public async Task An_account_without_a_handle_has_none()
    {
        await CreateAsync(AccountOf(Ann));

        Assert.Null((await People.FindAsync(Ann.Id, None))!.Handle);
    }

    [Theory]
    [InlineData("Bob", "ann")]
    [InlineData("ANN", null)]
    [InlineData("ＡＮＮ", null)]
    [InlineData("Bob", "Ann.1")]
    [InlineData("ann.1", null)]
    [InlineData("A\u00ADnn", null)]
    public async Task A_name_or_handle_that_reads_like_anothers_name_or_handle_is_taken_and_nothing_is_kept(string name, string? handle)
    {
        await CreateAsync(AccountOf(Ann, handle: "ann.1"));

        Assert.Equal(Registration.NameTaken, await People.CreateAsync(AccountOf(Bob with { Name = name }, handle), null, None));

        Assert.Null(await People.FindAsync(Bob.Id, None));
        Assert.Equal(Registration.Created, await People.CreateAsync(AccountOf(Bob, "bob.1"), null, None));
    }

    [Fact]
    public async Task A_handle_may_be_the_accounts_own_name()
    {
        await CreateAsync(AccountOf(Ann, handle: "ANN"));

        Assert.Equal(Ann.Id, (await People.FindByNameAsync(AccountRules.KeyOf("ann"), None))!.User.Id);
    }

    [Fact]
    public async Task An_account_is_found_by_who_its_user_is_elsewhere_and_that_is_one_accounts()
    {
        var identity = new OutsideIdentity("https://id.example.com", "user/1");
        Assert.Equal(Registration.Created, await People.CreateAsync(AccountOf(Ann), identity, None));

        Assert.Equal(Registration.HasAccount, await People.CreateAsync(AccountOf(Bob), identity, None));

        Assert.Equal(Ann.Id, (await People.FindByIdentityAsync(identity, None))!.User.Id);
        Assert.Null(await People.FindAsync(Bob.Id, None));
        Assert.Null(await People.FindByNameAsync(AccountRules.KeyOf("bob"), None));
        Assert.Null(await People.FindByIdentityAsync(identity with { Issuer = "https://other.example.com" }, None));
        Assert.Null(await People.FindByIdentityAsync(identity with { Subject = "USER/1" }, None));
        Assert.Equal(Registration.Created, await People.CreateAsync(AccountOf(Bob), identity with { Subject = "user/2" }, None));
    }

    [Fact]
    public async Task A_user_has_one_account()
    {
        await CreateAsync(AccountOf(Ann));

        Assert.Equal(Registration.HasAccount, await People.CreateAsync(AccountOf(Ann with { Name = "Another" }), null, None));

        Assert.Equal("Ann", (await People.FindAsync(Ann.Id, None))!.User.Name);
        Assert.Null(await People.FindByNameAsync(AccountRules.KeyOf("another"), None));
    }

    [Fact]
    public async Task Of_many_who_want_one_name_at_once_one_gets_it()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => People.CreateAsync(AccountOf(new User(UserId.Parse($"g-{i}"), "Same")), null, None).AsTask()));

        Assert.Single(made, Registration.Created);
        Assert.Equal(7, made.Count(m => m == Registration.NameTaken));
        var owner = (await People.FindByNameAsync(AccountRules.KeyOf("same"), None))!.User.Id;
        Assert.Equal($"g-{Array.IndexOf(made, Registration.Created)}", owner.Value);
    }

    [Fact]
    public async Task A_password_is_changed_by_whoever_checked_the_present_one_and_the_tokens_of_before_end()
    {
        await CreateAsync(AccountOf(Ann));

        Assert.Null(await People.ChangePasswordAsync(Ann.Id, "another", "new", Later, None));
        Assert.Null(await People.ChangePasswordAsync(Bob.Id, "hash", "new", Later, None));
        Assert.Empty(await People.AmendmentsAsync(0, 10, None));
        Assert.Equal(1, await People.ChangePasswordAsync(Ann.Id, "hash", "new", Later, None));
        Assert.Null(await People.ChangePasswordAsync(Ann.Id, "hash", "newer", Later, None));

        var account = await People.FindAsync(Ann.Id, None);
        Assert.Equal(("new", 1), (account!.PasswordHash, account.Generation));
        Assert.Equal((Ann.Id, 1L, (string?)null, Later), Shape(Assert.Single(await People.AmendmentsAsync(0, 10, None))));
    }

    [Fact]
    public async Task Of_two_who_change_one_password_at_once_one_does()
    {
        await CreateAsync(AccountOf(Ann));

        var changed = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => People.ChangePasswordAsync(Ann.Id, "hash", $"new {i}", Later, None).AsTask()));

        Assert.Single(changed, (long?)1);
        Assert.Equal(3, changed.Count(c => c is null));
    }

    [Fact]
    public async Task Each_sign_out_everywhere_is_a_generation_with_an_account_and_without()
    {
        await CreateAsync(AccountOf(Ann));

        Assert.Equal(1, await People.SignOutAsync(Ann.Id, Later, None));
        Assert.Equal(1, await People.SignOutAsync(Bob.Id, Later, None));
        Assert.Equal(2, await People.SignOutAsync(Ann.Id, Later, None));
        Assert.Equal(2, await People.SignOutAsync(Bob.Id, Later, None));

        Assert.Equal(2, (await People.FindAsync(Ann.Id, None))!.Generation);
        Assert.Equal([(Ann.Id, 2), (Bob.Id, 2)], (await People.AmendmentsAsync(0, 10, None)).Select(a => (a.User, a.Generation)));
    }

    [Fact]
    public async Task A_guest_who_has_signed_out_everywhere_keeps_the_generation_in_the_account()
    {
        await People.SignOutAsync(Ann.Id, Later, None);

        await CreateAsync(AccountOf(Ann));

        Assert.Equal(1, (await People.FindAsync(Ann.Id, None))!.Generation);
        Assert.Equal(2, await People.SignOutAsync(Ann.Id, Later, None));
    }

    [Fact]
    public async Task Amendments_are_read_from_a_number_on_and_of_each_user_the_latest_is_told()
    {
        await People.SignOutAsync(Ann.Id, Later, None);
        await People.SignOutAsync(Bob.Id, Later, None);
        var first = await People.AmendmentsAsync(0, 1, None);
        var rest = await People.AmendmentsAsync(first[0].Number, 10, None);
        await People.SignOutAsync(Ann.Id, Later, None);

        Assert.Equal(Ann.Id, Assert.Single(first).User);
        Assert.Equal(Bob.Id, Assert.Single(rest).User);
        Assert.Equal((Ann.Id, 2), Assert.Single((await People.AmendmentsAsync(rest[^1].Number, 10, None)).Select(a => (a.User, a.Generation))));
        Assert.Empty(await People.AmendmentsAsync((await People.AmendmentsAsync(0, 10, None))[^1].Number, 10, None));
    }

    [Fact]
    public async Task Amendments_are_kept_until_the_last_token_has_expired_and_their_numbers_are_not_used_again()
    {
        await People.SignOutAsync(Ann.Id, Clock.GetUtcNow() + TimeSpan.FromDays(30), None);
        await People.SignOutAsync(Ann.Id, Clock.GetUtcNow() + TimeSpan.FromDays(1), None);
        var last = Assert.Single(await People.AmendmentsAsync(0, 10, None));
        Assert.Equal(Clock.GetUtcNow() + TimeSpan.FromDays(30), last.Until);

        Clock.Advance(TimeSpan.FromDays(31));
        await People.SignOutAsync(Bob.Id, Later, None);

        Assert.Equal(Bob.Id, Assert.Single(await People.AmendmentsAsync(0, 10, None)).User);
        Assert.Equal(Bob.Id, Assert.Single(await People.AmendmentsAsync(last.Number, 10, None)).User);
    }

    [Fact]
    public async Task Whoever_reads_amendments_while_many_are_written_misses_none()
    {
        const int Writers = 8;
        const int Each = 10;
        var seen = new HashSet<UserId>();
        long last = 0;
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            for (var i = 0; i < Each; i++)
                await People.SignOutAsync(UserId.Parse($"g-{writer}-{i}"), Later, None);
        }));
        while (!writing.IsCompleted)
            await ReadOnAsync();
        await writing;
        for (var before = -1; before != seen.Count;)
        {
            before = seen.Count;
            await ReadOnAsync();
        }

        Assert.Equal(Writers * Each, seen.Count);

        async Task ReadOnAsync()
        {
            foreach (var amendment in await People.AmendmentsAsync(last, 3, None))
            {
                Assert.True(amendment.Number > last);
                last = amendment.Number;
                seen.Add(amendment.User);
            }

            await Task.Yield();
        }
    }

    private static (UserId User, long Generation, string? Name, DateTimeOffset Until) Shape(Amendment a) => (a.User, a.Generation, a.Name, a.Until);

    private Account AccountOf(User user, string? handle = null) => new(user, handle, "hash", 0, Clock.GetUtcNow());

    private async Task CreateAsync(Account account) => Assert.Equal(Registration.Created, await People.CreateAsync(account, null, None));
}
