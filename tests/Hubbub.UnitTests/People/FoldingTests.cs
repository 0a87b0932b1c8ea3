using System.Text;
using Hubbub.Core.People;
using Xunit;

namespace Hubbub.UnitTests.People;

public sealed class FoldingTests
{
    [Theory]
    [InlineData("Ann", "ann")]
    [InlineData("ＡＮＮ", "ann")]
    [InlineData("  Ann \t Lee\u00a0 ", "ann lee")]
    [InlineData("a\u200bn\u00adn\ufe0f", "ann")]
    [InlineData("Straße", "strasse")]
    [InlineData("STRAẞE", "strasse")]
    [InlineData("ﬃ", "ffi")]
    [InlineData("Σίσυφος", "ΣΊΣΥΦΟΣ")]
    [InlineData("É", "e\u0301")]
    [InlineData("\u212b", "å")]
    [InlineData("İ", "i\u0307")]
    [InlineData("ſ", "S")]
    [InlineData("Ⅷ", "viii")]
    [InlineData("한글", "\u1112\u1161\u11ab\u1100\u1173\u11af")]
    [InlineData("ﾊﾟ", "パ")]
    [InlineData("a\u0323\u0307", "a\u0307\u0323")]
    [InlineData("𝕬𝖓𝖓", "ann")]
    public void Names_that_read_alike_fold_alike(string one, string other)
    {
        Assert.Equal(Folding.Fold(one), Folding.Fold(other));
        Assert.Equal(Folding.Fold(one), Folding.Fold(Folding.Fold(one)));
    }

    [Theory]
    [InlineData("Ann", "Anne")]
    [InlineData("Ann", "Änn")]
    [InlineData("Ann", "Аnn")]
    [InlineData("ı", "i")]
    [InlineData("A nn", "Ann")]
    [InlineData("q\u0307\u0307", "q\u0307")]
    public void Names_that_differ_to_the_eye_or_only_to_the_reader_fold_apart(string one, string other) => Assert.NotEqual(Folding.Fold(one), Folding.Fold(other));

    [Theory]
    [InlineData("")]
    [InlineData(" \t\u3000")]
    [InlineData("\u200b\u2060\ufeff\u00ad\u3164")]
    public void Of_what_is_not_seen_nothing_is_left(string name) => Assert.Equal("", Folding.Fold(name));

    [Fact]
    public void Every_character_folds_to_what_folds_no_further()
    {
        for (var code = 0; code <= 0x10FFFF; code++)
        {
            if (!Rune.IsValid(code))
                continue;
            var folded = Folding.Fold(new Rune(code).ToString());
            if (folded != Folding.Fold(folded) || folded.Length > 18)
                Assert.Fail($"U+{code:X4} folds to {folded}, and that to {Folding.Fold(folded)}");
        }
    }

    [Fact]
    public void Half_a_surrogate_pair_ends_nothing() => Assert.Equal("a\ufffd", Folding.Fold("A\ud800"));
}
