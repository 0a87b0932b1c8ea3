using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;

namespace Hubbub.EndToEndTests.CommandLine;

/// <summary>
/// <c>curl</c> and a text variable for the position are a client that misses and repeats nothing: cut by itself and by a killed server, over long polls and over
/// server-sent events.
/// </summary>
public sealed class CurlTests : IAsyncLifetime
{
    private const int Messages = 120;
    private const string Room = "curled";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly long _began = Stopwatch.GetTimestamp();
    private ServerProcess _server = null!;
    private HttpApi _writer = null!;
    private HttpApi _reader = null!;

    public async Task InitializeAsync()
    {
        _server = await ServerProcess.StartAsync();
        _writer = await HttpApi.GuestAsync(_server.Url, "Writer");
        _reader = await HttpApi.GuestAsync(_server.Url, "Reader");
    }

    public async Task DisposeAsync()
    {
        _writer.Dispose();
        _reader.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Long_polls_that_are_cut_and_go_on_at_the_last_position_miss_and_repeat_nothing()
    {
        var writing = WriteAsync();
        List<(long Sequence, string? Text)> seen = [];
        var position = "0";
        for (var poll = 1; Texts(seen) < Messages; poll++)
        {
            await ExpectProgressAsync(writing, seen);
            await using var curl = Start($"after={position}&limit=7&wait=30");

            // Every third poll is cut: sometimes before its answer, sometimes with the answer on its way.
            if (poll % 3 == 0)
                continue;
            var answer = await curl.RestAsync();
            if (answer.Length == 0)
                continue; // The server was killed meanwhile.
            using var page = JsonDocument.Parse(answer);
            Assert.True(page.RootElement.TryGetProperty("events", out _), $"A poll was refused: {answer}");
            seen.AddRange(page.RootElement.GetProperty("events").EnumerateArray().Select(Read));
            position = page.RootElement.GetProperty("position").GetString()!;
        }

        await writing;
        ExpectEverythingOnce(seen);
    }

    [Fact]
    public async Task Server_sent_events_that_are_cut_and_go_on_after_the_last_id_miss_and_repeat_nothing()
    {
        var writing = WriteAsync();
        List<(long Sequence, string? Text)> seen = [];
        var lastId = "0";
        for (var stream = 1; Texts(seen) < Messages; stream++)
        {
            await ExpectProgressAsync(writing, seen);
            await using var curl = Start("", "Accept: text/event-stream", $"Last-Event-ID: {lastId}");

            // Each stream is cut after some events: the first after 3, the next after 6 and so on. An event counts once its blank line has come.
            var (id, data) = (lastId, "");
            for (var events = 0; events < 3 * stream && Texts(seen) < Messages && await curl.LineAsync() is { } line;)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                    id = line[4..];
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                    data = line[6..];
                if (line.Length > 0 || data.Length == 0)
                    continue;
                events++;
                using var frame = JsonDocument.Parse(data);
                if (frame.RootElement.GetProperty("payload").TryGetProperty("sequence", out _))
                    seen.Add(Read(frame.RootElement.GetProperty("payload")));
                (lastId, data) = (id, "");
            }
        }

        await writing;
        ExpectEverythingOnce(seen);
    }

    private static int Texts(List<(long Sequence, string? Text)> seen) => seen.Count(e => e.Text is not null);

    private static (long Sequence, string? Text) Read(JsonElement e) =>
        (e.GetProperty("sequence").GetInt64(), e.TryGetProperty("message", out var text) ? text.GetString() : null);

    private static void ExpectEverythingOnce(List<(long Sequence, string? Text)> seen)
    {
        Assert.Equal(Enumerable.Range(1, seen.Count).Select(i => (long)i), seen.Select(e => e.Sequence));
        Assert.Equal(Enumerable.Range(1, Messages).Select(i => $"message {i}"), seen.Where(e => e.Text is not null).Select(e => e.Text));
    }

    /// <summary>A reader that waits for what will never come would wait for ever.</summary>
    private async Task ExpectProgressAsync(Task writing, List<(long Sequence, string? Text)> seen)
    {
        if (writing.IsFaulted)
            await writing;
        Assert.True(Stopwatch.GetElapsedTime(_began) < Deadline, $"After {Deadline.TotalSeconds} s only {Texts(seen)} of {Messages} messages were read.");
    }

    private Curl Start(string query, params string[] headers) => Curl.Start(
    [
        $"{_server.Url}api/rooms/{Room}/events?{query}", "--header", $"Authorization: Bearer {_reader.Token}", .. headers.SelectMany(h => new[] { "--header", h }),
    ]);

    /// <summary>Posts one message after the other; the server is killed twice on the way.</summary>
    private async Task WriteAsync()
    {
        for (var i = 1; i <= Messages; i++)
        {
            if (i % (Messages / 3) == 0)
                await _server.RestartAsync();
            await Eventually.UntilAsync($"message {i} is acknowledged", () => TryPostAsync(i));
        }
    }

    private async Task<bool> TryPostAsync(int i)
    {
        try
        {
            var answer = await _writer.PostAsync($"/api/rooms/{Room}/messages", new { message = $"message {i}", key = $"k{i}" });
            return answer.Status is HttpStatusCode.Created or HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
