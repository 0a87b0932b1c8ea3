using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Protocol;

public sealed class FileRulesTests
{
    [Theory]
    [InlineData("cat.png", "cat.png")]
    [InlineData(null, "file")]
    [InlineData("  . ", "file")]
    [InlineData("/etc/passwd", "passwd")]
    [InlineData("..\\..\\boot.ini", "boot.ini")]
    [InlineData("folder/", "file")]
    [InlineData("a\0b\u001Bc\u007Fd\u0085e.txt", "abcde.txt")]
    [InlineData("in\u202Evoice\u2066.\u200Fpdf", "invoice.pdf")]
    [InlineData("line\u2028and\u2029paragraph", "lineandparagraph")]
    [InlineData("half \ud800 pair", "half  pair")]
    [InlineData("\u00c5ngstr\u00f6m", "\u00c5ngstr\u00f6m")]
    [InlineData("con:prn|\"x\"?*<y>", "con_prn__x____y_")]
    [InlineData("\ud83d\udc69\u200d\ud83d\udcbb.png", "\ud83d\udc69\u200d\ud83d\udcbb.png")]
    [InlineData(".profile", "profile")]
    public void A_name_is_what_every_system_can_keep(string? given, string kept) => Assert.Equal(kept, FileRules.CleanName(given));

    [Fact]
    public void A_long_name_keeps_its_ending_and_no_half_a_character()
    {
        Assert.Equal(new string('x', 196) + ".png", FileRules.CleanName(new string('x', 5_000) + ".png"));
        Assert.Equal(200, FileRules.CleanName(new string('x', 300)).Length);
        var emoji = FileRules.CleanName(string.Concat(Enumerable.Repeat("\ud83d\ude00", 300)) + ".p");
        Assert.EndsWith("\ud83d\ude00.p", emoji, StringComparison.Ordinal);
        Assert.InRange(emoji.Length, 198, 200);
    }

    [Fact]
    public void Whatever_is_given_the_name_is_clean_and_cleaning_it_again_changes_nothing()
    {
        var random = new Random(26);
        for (var i = 0; i < 20_000; i++)
        {
            var name = FileRules.CleanName(new string([.. Enumerable.Range(0, random.Next(260)).Select(_ => (char)random.Next(random.Next(2) == 0 ? 0x80 : 0x1_0000))]));
            Assert.InRange(name.Length, 1, FileRules.MaxNameLength);
            Assert.True(name == FileRules.CleanName(name), $"seed 26, {i}: {name}");
            Assert.DoesNotContain(name, c => char.IsControl(c) || c is '/' or '\\' or '"');
        }
    }

    [Theory]
    [InlineData("0123456789abcdef0123456789abcdef", true)]
    [InlineData("0123456789ABCDEF0123456789abcdef", false)]
    [InlineData("0123456789abcdef0123456789abcde", false)]
    [InlineData("../3456789abcdef0123456789abcdef", false)]
    [InlineData(null, false)]
    public void An_id_is_thirty_two_hex_digits(string? text, bool isOne) => Assert.Equal(isOne, FileRules.IsId(text));
}
