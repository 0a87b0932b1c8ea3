using System.Globalization;
using System.Reflection;
using System.Text;

namespace Hubbub.Core.People;

/// <summary>
/// Under what a name is compared with others: compatibility forms, case, and characters that are not seen make no difference (Unicode's NFKC_Casefold, UAX 31, but decomposed, which is as good
/// for comparing). "Ann", "ＡＮＮ" and "a nn" with a space of no width are one name; one with a Cyrillic letter that looks the same is another, since telling those apart needs the eye's judgement and not a table's. Pure.
/// </summary>
/// <remarks>The framework's own normalisation does nothing where globalisation is invariant, without a word; hence a table of our own (folding.txt).</remarks>
public static class Folding
{
    private const int HangulFirst = 0xAC00;
    private const int HangulLast = 0xD7A3;

    private static readonly Lazy<Tables> Table = new(Tables.Read);

    /// <summary>The folded text, white space trimmed and each run of it one space; empty if nothing is seen of it. At most 18 times as long (U+FDFA).</summary>
    /// <param name="text">Valid UTF-16; half a surrogate pair becomes U+FFFD.</param>
    public static string Fold(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tables = Table.Value;
        var folded = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is >= HangulFirst and <= HangulLast)
                DecomposeHangul(rune.Value - HangulFirst, folded);
            else if (tables.Folds.TryGetValue(rune.Value, out var becomes))
                folded.AddRange(becomes);
            else
                folded.Add(rune.Value);
        }

        Order(folded, tables.Classes);
        return Write(folded);
    }

    /// <summary>Unicode 3.12: syllables are the product of their letters.</summary>
    private static void DecomposeHangul(int syllable, List<int> to)
    {
        to.Add(0x1100 + (syllable / 588));
        to.Add(0x1161 + (syllable % 588 / 28));
        if (syllable % 28 > 0)
            to.Add(0x11A7 + (syllable % 28));
    }

    /// <summary>Canonical order (Unicode 3.11, D109): marks behind a letter by their class, those of one class as they came.</summary>
    private static void Order(List<int> runes, Dictionary<int, int> classes)
    {
        for (var i = 1; i < runes.Count; i++)
        {
            var own = classes.GetValueOrDefault(runes[i]);
            for (var j = i; own > 0 && j > 0 && classes.GetValueOrDefault(runes[j - 1]) > own; j--)
                (runes[j - 1], runes[j]) = (runes[j], runes[j - 1]);
        }
    }

    private static string Write(List<int> runes)
    {
        var text = new StringBuilder(runes.Count);
        foreach (var value in runes)
        {
            var rune = new Rune(value);
            if (!Rune.IsWhiteSpace(rune))
                text.Append(rune.ToString());
            else if (text.Length > 0 && text[^1] != ' ')
                text.Append(' ');
        }

        return text.ToString().TrimEnd(' ');
    }

    private sealed record Tables(Dictionary<int, int[]> Folds, Dictionary<int, int> Classes)
    {
        public static Tables Read()
        {
            var tables = new Tables([], []);
            using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("Hubbub.Core.People.folding.txt")!);
            while (reader.ReadLine() is { } line)
            {
                if (line[0] != '#')
                    tables.Add(line);
            }

            return tables;
        }

        private void Add(string line)
        {
            var end = line.IndexOf(';', StringComparison.Ordinal);
            var where = line.AsSpan(1, end - 1);
            var values = line[(end + 1)..];
            var dash = where.IndexOf('-');
            var (first, last) = dash < 0 ? (Hex(where), Hex(where)) : (Hex(where[..dash]), Hex(where[(dash + 1)..]));
            var counts = values.EndsWith('+');
            var to = values.TrimEnd('+').Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => Hex(v)).ToArray();
            for (var code = first; code <= last; code++)
            {
                if (line[0] == 'c')
                    Classes.Add(code, to[0] + (counts ? code - first : 0));
                else
                    Folds.Add(code, counts ? [to[0] + code - first] : to);
            }
        }

        private static int Hex(ReadOnlySpan<char> text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
