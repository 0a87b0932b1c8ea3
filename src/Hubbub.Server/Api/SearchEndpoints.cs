using System.Globalization;
using Hubbub.Core.Search;
using Hubbub.Protocol;

namespace Hubbub.Server.Api;

/// <summary>Search in what the caller may read.</summary>
internal static class SearchEndpoints
{
    public static void MapSearch(this IEndpointRouteBuilder api) => api.MapGet("/search", FindAsync).Produces<SearchAnswer>().TakesQuery(
        ("q", "What to look for: words, \"phrases\", from:, in:, before:, after:, has:."),
        ("limit", $"1 to {Searching.MaxLimit}; {Searching.DefaultLimit} if absent."),
        ("before", "The 'next' of the answer before."));

    private static async Task<IResult> FindAsync(HttpContext http, SignedIn who, Searching searching)
    {
        var query = http.Request.Query;
        var limit = Searching.DefaultLimit;
        if (query["limit"] is { Count: > 0 } asked
            && !(asked.Count == 1 && int.TryParse(asked[0], NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= Searching.MaxLimit))
            return Answer.Refuse(Refusals.BadRequest($"'limit' is a number from 1 to {Searching.MaxLimit}."));
        var before = query["before"] is [{ Length: > 0 } given] ? given : null;
        return Answer.Of(await searching.FindAsync(who.Caller, query["q"] is [var text] ? text : null, before, limit, http.RequestAborted), SearchAnswer.Of);
    }
}

/// <param name="Results">The newest first.</param>
/// <param name="Next">What asks for the page behind, as <c>before</c>; null if there is nothing more.</param>
public sealed record SearchAnswer(IReadOnlyList<FoundShape> Results, string? Next)
{
    public static SearchAnswer Of(FoundMessages found) => new([.. found.Page.Hits.Select(hit => FoundShape.Of(hit, found.Query))], found.Page.Next);
}

/// <param name="Id">The message's.</param>
/// <param name="Message">The text as it stands, edited or not.</param>
/// <param name="Highlights">Where in it the words stand that were looked for: begin and end, in UTF-16 units.</param>
public sealed record FoundShape(string RoomId, string Id, UserShape Sender, string SentAt, string Message, IReadOnlyList<IReadOnlyList<int>> Highlights)
{
    public static FoundShape Of(SearchHit hit, SearchQuery query) => new(
        hit.Room.Value, hit.Id.ToString(), UserShape.Of(hit.Sender), Times.Write(hit.SentAt), hit.Text, [.. query.Highlights(hit.Text).Select(h => new[] { h.Start, h.End })]);
}
