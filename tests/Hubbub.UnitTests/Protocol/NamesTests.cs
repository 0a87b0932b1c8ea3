using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Protocol;

/// <summary>The forms of docs/protocol.md § 2: ids, names, keys and texts.</summary>
public sealed class NamesTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Z")]
    [InlineData("0")]
    [InlineData("room1")]
    [InlineData("team-a.b_c")]
    [InlineData("a--")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234")]
    public void A_room_id_is_read(string text)
    {
        Assert.True(RoomId.TryParse(text, out var id));
        Assert.Equal((text, text), (id.Value, id.ToString()));
        Assert.Equal(RoomId.Parse(text), id);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData(".a")]
    [InlineData("_a")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a@b")]
    [InlineData("a,b")]
    [InlineData("a:b")]
    [InlineData("a*")]
    [InlineData("a>")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    [InlineData("räume")]
    [InlineData("комната")]
    [InlineData("１")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void Whatever_else_is_no_room_id(string? text)
    {
        Assert.False(RoomId.TryParse(text, out _));
        Assert.Throws<FormatException>(() => RoomId.Parse(text!));
    }

    [Fact]
    public void An_id_that_was_never_given_has_no_value()
    {
        Assert.Throws<InvalidOperationException>(() => default(RoomId).Value);
        Assert.Throws<InvalidOperationException>(() => default(UserId).Value);
        Assert.Equal("", default(RoomId).ToString());
    }

    [Theory]
    [InlineData("u", true)]
    [InlineData("auth0|5f7c8ec7c33c6c004bbafe82", true)]
    [InlineData("someone@example.org", true)]
    [InlineData("~", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("with space", false)]
    [InlineData("tab\t", false)]
    [InlineData("bell\a", false)]
    [InlineData("del\u007f", false)]
    [InlineData("ü", false)]
    public void A_user_id_is_visible_ascii(string? text, bool isOne) => Assert.Equal(isOne, UserId.TryParse(text, out _));

    [Fact]
    public void User_ids_and_keys_have_at_most_128_characters()
    {
        Assert.True(UserId.TryParse(new string('x', 128), out _));
        Assert.False(UserId.TryParse(new string('x', 129), out _));
        Assert.Null(Texts.CheckKey(new string('x', 128)));
        Assert.Equal("bad_key", Texts.CheckKey(new string('x', 129))?.Code);
        Assert.Null(Texts.CheckKey(null));
        Assert.Equal("bad_key", Texts.CheckKey("")?.Code);
    }

    /// <summary>Test data does not carry half a surrogate pair: <c>?</c> stands for a high half, <c>!</c> for a low one.</summary>
    [Theory]
    [InlineData("hello", null)]
    [InlineData("tab\tand\r\nlines", null)]
    [InlineData("𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩‍👩‍👧", null)]
    [InlineData("right to left ‮ and zero width ​", null)]
    [InlineData("?!", null)]
    [InlineData(" x ", null)]
    [InlineData("", "bad_message")]
    [InlineData("   ", "bad_message")]
    [InlineData("\r\n\t", "bad_message")]
    [InlineData("\u2003\u00a0", "bad_message")]
    [InlineData("?", "bad_message")]
    [InlineData("!", "bad_message")]
    [InlineData("a?b", "bad_message")]
    [InlineData("!?", "bad_message")]
    [InlineData("ends with ?", "bad_message")]
    [InlineData("nul \0", "bad_message")]
    [InlineData("escape \u001b[31m", "bad_message")]
    [InlineData("vertical \v", "bad_message")]
    [InlineData("del \u007f", "bad_message")]
    [InlineData("next line \u0085", "bad_message")]
    public void A_message_is_text(string text, string? code) =>
        Assert.Equal(code, Texts.CheckMessage(text.Replace('?', '\ud83d').Replace('!', '\ude00'))?.Code);

    [Fact]
    public void A_message_is_measured_in_bytes_of_utf8()
    {
        Assert.Null(Texts.CheckMessage(new string('x', 16 * 1024)));
        Assert.Equal("too_large", Texts.CheckMessage(new string('x', (16 * 1024) + 1))?.Code);
        Assert.Null(Texts.CheckMessage(string.Concat(Enumerable.Repeat("😀", 4096))));
        Assert.Equal("too_large", Texts.CheckMessage(string.Concat(Enumerable.Repeat("😀", 4096)) + "!")?.Code);
        Assert.Equal("too_large", Texts.CheckMessage("four", maxBytes: 3)?.Code);
    }

    [Theory]
    [InlineData("Anna", null)]
    [InlineData("Ана Müller-Ōno", null)]
    [InlineData(null, "bad_name")]
    [InlineData("  ", "bad_name")]
    [InlineData("two\nlines", "bad_name")]
    [InlineData("tab\t", "bad_name")]
    [InlineData("\u009b", "bad_name")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234", null)]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345", "bad_name")]
    public void A_name_is_one_line_of_at_most_64_characters(string? name, string? code) => Assert.Equal(code, Texts.CheckName(name)?.Code);
}
