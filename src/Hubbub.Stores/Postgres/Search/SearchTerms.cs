using System.Globalization;
using System.Text;
using Hubbub.Core.Search;
using Hubbub.Protocol;

namespace Hubbub.Stores.Postgres.Search;

/// <summary>Messages and queries in the text forms of <c>tsvector</c> and <c>tsquery</c>. Terms hold letters, digits, marks and a leading @, so none of them can leave its quotes.</summary>
internal static class SearchTerms
{
    /// <summary>What PostgreSQL keeps of one word: positions from 1 up to this, and so many of them.</summary>
    private const int MaxPosition = 16_383;

    private const int MaxPositions = 255;

    public static string Vector(RoomId room, User sender, string text, bool hasFile)
    {
        var positions = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        var position = 0;
        foreach (var word in SearchWords.Of(text))
        {
            if (!positions.TryGetValue(word.Text, out var known))
                positions[word.Text] = known = [];
            if (++position <= MaxPosition && known.Count < MaxPositions)
                known.Add(position);
        }

        var vector = new StringBuilder();
        foreach (var (word, places) in positions)
        {
            vector.Append('\'').Append(word).Append('\'');
            for (var i = 0; i < places.Count; i++)
                vector.Append(i == 0 ? ':' : ',').Append(places[i].ToString(CultureInfo.InvariantCulture));
            vector.Append(' ');
        }

        foreach (var fact in SearchFacts.Of(room, sender, text, hasFile).Distinct())
            vector.Append('\'').Append(fact).Append("' ");
        return vector.ToString();
    }

    /// <param name="clauses">All of them must hold.</param>
    public static string Query(IEnumerable<SearchClause> clauses) => string.Join(" & ", clauses.Select(clause =>
        $"({string.Join(" | ", clause.AnyOf.Select(all => $"({string.Join(" & ", all.Select(Phrase))})"))})"));

    private static string Phrase(SearchPhrase phrase) => $"({string.Join(" <-> ", phrase.Words.Select(word => $"'{word}'"))})";
}
