using System.Collections.Concurrent;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Microsoft.Extensions.Logging;

namespace Hubbub.Core.People;

/// <summary>
/// What this node knows of changes about people since their tokens were made: who has signed out everywhere, who is called otherwise now. A token says what was true when it was made, for weeks;
/// with this it says what is true, without a question to the store for each request: those who changed something lately are few, all of them are in memory, and once a second the
/// store is asked for what is new. Thread-safe.
/// </summary>
/// <remarks>
/// No announcement over the broker: it may be lost, so the store would have to be asked all the same, and a second is quick enough. While the store is away a node judges by what it knew; what
/// was changed meanwhile it hears with the store's first answer.
/// </remarks>
public sealed partial class Amendments(IPeople people, TimeProvider time, ILogger<Amendments> logger) : IDisposable
{
    /// <summary>How often the store is asked; a change is known at every node within this and the time of one question.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const int PageSize = 1000;

    private static readonly Refusal SignedOut = Refusals.Unauthenticated with { Message = "You have signed out everywhere, or changed your password; sign in anew." };

    private readonly SemaphoreSlim _asking = new(1, 1);
    private readonly ConcurrentDictionary<UserId, Amendment> _known = new();
    private long _last;
    private bool _isAway;

    /// <summary>How many people's tokens say what is no longer true; at most as many as changed something within a token's lifetime.</summary>
    public int Count => _known.Count;

    /// <summary>The caller as they are now, or that their token counts no more.</summary>
    public Outcome<Caller> Apply(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (!_known.TryGetValue(caller.User.Id, out var amendment))
            return caller;
        if (caller.Generation < amendment.Generation)
            return SignedOut;
        return amendment.Name is { } name && name != caller.User.Name ? caller with { User = caller.User with { Name = name } } : caller;
    }

    /// <summary>Asks the store for what is new: at the start, before anybody is let in, and after a change made here, so that this node knows of it at once.</summary>
    /// <exception cref="StoreException">The store does not say.</exception>
    public async ValueTask RefreshAsync(CancellationToken ct)
    {
        await _asking.WaitAsync(ct);
        try
        {
            IReadOnlyList<Amendment> page;
            do
            {
                page = await people.AmendmentsAsync(_last, PageSize, ct);
                foreach (var amendment in page)
                    _known[amendment.User] = amendment;
                if (page.Count > 0)
                    _last = page[^1].Number;
            }
            while (page.Count == PageSize);
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>Keeps up with the store until stopped.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            try
            {
                await RefreshAsync(ct);
                _isAway = false;
            }
            catch (StoreException e)
            {
                if (!_isAway)
                    LogAway(e.Message);
                _isAway = true;
            }

            Forget();
        }
    }

    public void Dispose() => _asking.Dispose();

    /// <summary>Of whose tokens none that says otherwise is left.</summary>
    private void Forget()
    {
        var now = time.GetUtcNow();
        foreach (var (user, amendment) in _known)
        {
            if (amendment.Until < now)
                _known.TryRemove(KeyValuePair.Create(user, amendment));
        }
    }

    [LoggerMessage(LogLevel.Warning, "Who has signed out everywhere at another node cannot be asked now: {Why}. Their tokens count here until the store is back")]
    private partial void LogAway(string why);
}
