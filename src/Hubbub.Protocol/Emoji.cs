using System.Buffers;
using System.Globalization;
using System.Text;

namespace Hubbub.Protocol;

/// <summary>What a reaction may be: one emoji, or the name of one, <c>:name:</c>.</summary>
public static class Emoji
{
    /// <summary>In bytes of UTF-8; the longest of Unicode's own, a family, has some 40.</summary>
    public const int MaxBytes = 64;

    public const int MaxNameLength = 32;

    private const int ZeroWidthJoiner = 0x200D;
    private const int AsText = 0xFE0E;
    private const int AsEmoji = 0xFE0F;
    private const int Keycap = 0x20E3;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_+-");

    public static bool IsOne(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > MaxBytes || Encoding.UTF8.GetByteCount(text) > MaxBytes)
            return false;
        return text[0] == ':' ? IsName(text) : IsCluster(text);
    }

    private static bool IsName(string text) =>
        text.Length is > 2 and <= MaxNameLength + 2 && text[^1] == ':' && !text.AsSpan(1, text.Length - 2).ContainsAnyExcept(NameCharacters);

    /// <summary>
    /// One grapheme cluster (UAX #29) of emoji and of what joins and colours them (UTS #51). .NET does not know which code points are emoji; those that are shown as pictures are nearly all among the
    /// symbols, so a symbol that is no emoji gets through here, and neither a letter nor a combining mark does.
    /// </summary>
    private static bool IsCluster(string text)
    {
        if (StringInfo.GetNextTextElementLength(text) != text.Length)
            return false;
        if (text[0] is >= '0' and <= '9' or '#' or '*')
            return text[1..] is "\u20e3" or "\ufe0f\u20e3";
        var isFirst = true;
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsPicture(rune) && (isFirst || !IsJoiner(rune)))
                return false;
            isFirst = false;
        }

        return true;
    }

    private static bool IsPicture(Rune rune) => rune.Value switch
    {
        // A replacement character stands for half a surrogate pair; the flags of countries are symbols too.
        0xFFFD => false,
        0x203C or 0x2049 or 0x2139 or 0x3030 => true,
        _ => Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.OtherSymbol => true,
            UnicodeCategory.MathSymbol => rune.Value >= 0x2190,
            UnicodeCategory.OtherNotAssigned => rune.Value is >= 0x1F000 and <= 0x1FAFF,
            _ => false,
        },
    };

    private static bool IsJoiner(Rune rune) => rune.Value is ZeroWidthJoiner or AsText or AsEmoji or Keycap or (>= 0x1F3FB and <= 0x1F3FF) or (>= 0xE0020 and <= 0xE007F);
}
