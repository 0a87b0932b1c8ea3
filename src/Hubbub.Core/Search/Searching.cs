using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Core.Search;

/// <summary>Searches on somebody's behalf, in what they may read, at a pace that leaves the others theirs.</summary>
public sealed class Searching(ISearch search, TimeProvider time)
{
    public const int MaxLimit = 100;
    public const int DefaultLimit = 20;

    private static readonly Refusal TooFast = Refusals.RateLimited("You search faster than anybody reads; wait a moment.");
    private static readonly Refusal TooSlow = Refusals.Overloaded with { Message = "That search takes too long. Look for more words, in one room (in:) or in a shorter time (after:), or try again." };

    private readonly SearchPace _pace = new(time);

    /// <param name="caller">Who looks.</param>
    /// <param name="text">In the language of <see cref="SearchQuery"/>.</param>
    /// <param name="before">The end of the page before; null: from the newest.</param>
    /// <param name="limit">1–<see cref="MaxLimit"/>.</param>
    /// <param name="ct">Ends it.</param>
    public async ValueTask<Outcome<FoundMessages>> FindAsync(Caller caller, string? text, string? before, int limit, CancellationToken ct)
    {
        if (time.GetUtcNow() >= caller.ExpiresAt)
            return Refusals.TokenExpired;
        if (!SearchQuery.Read(text).Is(out var query, out var refusal))
            return refusal;
        if (!_pace.TryBegin(caller.User.Id))
            return TooFast;
        try
        {
            var page = await search.FindAsync(query, new SearchScope(caller.User.Id, caller.Grants), before, limit, ct);
            return page is null ? TooSlow : new FoundMessages(query, page);
        }
        catch (FormatException)
        {
            return Refusals.BadRequest("'before' is the 'next' of an earlier answer.");
        }
        finally
        {
            _pace.End(caller.User.Id);
        }
    }
}

/// <summary>What was found for a query.</summary>
public sealed record FoundMessages(SearchQuery Query, SearchPage Page);
