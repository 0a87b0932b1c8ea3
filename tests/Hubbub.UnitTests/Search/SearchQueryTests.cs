using Hubbub.Core.Search;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Search;

/// <summary>How texts become words and queries become conditions.</summary>
public sealed class SearchQueryTests
{
    [Theory]
    [InlineData("Hello, World!", "HELLO@0-5 WORLD@7-12")]
    [InlineData("  ", "")]
    [InlineData("🦉owl🦉", "OWL@2-5")]
    [InlineData("Ünïcode e\u0301", "UNICODE@0-7 E@8-10")]
    [InlineData("今日は", "今@0-1 日@1-2 は@2-3")]
    [InlineData("한국어 x", "한국어@0-3 X@4-5")]
    [InlineData("नमस्ते", "नमस्ते@0-6")]
    [InlineData("a1-b2_c3", "A1@0-2 B2@3-5 C3@6-8")]
    [InlineData("'\"@*", "")]
    [InlineData("²½", "")]
    [InlineData("Ångström ＡＢ１ ﬃ ΆΣΣΟΣ ёлка", "ANGSTROM@0-8 AB1@9-12 FFI@13-14 ΑΣΣΟΣ@15-20 ЕЛКА@21-25")]
    public void A_text_becomes_words_with_their_places(string text, string expected) => Assert.Equal(
        expected,
        string.Join(' ', SearchWords.Of(text).Select(w => $"{w.Text}@{w.Start}-{w.End}")));

    // Not among the lines above: attributes cannot hold it.
    [Fact]
    public void Half_a_pair_is_no_word() => Assert.Equal([new SearchWord("X", 1, 2)], SearchWords.Of("\ud800x\udc00"));

    [Fact]
    public void No_word_has_anything_but_letters_digits_and_marks_whatever_the_text()
    {
        var random = new Random(1);
        for (var i = 0; i < 2000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => (char)random.Next(1, 0x10000))]);
            foreach (var word in SearchWords.Of(text))
            {
                Assert.InRange(word.Text.Length, 1, 64);
                Assert.DoesNotContain(word.Text, c => c is '\'' or '"' or '\\' or ' ' or '@' or '*' || char.IsControl(c) || char.IsWhiteSpace(c) || (c < 128 && !char.IsAsciiLetterOrDigit(c)));
                Assert.InRange(word.Start, 0, word.End - 1);
                Assert.InRange(word.End, 1, text.Length);
            }
        }
    }

    [Fact]
    public void A_long_word_is_cut_and_no_pair_is_torn()
    {
        Assert.Equal(64, Assert.Single(SearchWords.Of(new string('x', 5000))).Text.Length);
        Assert.Equal(63, Assert.Single(SearchWords.Of("x" + string.Concat(Enumerable.Repeat("\U00010400", 100)))).Text.Length);
    }

    [Fact]
    public void A_query_says_words_phrases_senders_rooms_days_and_what_is_in_it()
    {
        var query = Read("Hello \"big World\" from:ann from:\"Bob B\" in:room1 after:2026-01-31 before:2026-03-01 has:LINK");

        Assert.Equal([["HELLO"], ["BIG", "WORLD"]], query.Phrases.Select(p => p.Words.ToArray()));
        Assert.Equal(["room1"], query.Rooms);
        Assert.Equal((new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero)), (query.From, query.Until));

        // Two for words, one for the link, and one for all senders: each by id or by name.
        Assert.Equal([1, 1, 1, 4], query.Clauses.Select(c => c.AnyOf.Count));
        Assert.Equal([1, 1, 1, 2], query.Clauses[3].AnyOf.Select(all => all.Count));
    }

    [Fact]
    public void What_is_no_condition_is_text()
    {
        Assert.Equal(["TO", "BOB"], Assert.Single(Read("to:bob").Phrases).Words);
        Assert.Equal(["HTTPS", "EXAMPLE", "ORG"], Assert.Single(Read("https://example.org").Phrases).Words);
        Assert.Equal(["OPEN", "QUOTE"], Assert.Single(Read("\"open quote").Phrases).Words);
        Assert.Equal(2, Read("don't x").Phrases.Count);
        Assert.Equal(["FROM"], Assert.Single(Read("from: x")!.Phrases.Take(1)).Words);
    }

    [Theory]
    [InlineData("owl", "An owl, OWL and owlet", "3-6 8-11")]
    [InlineData("\"a b\" \"b c\"", "a b c", "0-5")]
    [InlineData("caf\u00e9", "cafe\u0301 CAFÉ", "0-5 6-10")]
    [InlineData("from:ann", "from ann", "")]
    [InlineData("x", "", "")]
    public void Highlights_are_the_places_of_words_and_phrases_and_never_overlap(string query, string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', Read(query).Highlights(text).Select(h => $"{h.Start}-{h.End}")));

    [Fact]
    public void Highlights_are_few() => Assert.Equal(50, Read("x").Highlights(string.Join(' ', Enumerable.Repeat("x", 4000))).Count);

    [Fact]
    public void Changes_of_one_message_come_to_its_last_state()
    {
        var at = DateTimeOffset.UnixEpoch;
        var ann = new User(UserId.Parse("ann"), "Ann");
        var net = new NetChanges(
        [
            new MessageIndexed(1, ann, at, "one"), new MessageIndexed(2, ann, at, "two"), new MessageReplaced(1, "uno"), new MessageDropped(2), new MessageReplaced(2, "dos"),
            new MessageReplaced(-5, "five"), new MessageReplaced(-6, "six"), new MessageDropped(-6), new MessageReplaced(-6, "seis"), new MessageDropped(-7),
        ]);

        Assert.Equal([(1L, "uno")], net.Added.Select(m => (m.Message, m.Text)));
        Assert.Equal([(-5L, "five")], net.Replaced.Where(r => r.Key < 0).Select(r => (r.Key, r.Value)));
        Assert.Equal([-7L, -6L], net.Dropped.Order());
    }

    private static SearchQuery Read(string text) => OneNode.Expect(SearchQuery.Read(text));
}
