using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Hubbub.Load.Wire;

/// <summary>
/// Requests and answers one after the other on one kept connection, for what is not measured: guests, rooms, reading a
/// log back. Used by one caller at a time.
/// </summary>
internal sealed class HttpConversation : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_betweenTries = TimeSpan.FromMilliseconds(250);

    private readonly Target _target;
    private readonly Socket _socket;
    private byte[] _buffer = new byte[16 * 1024];

    private HttpConversation(Target target)
    {
        _target = target;
        _socket = new Socket(target.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    }

    public static async Task<HttpConversation> OpenAsync(Target target, CancellationToken cancel)
    {
        var conversation = new HttpConversation(target);
        try
        {
            await conversation._socket.ConnectAsync(target.EndPoint, cancel);
            return conversation;
        }
        catch (SocketException refused)
        {
            conversation.Dispose();
            throw new BenchmarkFailure($"{target.Host} could not be reached: {refused.Message}.");
        }
        catch
        {
            conversation.Dispose();
            throw;
        }
    }

    /// <summary>The same, but tries again every quarter of a second for as long as this.</summary>
    public static async Task<HttpConversation> OpenWithinAsync(TimeSpan patience, Target target, CancellationToken cancel)
    {
        for (var rest = patience; ; rest -= s_betweenTries)
        {
            try
            {
                return await OpenAsync(target, cancel);
            }
            catch (BenchmarkFailure) when (rest > TimeSpan.Zero)
            {
                await Task.Delay(s_betweenTries, cancel);
            }
        }
    }

    /// <summary>
    /// Sends a request and returns its whole answer; the body is valid until the next request. Waits 30 s at most.
    /// </summary>
    public async Task<Answer> AskAsync(string method, string path, string? token, string? json, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(s_patience);
        try
        {
            var request = Encoding.UTF8.GetBytes(
                $"{method} {path} HTTP/1.1\r\nHost: {_target.Host}\r\n"
                + (token is null ? "" : $"Authorization: Bearer {token}\r\n")
                + (json is null ? "" : $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n")
                + "\r\n" + json);
            for (var sent = 0; sent < request.Length;)
                sent += await _socket.SendAsync(request.AsMemory(sent), deadline.Token);
            return await ReceiveAsync($"{method} {path}", deadline.Token);
        }
        catch (SocketException broken)
        {
            throw new BenchmarkFailure($"{method} {path} failed: {broken.Message}.");
        }
        catch (WireFault fault)
        {
            throw new BenchmarkFailure($"{method} {path} failed: {fault.Message}.");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new BenchmarkFailure($"{method} {path} was not answered within {s_patience.TotalSeconds:0} s.");
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task<Answer> ReceiveAsync(string request, CancellationToken cancel)
    {
        var filled = 0;
        while (true)
        {
            if (filled == _buffer.Length)
                Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, HttpResponse.MaxHead + HttpResponse.MaxBody));
            var count = await _socket.ReceiveAsync(_buffer.AsMemory(filled), cancel);
            if (count == 0)
                throw new BenchmarkFailure($"{request} failed: the server closed the connection.");
            filled += count;
            if (TryTake(request, filled, out var answer))
                return answer;
        }
    }

    private bool TryTake(string request, int filled, out Answer answer)
    {
        answer = default;
        if (!HttpResponse.TryRead(_buffer.AsSpan(0, filled), out var response))
            return false;
        answer = new Answer(request, response.Status, _buffer.AsMemory(response.BodyAt, response.Body.Length));
        return true;
    }

    /// <summary>What a request was answered with.</summary>
    internal readonly record struct Answer(string Request, int Status, ReadOnlyMemory<byte> Body)
    {
        /// <summary>This answer if it has the status hoped for; otherwise a failure that says what came instead.</summary>
        public Answer Expect(int status)
        {
            if (Status == status)
                return this;
            throw new BenchmarkFailure($"{Request} was answered {Status}{Explanation()}.");
        }

        /// <summary>A text field of the answer's JSON object.</summary>
        public string Text(string name)
        {
            try
            {
                using var json = JsonDocument.Parse(Body);
                if (json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String)
                    return value.GetString()!;
            }
            catch (JsonException)
            {
                throw new BenchmarkFailure($"The answer to {Request} is not JSON.");
            }
            throw new BenchmarkFailure($"The answer to {Request} has no \"{name}\".");
        }

        private string Explanation()
        {
            try
            {
                var fields = WireFields.ReadFlat(Body.Span);
                return fields.Code.Length == 0 ? "" : $" ({Encoding.UTF8.GetString(fields.Code)})";
            }
            catch (WireFault)
            {
                return "";
            }
        }
    }
}
