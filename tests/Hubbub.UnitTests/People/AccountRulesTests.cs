using Hubbub.Core.People;
using Xunit;

namespace Hubbub.UnitTests.People;

public sealed class AccountRulesTests
{
    [Fact]
    public void A_key_belongs_to_what_can_be_a_name_and_to_nothing_else()
    {
        Assert.Equal("ann", AccountRules.KeyOf("ANN"));
        Assert.Equal("", AccountRules.KeyOf(null));
        Assert.Equal("", AccountRules.KeyOf(""));
        Assert.Equal("", AccountRules.KeyOf("\u200b"));
        Assert.Equal("", AccountRules.KeyOf(new string('x', 65)));
        Assert.Equal(64, AccountRules.KeyOf(new string('x', 64)).Length);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("1234567", false)]
    [InlineData("12345678", true)]
    [InlineData("aaaaaaaa", true)]
    [InlineData("ann of g", false)]
    [InlineData("ANN OF G", false)]
    [InlineData("the-handle", false)]
    public void A_password_is_long_enough_and_not_the_name(string? password, bool isGood) =>
        Assert.Equal(isGood, AccountRules.CheckPassword(password, "Ann of G", "the-handle") is null);

    [Fact]
    public void A_password_has_at_most_128_characters()
    {
        Assert.Null(AccountRules.CheckPassword(new string('x', 128), "Ann"));
        Assert.Equal("bad_password", AccountRules.CheckPassword(new string('x', 129), "Ann")!.Code);
    }
}
