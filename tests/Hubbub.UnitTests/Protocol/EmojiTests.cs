using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Protocol;

public sealed class EmojiTests
{
    [Theory]
    [InlineData("👍")]
    [InlineData("👍🏽")]
    [InlineData("❤️")]
    [InlineData("❤")]
    [InlineData("👨‍👩‍👧‍👦")]
    [InlineData("🏳️‍🌈")]
    [InlineData("🏴󠁧󠁢󠁳󠁣󠁴󠁿")]
    [InlineData("🇩🇪")]
    [InlineData("1️⃣")]
    [InlineData("#️⃣")]
    [InlineData("‼️")]
    [InlineData("↔️")]
    [InlineData("©️")]
    [InlineData("⭐")]
    [InlineData(":tada:")]
    [InlineData(":+1:")]
    [InlineData(":a_b-c2:")]
    public void One_emoji_or_the_name_of_one_is_a_reaction(string text) => Assert.True(Emoji.IsOne(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a")]
    [InlineData("1")]
    [InlineData("é")]
    [InlineData("漢")]
    [InlineData("👍👍")]
    [InlineData("👍 ")]
    [InlineData("👍a")]
    [InlineData("a👍")]
    [InlineData("👍\u0335\u0335\u0335")]
    [InlineData("\u200d")]
    [InlineData("\ufe0f")]
    [InlineData("+")]
    [InlineData("<")]
    [InlineData("\u0000")]
    [InlineData("::")]
    [InlineData(":")]
    [InlineData(":Tada:")]
    [InlineData(":ta da:")]
    [InlineData(":a:b:")]
    [InlineData(":012345678901234567890123456789012:")]
    public void Nothing_else_is_one(string? text) => Assert.False(Emoji.IsOne(text));

    [Fact]
    public void Half_a_pair_and_more_than_the_limit_are_none()
    {
        Assert.False(Emoji.IsOne("\ud83d"));
        Assert.False(Emoji.IsOne(string.Join('\u200d', Enumerable.Repeat("👨", 10))));
        Assert.True(Emoji.IsOne(string.Join('\u200d', Enumerable.Repeat("👨", 9))));
    }
}
