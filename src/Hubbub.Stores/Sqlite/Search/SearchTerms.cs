using System.Text;
using Hubbub.Core.Search;
using Hubbub.Protocol;

namespace Hubbub.Stores.Sqlite.Search;

/// <summary>Messages and queries as FTS5 reads them. Terms hold letters, digits, marks and a leading @, so none of them can leave its quotes.</summary>
internal static class SearchTerms
{
    /// <summary>The words in their order, then the facts, with a space between.</summary>
    public static string Of(RoomId room, User sender, string text, bool hasFile) =>
        string.Join(' ', SearchWords.Of(text).Select(word => word.Text).Concat(SearchFacts.Of(room, sender, text, hasFile)));

    /// <param name="clauses">All of them must hold.</param>
    public static string Match(IEnumerable<SearchClause> clauses)
    {
        var match = new StringBuilder();
        foreach (var clause in clauses)
        {
            match.Append(match.Length > 0 ? " AND (" : "(");
            match.AppendJoin(" OR ", clause.AnyOf.Select(all => $"({string.Join(" AND ", all.Select(phrase => $"\"{string.Join(' ', phrase.Words)}\""))})"));
            match.Append(')');
        }

        return match.ToString();
    }
}
