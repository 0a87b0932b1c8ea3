using System.Text;
using Hubbub.Protocol;

namespace Hubbub.Core.Search;

/// <summary>
/// What is known of a message besides its words, as terms of the same index: by whom, where, with what in it. They begin with <c>@</c>, which no word does, and hold ASCII letters and digits alone, so that a filter costs
/// what a word costs.
/// </summary>
public static class SearchFacts
{
    /// <summary>The message has a link in it.</summary>
    public const string Link = "@LINK";

    /// <summary>The message has a file with it.</summary>
    public const string File = "@FILE";

    public static string Sender(string id) => "@S" + Hex(id);

    /// <summary>One of the words of the sender's name.</summary>
    public static string SenderName(string word) => "@N" + Hex(word);

    public static string Room(RoomId room) => "@R" + Hex(room.Value);

    /// <summary>All facts of a message.</summary>
    public static IEnumerable<string> Of(RoomId room, User sender, string text, bool hasFile)
    {
        ArgumentNullException.ThrowIfNull(sender);
        ArgumentNullException.ThrowIfNull(text);
        yield return Room(room);
        yield return Sender(sender.Id.Value);
        foreach (var word in SearchWords.Of(sender.Name).Select(w => w.Text).Distinct())
            yield return SenderName(word);
        if (text.Contains("http://", StringComparison.OrdinalIgnoreCase) || text.Contains("https://", StringComparison.OrdinalIgnoreCase))
            yield return Link;
        if (hasFile)
            yield return File;
    }

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));
}
