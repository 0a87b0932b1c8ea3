using System.Buffers;
using System.Globalization;
using System.Text;

namespace Hubbub.Protocol;

/// <summary>The rules for what people upload.</summary>
public static class FileRules
{
    /// <summary>The most files of one message.</summary>
    public const int MaxFilesOfMessage = 10;

    /// <summary>The longest name of a file, in UTF-16 units.</summary>
    public const int MaxNameLength = 200;

    /// <summary>The type of whatever is no picture that we know: no browser does anything with it.</summary>
    public const string InertType = "application/octet-stream";

    private const int IdLength = 32;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>Characters that are no part of a name on some system, or mean something in a shell or a header.</summary>
    private const string Unfit = "<>:\"|?*";

    /// <summary>Whether this may be the id of a file.</summary>
    public static bool IsId(string? text) => text is { Length: IdLength } && !text.AsSpan().ContainsAnyExcept(Digits);

    /// <summary>
    /// A name that every system can keep and no header or screen is fooled by: what stands behind the last slash, without control characters, marks of direction
    /// and invisible ones (but those that join letters), at most 200 units long with its ending kept. Never empty, never begins or ends with a dot or a space.
    /// </summary>
    public static string CleanName(string? given)
    {
        var clean = new StringBuilder();
        foreach (var rune in (given ?? "").EnumerateRunes())
        {
            if (rune.Value is '/' or '\\')
                clean.Clear();
            else if (rune.IsBmp && Unfit.Contains((char)rune.Value, StringComparison.Ordinal))
                clean.Append('_');
            else if (IsShown(rune))
                clean.Append(rune.ToString());
        }

        var name = clean.ToString().Trim(' ', '.');
        if (name.Length > MaxNameLength)
            name = Shorten(name);
        return name.Length == 0 ? "file" : name;
    }

    private static bool IsShown(Rune rune) => rune != Rune.ReplacementChar && (rune.Value is 0x200C or 0x200D || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate));

    private static string Shorten(string name)
    {
        var dot = name.LastIndexOf('.');
        var ending = dot > 0 && name.Length - dot <= 16 ? name[dot..] : "";
        var kept = MaxNameLength - ending.Length;
        if (char.IsLowSurrogate(name[kept]))
            kept--;
        return name[..kept].TrimEnd(' ', '.') + ending;
    }
}
