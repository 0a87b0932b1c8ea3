using System.Globalization;
using System.Text;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Core.Search;

/// <summary>
/// What somebody looks for (docs/protocol.md § 7, Search): all of the words, each phrase's words in a row, and what is said of sender, room, time and content. Made of the caller's text once, and from there on nothing but terms that
/// are compared: no text of a user's is ever part of a database's own query language.
/// </summary>
/// <param name="Clauses">All of them must hold.</param>
/// <param name="Rooms">Ids or names of rooms; the message is in one of them. Empty: anywhere.</param>
/// <param name="From">Sent at this moment or later; null: ever.</param>
/// <param name="Until">Sent before this moment; null: until now.</param>
public sealed record SearchQuery(IReadOnlyList<SearchClause> Clauses, IReadOnlyList<string> Rooms, DateTimeOffset? From, DateTimeOffset? Until)
{
    /// <summary>The longest text, in UTF-16 units.</summary>
    public const int MaxLength = 256;

    /// <summary>The most words and conditions.</summary>
    public const int MaxTerms = 16;

    public static readonly string TooLong = $"'q' is at most {MaxLength} characters with at most {MaxTerms} words and conditions.";

    /// <summary>The phrases that were looked for, to be shown in what was found.</summary>
    public IReadOnlyList<SearchPhrase> Phrases { get; private init; } = [];

    public static Outcome<SearchQuery> Read(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return Refusals.BadRequest("'q' says what to look for.");
        if (text.Length > MaxLength)
            return Refusals.BadRequest(TooLong);
        var (clauses, phrases, rooms, senders) = (new List<SearchClause>(), new List<SearchPhrase>(), new List<string>(), new List<IReadOnlyList<SearchPhrase>>());
        DateTimeOffset? from = null, until = null;
        var terms = 0;
        foreach (var (name, value) in Split(text))
        {
            if (++terms > MaxTerms)
                return Refusals.BadRequest(TooLong);
            switch (name)
            {
                case "from" when value.Length > 0:
                    senders.AddRange(Senders(value));
                    break;
                case "in" when value.Length > 0:
                    rooms.Add(value);
                    break;
                case "has":
                    if (Fact(value) is not { } fact)
                        return Refusals.BadRequest("'has:' is followed by link or file.");
                    clauses.Add(SearchClause.Of(new SearchPhrase([fact])));
                    break;
                case "before" or "after":
                    if (!DateTimeOffset.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day) || day.Year is < 1970 or > 9000)
                        return Refusals.BadRequest($"'{name}:' is followed by a day such as 2026-03-01.");
                    if (name == "before")
                        until = until < day ? until : day;
                    else
                        from = from > day.AddDays(1) ? from : day.AddDays(1);
                    break;
                default:
                    var words = SearchWords.Of(name is null ? value : $"{name}:{value}");
                    if (words.Count == 0)
                        continue;
                    var phrase = new SearchPhrase([.. words.Select(w => w.Text)]);
                    phrases.Add(phrase);
                    clauses.Add(SearchClause.Of(phrase));
                    break;
            }
        }

        if (senders.Count > 0)
            clauses.Add(new SearchClause(senders));
        if (clauses.Count == 0 && rooms.Count == 0 && from is null && until is null)
            return Refusals.BadRequest("'q' has no word to look for.");
        return new SearchQuery(clauses, rooms, from, until) { Phrases = phrases };
    }

    /// <summary>Where in a message the phrases stand: ascending, not overlapping, at most 50, in UTF-16 units.</summary>
    public IReadOnlyList<(int Start, int End)> Highlights(string text)
    {
        const int Most = 50;
        var words = SearchWords.Of(text);
        var found = new SortedSet<(int Start, int End)>();
        foreach (var phrase in Phrases)
        {
            for (var i = 0; i + phrase.Words.Count <= words.Count && found.Count < Most; i++)
            {
                if (phrase.StandsAt(words, i))
                    found.Add((words[i].Start, words[i + phrase.Words.Count - 1].End));
            }
        }

        var joined = new List<(int Start, int End)>();
        foreach (var (start, end) in found)
        {
            if (joined.Count > 0 && start < joined[^1].End)
                joined[^1] = (joined[^1].Start, Math.Max(end, joined[^1].End));
            else
                joined.Add((start, end));
        }

        return joined.Count > Most ? joined[..Most] : joined;
    }

    /// <summary>By id, or by words of the name: all that are given.</summary>
    private static IEnumerable<IReadOnlyList<SearchPhrase>> Senders(string value)
    {
        yield return [new SearchPhrase([SearchFacts.Sender(value)])];
        SearchPhrase[] name = [.. SearchWords.Of(value.TrimStart('@')).Select(w => new SearchPhrase([SearchFacts.SenderName(w.Text)]))];
        if (name.Length > 0)
            yield return name;
    }

    private static string? Fact(string value) => value.ToLowerInvariant() switch
    {
        "link" => SearchFacts.Link,
        "file" => SearchFacts.File,
        _ => null,
    };

    /// <summary>Cuts at white space outside of quotes; what stands before a colon is a condition's name if it is one of those that are known.</summary>
    private static IEnumerable<(string? Name, string Value)> Split(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }

            string? name = null;
            foreach (var known in new[] { "from", "in", "before", "after", "has" })
            {
                if (string.Compare(text, i, known + ":", 0, known.Length + 1, StringComparison.OrdinalIgnoreCase) == 0)
                {
                    name = known;
                    i += known.Length + 1;
                    break;
                }
            }

            // A quote that does not end goes on to the end.
            var isQuoted = i < text.Length && text[i] == '"';
            var value = new StringBuilder();
            for (i += isQuoted ? 1 : 0; i < text.Length && (isQuoted ? text[i] != '"' : !char.IsWhiteSpace(text[i]) && text[i] != '"'); i++)
                value.Append(text[i]);
            if (isQuoted)
                i++;
            yield return (name, value.ToString());
        }
    }
}

/// <summary>Holds if one of the alternatives does: all of its phrases.</summary>
public sealed record SearchClause(IReadOnlyList<IReadOnlyList<SearchPhrase>> AnyOf)
{
    public static SearchClause Of(SearchPhrase phrase) => new([[phrase]]);
}

/// <summary>Terms in a row: words, or one fact.</summary>
public sealed record SearchPhrase(IReadOnlyList<string> Words)
{
    internal bool StandsAt(List<SearchWord> words, int index)
    {
        for (var i = 0; i < Words.Count; i++)
        {
            if (!string.Equals(words[index + i].Text, Words[i], StringComparison.Ordinal))
                return false;
        }

        return true;
    }
}
