namespace Hubbub.Client;

/// <summary>Why a link is over.</summary>
/// <param name="Code">The close code, or that of the <c>closing</c> frame before it.</param>
/// <param name="Reason">In words.</param>
/// <param name="RetryAfter">When the server wants us back.</param>
/// <param name="Error">What an HTTP request of the link was refused with.</param>
internal sealed record LinkEnd(int? Code, string Reason, TimeSpan? RetryAfter = null, HubbubException? Error = null);

/// <summary>What to do after a link has ended: docs/protocol.md § 5, close codes, and § 8 for what came over HTTP. Pure.</summary>
internal abstract record ComeBack
{
    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(5);

    public sealed record WithBackoff : ComeBack;

    /// <summary>At once, but not all clients in the same moment.</summary>
    public sealed record Soon : ComeBack;

    public sealed record After(TimeSpan Wait) : ComeBack;

    /// <param name="AnyUser">Also as a new guest.</param>
    /// <param name="Error">What is told if there is none.</param>
    public sealed record WithFreshToken(bool AnyUser, HubbubException Error) : ComeBack;

    public sealed record Never(HubbubException Error) : ComeBack;

    public static ComeBack Of(LinkEnd end)
    {
        if (end.Error is { } error)
            return AfterRefusal(error);
        return end.Code switch
        {
            1001 or (>= 4000 and < 4100) => new Soon(),
            >= 4100 and < 4200 => new After(end.RetryAfter ?? DefaultRetryAfter),
            4401 => new WithFreshToken(AnyUser: true, Closed("unauthenticated", end)),
            4403 => new WithFreshToken(AnyUser: false, Closed("forbidden", end)),
            (>= 4400 and < 4500) or 1002 or 1003 or 1007 or 1008 or 1009 => new Never(Closed("protocol", end)),
            _ => end.RetryAfter is { } wait ? new After(wait) : new WithBackoff(),
        };
    }

    /// <summary>Whether the server itself ended it: then the transport is not to blame.</summary>
    public static bool IsServers(LinkEnd end) => end.Code is 1001 or 1011 or >= 4000 || end.Error is { } e && (e.IsServers || e.Status >= 500 || e.Status == 429);

    private static ComeBack AfterRefusal(HubbubException error)
    {
        if (error is { Retryable: true, RetryAfter: { } wait })
            return new After(wait);
        if (error.Status == 401)
            return new Never(error);
        return !error.Retryable && error.IsServers ? new Never(error) : new WithBackoff();
    }

    private static HubbubException Closed(string code, LinkEnd end) => new(code, end.Reason.Length > 0 ? end.Reason : $"The server closed the connection with {end.Code}.");
}
