using Hubbub.Protocol;

namespace Hubbub.Client.Wire;

/// <summary>The token in use: the application's, or a guest's that was made here. Thread-safe; one at a time asks for a new one.</summary>
internal sealed class Credentials(HubbubClientOptions options, Http http) : IDisposable
{
    private readonly SemaphoreSlim _asking = new(1, 1);
    private volatile string? _token;

    /// <summary>Who we are, once the server has said so.</summary>
    public User? User { get; set; }

    public async ValueTask<string> CurrentAsync(CancellationToken ct) => _token ?? await AskAsync(null, ct) ?? throw Refused();

    /// <summary>Another token than this one; null if there is none.</summary>
    public ValueTask<string?> FreshAsync(string refused, CancellationToken ct) => AskAsync(refused, ct);

    /// <summary>A newer token of the same user, before the one in use runs out; null where only an application could give one.</summary>
    public async ValueTask<string?> RenewedAsync(CancellationToken ct) => options.Token is null ? null : await AskAsync(_token, ct, isGood: true);

    public void Dispose() => _asking.Dispose();

    /// <param name="refused">Another than this.</param>
    /// <param name="ct">Ends the asking.</param>
    /// <param name="isGood">It has not been refused yet, and is used until there is another.</param>
    private async ValueTask<string?> AskAsync(string? refused, CancellationToken ct, bool isGood = false)
    {
        await _asking.WaitAsync(ct);
        try
        {
            // Somebody else may have asked meanwhile.
            if (_token is { } known && known != refused)
                return known;

            // Not to be shown again while no other can be had: three times refused is refused for good.
            if (!isGood)
                _token = null;
            if (options.Token is not null)
            {
                _token = await AskApplicationAsync(options.Token, refused, ct);
                return _token == refused ? null : _token;
            }

            // A guest whose token is refused is nobody any more, and becomes somebody else.
            var made = await http.AskAsync(HttpMethod.Post, "/api/guests", new { name = options.GuestName }, asNobody: true, ct: ct);
            User = made.Person("user");
            return _token = made.Text("token") ?? throw new HubbubException("bad_answer", "The server made a guest without a token.", retryable: true);
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>An application that cannot give a token now may be able to later.</summary>
    private static async ValueTask<string> AskApplicationAsync(Func<string?, CancellationToken, ValueTask<string>> ask, string? refused, CancellationToken ct)
    {
        try
        {
            return await ask(refused, ct);
        }
        catch (Exception e) when (e is not HubbubException and not OutOfMemoryException && !(e is OperationCanceledException && ct.IsCancellationRequested))
        {
            throw new HubbubException("token", $"The application gave no token: {e.Message}", retryable: true, inner: e);
        }
    }

    private static HubbubException Refused() => new("unauthenticated", "There is no token.", 401);
}
