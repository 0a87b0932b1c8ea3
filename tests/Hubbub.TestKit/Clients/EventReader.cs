using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Hubbub.TestKit.Clients;

/// <summary>
/// Reads server-sent events (by the rules of the HTML standard) or lines of JSON, as its media type says, from an answer that does not end. One thread at a time.
/// </summary>
public sealed class EventReader : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _lines;
    private readonly bool _isEventStream;
    private Task<string?>? _reading;
    private string? _data;

    internal EventReader(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _lines = new StreamReader(body, Encoding.UTF8);
        MediaType = response.Content.Headers.ContentType?.MediaType ?? "";
        _isEventStream = MediaType == "text/event-stream";
    }

    public string MediaType { get; }

    /// <summary>What the stream gave last as <c>id:</c>, to be sent as <c>Last-Event-ID</c> after a cut; null if none yet.</summary>
    /// <summary>When to return after the stream's end, if it said so.</summary>
    public TimeSpan? Retry { get; private set; }

    public string? LastEventId { get; private set; }

    /// <summary>Comments and pings so far: what a stream says to show that it lives.</summary>
    public int KeepAlives { get; private set; }

    /// <summary>The next frame but presence, which comes by the clock, between all others; null when the server has ended the stream in good order.</summary>
    /// <exception cref="IOException">The stream was cut.</exception>
    public async Task<JsonElement?> NextAsync(TimeSpan? deadline = null)
    {
        var frame = await AnyAsync(deadline);
        while (frame is { } found && found.GetProperty("type").ValueEquals("presence"))
            frame = await AnyAsync(deadline);
        return frame;
    }

    private async Task<JsonElement?> AnyAsync(TimeSpan? deadline)
    {
        while (await LineAsync(deadline) is { } line)
        {
            if (!_isEventStream)
            {
                var frame = Parse(line);
                if (frame.GetProperty("type").GetString() != "ping")
                    return frame;
                KeepAlives++;
            }
            else if (Take(line))
            {
                var frame = Parse(_data!);
                _data = null;
                return frame;
            }
        }

        return null;
    }

    /// <summary>Reads lines until there was one more sign of life.</summary>
    public async Task KeepAliveAsync(TimeSpan? deadline = null)
    {
        for (var before = KeepAlives; KeepAlives == before;)
        {
            var line = await LineAsync(deadline) ?? throw new EndOfStreamException("The stream ended.");
            if (_isEventStream)
                Take(line);
            else if (Parse(line).GetProperty("type").GetString() == "ping")
                KeepAlives++;
        }
    }

    public ValueTask DisposeAsync()
    {
        // Cut the connection rather than read the endless answer to its end.
        _response.Dispose();
        _lines.Dispose();
        return ValueTask.CompletedTask;
    }

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <returns>True when a blank line has completed an event.</returns>
    private bool Take(string line)
    {
        if (line.Length == 0)
            return _data is not null;
        if (line.StartsWith(':'))
            KeepAlives++;
        else if (line.StartsWith("id:", StringComparison.Ordinal))
            LastEventId = line[3..].TrimStart(' ');
        else if (line.StartsWith("retry:", StringComparison.Ordinal))
            Retry = TimeSpan.FromMilliseconds(int.Parse(line[6..], CultureInfo.InvariantCulture));
        else if (line.StartsWith("data:", StringComparison.Ordinal))
            _data = (_data is null ? "" : _data + "\n") + (line.Length > 5 && line[5] == ' ' ? line[6..] : line[5..]);
        else
            throw new InvalidDataException($"A line that is no field of an event stream: {line}");
        return false;
    }

    private async Task<string?> LineAsync(TimeSpan? deadline)
    {
        // A read that timed out goes on: the line it will find belongs to the next call.
        _reading ??= _lines.ReadLineAsync();
        var line = await Eventually.WithinAsync("the stream says something", _reading, deadline);
        _reading = null;
        return line;
    }
}
