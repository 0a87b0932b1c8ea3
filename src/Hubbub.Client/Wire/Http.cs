using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Hubbub.Client.Wire;

/// <summary>
/// Requests with the bearer token, a time limit, and the server's refusals as <see cref="HubbubException"/>. A 401 is tried once more with a fresh token. Thread-safe.
/// </summary>
internal sealed class Http : IDisposable
{
    private static readonly TimeSpan Connects = TimeSpan.FromSeconds(3);

    /// <summary>A server is believed up to here when it says how long to wait.</summary>
    internal static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(5);

    private readonly HttpClient _client;
    private readonly Credentials _credentials;
    private readonly HubbubClientOptions _options;
    private volatile Uri _base;

    public Http(HubbubClientOptions options)
    {
        _options = options;
        _base = options.Url;
        _client = new HttpClient(new SocketsHttpHandler { UseCookies = false, ConnectTimeout = Connects, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20) })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _credentials = new Credentials(options, this);
    }

    public Credentials Credentials => _credentials;

    /// <summary>The address in use; another when the server has named one.</summary>
    public Uri Base
    {
        get => _base;
        set => _base = value;
    }

    /// <summary>Sends one request and reads its answer.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">From the slash on.</param>
    /// <param name="body">What becomes its JSON; bytes and files are sent as they are.</param>
    /// <param name="within">The options' time, if null.</param>
    /// <param name="asNobody">Without a token.</param>
    /// <param name="address">Of the server; the one in use, if null.</param>
    /// <param name="ct">Ends the asking.</param>
    /// <exception cref="HubbubException">It was refused, or did not get through in time.</exception>
    public async Task<JsonElement> AskAsync(
        HttpMethod method, string path, object? body = null, TimeSpan? within = null, bool asNobody = false, Uri? address = null, CancellationToken ct = default)
    {
        using var patience = new CancellationTokenSource(within ?? _options.RequestTimeout, _options.Time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            using var response = await AuthorisedAsync(method, path, "application/json", body, asNobody, address ?? _base, HttpCompletionOption.ResponseContentRead, limit.Token);
            return await ReadAsync(response, limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new HubbubException("timeout", $"No answer to {method} within {(within ?? _options.RequestTimeout).TotalSeconds:0.#} s.", retryable: true);
        }
    }

    /// <summary>Opens an endless answer.</summary>
    public Task<HttpResponseMessage> OpenAsync(string path, string accept, Uri address, CancellationToken ct) =>
        AuthorisedAsync(HttpMethod.Get, path, accept, null, asNobody: false, address, HttpCompletionOption.ResponseHeadersRead, ct);

    public void Dispose()
    {
        _client.Dispose();
        _credentials.Dispose();
    }

    private async Task<HttpResponseMessage> AuthorisedAsync(
        HttpMethod method, string path, string accept, object? body, bool asNobody, Uri address, HttpCompletionOption completion, CancellationToken ct)
    {
        var token = asNobody ? null : await _credentials.CurrentAsync(ct);
        try
        {
            return await SendAsync(method, path, accept, body, token, address, completion, ct);
        }
        catch (HubbubException refused) when (refused.Status == (int)HttpStatusCode.Unauthorized && token is not null && refused.IsServers)
        {
            if (await _credentials.FreshAsync(token, ct) is not { } fresh)
                throw;
            return await SendAsync(method, path, accept, body, fresh, address, completion, ct);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string accept, object? body, string? token, Uri address, HttpCompletionOption completion, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, new Uri(address, path));
        request.Headers.Accept.ParseAdd(accept);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
        {
            request.Content = body switch
            {
                ReadOnlyMemory<byte> bytes => new ReadOnlyMemoryContent(bytes),
                FileBody file => file.ToContent(),
                _ => new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, JsonSerializerOptions.Web)),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(body is ReadOnlyMemory<byte> or FileBody ? "application/octet-stream" : "application/json");
        }

        HttpResponseMessage response;
        try
        {
            response = await _client.SendAsync(request, completion, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException and not OutOfMemoryException)
        {
            // Whatever the ways are in which a connection can break under the handler's hands.
            throw new HubbubException("network", $"The server cannot be reached: {e.Message}", retryable: true, inner: e);
        }

        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await RefusalAsync(response, ct);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            var bytes = await response.Content.ReadAsByteArrayAsync(ct);
            if (bytes.Length == 0)
                return default;
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new HubbubException("bad_answer", "The answer was no JSON.", (int)response.StatusCode, retryable: true, inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or ObjectDisposedException)
        {
            throw new HubbubException("network", "The connection broke in the midst of an answer.", retryable: true, inner: e);
        }
    }

    private static async Task<HubbubException> RefusalAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var status = (int)response.StatusCode;
        var after = response.Headers.RetryAfter?.Delta is { } asked ? asked < LongestRetryAfter ? asked : LongestRetryAfter : (TimeSpan?)null;
        if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
        {
            try
            {
                using var problem = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(ct));
                var root = problem.RootElement;
                var retryable = root.TryGetProperty("retryable", out var word) && word.ValueKind == JsonValueKind.True;
                return new HubbubException(root.Text("code") ?? $"http_{status}", root.Text("detail") ?? "The server refused.", status, retryable, after);
            }
            catch (Exception e) when (e is JsonException or HttpRequestException)
            {
                // As if it had said nothing.
            }
        }

        // A proxy's, whose server is away, or something that is not ours at all.
        return new HubbubException($"http_{status}", $"Something on the way answered {status}.", status, retryable: status >= 500 || status is 408 or 429, after);
    }
}
