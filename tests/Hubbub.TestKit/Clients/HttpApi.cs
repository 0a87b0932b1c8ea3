using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using System.Text.Json;

namespace Hubbub.TestKit.Clients;

/// <summary>One user's view of the HTTP API, as a plain client sees it: requests and JSON. Thread-safe.</summary>
public sealed class HttpApi : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="server">The server's address.</param>
    /// <param name="token">Whose view; null for nobody's.</param>
    /// <param name="userId">The user's id, if known.</param>
    public HttpApi(Uri server, string? token = null, string userId = "")
    {
        Server = server;
        Token = token;
        UserId = userId;
        var handler = new SocketsHttpHandler
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = TestCertificate.IsShown },
        };
        _http = new HttpClient(handler) { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
    }

    public Uri Server { get; }

    public string? Token { get; }

    public string UserId { get; }

    /// <summary>Makes a guest, and returns that guest's view.</summary>
    public static async Task<HttpApi> GuestAsync(Uri server, string name = "Guest")
    {
        using var nobody = new HttpApi(server);
        var made = await nobody.PostAsync("/api/guests", new { name });
        made.Expect(HttpStatusCode.Created);
        return new HttpApi(server, made.Text("token"), made.Json.GetProperty("user").GetProperty("id").GetString()!);
    }

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, body);

    public Task<Answer> PutAsync(string path, object? body = null) => SendAsync(HttpMethod.Put, path, body);

    public Task<Answer> PatchAsync(string path, object body) => SendAsync(HttpMethod.Patch, path, body);

    public Task<Answer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    /// <summary>Posts a message, which must succeed.</summary>
    public async Task<Answer> SayAsync(string room, string message, string? key = null)
    {
        var answer = await PostAsync($"/api/rooms/{room}/messages", new { message, key });
        return answer.Status is HttpStatusCode.Created or HttpStatusCode.OK
            ? answer
            : throw new InvalidOperationException($"The post was refused: {answer}");
    }

    /// <summary>Uploads a file.</summary>
    public async Task<Answer> UploadAsync(string room, string name, byte[] bytes, string mediaType = "application/octet-stream", string query = "")
    {
        using var content = new ByteArrayContent(bytes);
        content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        return await SendAsync(HttpMethod.Post, $"/api/rooms/{room}/files?name={Uri.EscapeDataString(name)}{query}", content);
    }

    /// <summary>Asks <c>GET …/events</c> once; <paramref name="query"/> is what stands behind the question mark.</summary>
    public Task<Answer> EventsAsync(string room, string query = "", CancellationToken ct = default) =>
        SendAsync(HttpMethod.Get, $"/api/rooms/{room}/events?{query}", null, [], ct);

    /// <summary>Sends any request and reads the whole answer.</summary>
    public Task<Answer> SendAsync(HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers) =>
        SendAsync(method, path, body, headers, default);

    /// <summary>Opens an endless answer; what is refused instead is an <see cref="RefusedException"/>.</summary>
    public async Task<EventReader> StreamAsync(string path, string mediaType, params (string Name, string Value)[] headers)
    {
        var request = Request(HttpMethod.Get, path, headers);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(mediaType));
        var response = await Eventually.WithinAsync($"{path} answers", _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        request.Dispose();
        if (response.StatusCode == HttpStatusCode.OK)
            return new EventReader(response, await response.Content.ReadAsStreamAsync());
        using (response)
            throw new RefusedException(await Answer.ReadAsync(response, CancellationToken.None));
    }

    public void Dispose() => _http.Dispose();

    private async Task<Answer> SendAsync(HttpMethod method, string path, object? body, (string Name, string Value)[] headers, CancellationToken ct)
    {
        using var request = Request(method, path, headers);
        if (body is not null)
            request.Content = body as HttpContent ?? new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromSeconds(75));
        using var response = await _http.SendAsync(request, limit.Token);
        return await Answer.ReadAsync(response, limit.Token);
    }

    private HttpRequestMessage Request(HttpMethod method, string path, (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        if (Token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }
}

/// <summary>A whole answer.</summary>
/// <param name="Status">The status.</param>
/// <param name="Json">The body; undefined if it is empty or no JSON.</param>
/// <param name="Body">The body as text.</param>
/// <param name="Headers">All headers, the content's too, each name in lower case.</param>
public sealed record Answer(HttpStatusCode Status, JsonElement Json, string Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The code of a problem; empty if it is none.</summary>
    public string Code => Json.ValueKind == JsonValueKind.Object && Json.TryGetProperty("code", out var code) ? code.GetString() ?? "" : "";

    public string Text(string field) => Json.GetProperty(field).GetString()!;

    public long Number(string field) => Json.GetProperty(field).GetInt64();

    public void Expect(HttpStatusCode status)
    {
        if (Status != status)
            throw new InvalidOperationException($"Expected {(int)status} but got {this}");
    }

    public override string ToString() => $"{(int)Status} {Body}";

    internal static async Task<Answer> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var body = await response.Content.ReadAsStringAsync(ct);
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(h => h.Key.ToLowerInvariant(), h => string.Join(", ", h.Value));
        return new Answer(response.StatusCode, Parse(body), body, headers);
    }

    private static JsonElement Parse(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return default;
        }
    }
}

/// <summary>A stream was asked for and refused.</summary>
public sealed class RefusedException(Answer answer) : Exception(answer?.ToString())
{
    public Answer Answer { get; } = answer!;
}
