using System.Globalization;
using System.Text;
using Hubbub.Core.Rooms;

namespace Hubbub.Core.Search;

/// <summary>
/// How a text becomes words, of a message and of a query alike, and so the same in every store: runs of letters, digits and the marks on them, accents of Latin, Greek and Cyrillic dropped, ligatures and wide letters
/// resolved, upper and lower case alike. Scripts without spaces between words are taken sign by sign, so that a part of a sentence is found as a phrase.
/// </summary>
public static class SearchWords
{
    /// <summary>What is longer is cut: nobody looks for the end of it.</summary>
    private const int MaxLength = 64;

    private const char FirstLigature = '\ufb00';
    private const char LastLigature = '\ufb06';

    /// <summary>Letters and digits as wide as Han: ０ to ｚ.</summary>
    private const char FirstWide = '\uff10';
    private const char LastWide = '\uff5a';
    private const int WideToAscii = 0xfee0;

    private static readonly string[] Ligatures = ["FF", "FI", "FL", "FFI", "FFL", "ST", "ST"];

    /// <summary>Changes with the rules above; an index of other rules is made anew.</summary>
    public const int Version = 1;

    public static List<SearchWord> Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = new List<SearchWord>();
        var start = -1;
        for (var i = 0; i < text.Length;)
        {
            var length = Rune.TryGetRuneAt(text, i, out var rune) ? rune.Utf16SequenceLength : 1;
            var kind = length == 1 && char.IsSurrogate(text[i]) ? Kind.None : KindOf(rune, start >= 0);
            if (kind != Kind.Part && start >= 0)
            {
                Add(words, text, start, i);
                start = -1;
            }

            if (kind == Kind.Whole)
                Add(words, text, i, i + length);
            else if (kind == Kind.Part && start < 0)
                start = i;
            i += length;
        }

        if (start >= 0)
            Add(words, text, start, text.Length);
        return words;
    }

    private static void Add(List<SearchWord> words, string text, int start, int end)
    {
        var word = Normal(text[start..end]);
        if (word.Length > 0)
            words.Add(new SearchWord(word, start, end));
    }

    private static string Normal(string word)
    {
        var upper = Folded.Of(word);
        if (Ascii.IsValid(upper))
            return Cut(upper);
        var normal = new StringBuilder(upper.Length);
        foreach (var c in upper)
        {
            // Accents that are signs of their own go as the others do.
            if (c is >= '\u0300' and <= '\u036f')
                continue;
            if (c is >= FirstLigature and <= LastLigature)
                normal.Append(Ligatures[c - FirstLigature]);
            else
                normal.Append(c is >= FirstWide and <= LastWide ? char.ToUpperInvariant((char)(c - WideToAscii)) : Accents.Drop(c));
        }

        return Cut(normal.ToString());
    }

    private static string Cut(string word) =>
        word.Length <= MaxLength ? word : word[..(char.IsHighSurrogate(word[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];

    private static Kind KindOf(Rune rune, bool isWithin)
    {
        if (IsWithoutSpaces(rune.Value))
            return Kind.Whole;
        if (Rune.IsLetterOrDigit(rune))
            return Kind.Part;
        return isWithin && IsMark(Rune.GetUnicodeCategory(rune)) ? Kind.Part : Kind.None;
    }

    private static bool IsMark(UnicodeCategory category) =>
        category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    /// <summary>Thai, Lao, Khmer and Burmese; kana, bopomofo, Han.</summary>
    private static bool IsWithoutSpaces(int value) =>
        value is (>= 0x0e01 and <= 0x0eff and not (>= 0x0e50 and <= 0x0e59)) or (>= 0x1000 and <= 0x109f) or (>= 0x1780 and <= 0x17ff)
            or (>= 0x3041 and <= 0x312f) or (>= 0x31a0 and <= 0x31ff) or (>= 0x3400 and <= 0x4dbf) or (>= 0x4e00 and <= 0x9fff) or (>= 0xf900 and <= 0xfaff)
            or (>= 0x20000 and <= 0x3ffff);

    private enum Kind
    {
        /// <summary>Between words.</summary>
        None,

        /// <summary>Of a word with its neighbours.</summary>
        Part,

        /// <summary>A word by itself.</summary>
        Whole,
    }
}

/// <summary>A word of a text.</summary>
/// <param name="Text">In the form in which words are compared: letters and digits, and nothing that means anything to a database.</param>
/// <param name="Start">Where it begins in the text, in UTF-16 units.</param>
/// <param name="End">Where it has ended.</param>
public readonly record struct SearchWord(string Text, int Start, int End);
