using System.Text.RegularExpressions;
using Hubbub.TestKit;

namespace Hubbub.UnitTests.Protocol;

/// <summary>What docs/protocol.md says about frames, read from its tables.</summary>
internal sealed partial class ProtocolPage
{
    private ProtocolPage(string text)
    {
        CommonFields = [.. Words(Section(text, "Common:", "\n"))];
        EventFields = Rows(Section(text, "| type | own fields |", "\n\n")).ToDictionary(r => r.Type, r => Words(WithoutAsides(r.Cell)).ToArray());
        ServerFrameWords = Rows(Section(text, "### Server frames", "\n\nThe sender"))
            .ToDictionary(r => r.Type, r => Words(r.Cell).ToArray());
    }

    /// <summary>The fields that every event has.</summary>
    public IReadOnlyList<string> CommonFields { get; }

    /// <summary>Each event type's own fields.</summary>
    public IReadOnlyDictionary<string, string[]> EventFields { get; }

    /// <summary>Everything in code letters in the row of each server frame: its fields, and some of their values.</summary>
    public IReadOnlyDictionary<string, string[]> ServerFrameWords { get; }

    public static ProtocolPage Read() => new(File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "protocol.md")));

    private static string Section(string text, string from, string to)
    {
        var start = text.IndexOf(from, StringComparison.Ordinal);
        var end = start < 0 ? -1 : text.IndexOf(to, start + from.Length, StringComparison.Ordinal);
        return end < 0 ? throw new InvalidDataException($"docs/protocol.md has no part that begins with '{from}'.") : text[start..end];
    }

    private static IEnumerable<(string Type, string Cell)> Rows(string table) => table.Split('\n')
        .Select(line => line.Split('|', 3))
        .Where(cells => cells.Length == 3 && cells[1].Contains('`'))
        .Select(cells => (Words(cells[1]).First(), cells[2]));

    /// <summary>Remarks in parentheses name values and conditions, not fields.</summary>
    private static string WithoutAsides(string text) => Aside().Replace(text, "");

    private static IEnumerable<string> Words(string text) => Code().Matches(text).Select(m => m.Groups[1].Value);

    [GeneratedRegex("`([A-Za-z_]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\([^)]*\)")]
    private static partial Regex Aside();
}
