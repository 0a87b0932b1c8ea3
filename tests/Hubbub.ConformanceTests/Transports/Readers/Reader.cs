using System.Text.Json;
using Hubbub.TestKit.Clients;

namespace Hubbub.ConformanceTests.Transports.Readers;

/// <summary>
/// Somebody who reads one room over one transport. All transports answer the same question, so all look like this: one is told one thing after another, and knows at
/// any time from where to go on. Disposing it cuts the connection without a word.
/// </summary>
internal abstract class Reader : IAsyncDisposable
{
    /// <summary>Where to resume; the position of the last event told, or of the start.</summary>
    public string Position { get; protected set; } = "";

    /// <summary>The next thing told: an event, a gap, a signal (but presence, which comes by the clock), or the end. A poll asks as often as it takes.</summary>
    public abstract Task<Told> NextAsync(TimeSpan? deadline = null);

    /// <summary>
    /// All that was told up to now and not taken yet: a socket asks for a pong and a poll asks once more, while a stream must be about to end. Proves that something was not told.
    /// </summary>
    public abstract Task<List<Told>> RestAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Reads this many events; anything else told meanwhile is a failure.</summary>
    public async Task<List<Told>> EventsAsync(int count)
    {
        var events = new List<Told>(count);
        while (events.Count < count)
        {
            var told = await NextAsync();
            events.Add(told.IsEvent ? told : throw new InvalidOperationException($"Expected event {events.Count + 1} of {count}, but was told {told}"));
        }

        return events;
    }

    /// <summary>Reads message texts.</summary>
    public async Task<List<string>> MessagesAsync(int count) => [.. (await EventsAsync(count)).Select(e => e.Text("message"))];
}

/// <summary>Where to begin; nothing of it means the head.</summary>
internal sealed record Start(string? After = null, int? Last = null)
{
    public static readonly Start Head = new();

    public static Start Behind(string position) => new(After: position);

    public static Start Newest(int count) => new(Last: count);

    public string Query => After is not null ? $"after={Uri.EscapeDataString(After)}" : Last is { } last ? $"last={last}" : "";
}

/// <summary>One thing a reader is told, in the fields of the wire; the same whichever transport brought it.</summary>
/// <param name="Type">The frame's type; for a refused poll <c>refused</c>, with the problem's fields.</param>
/// <param name="Fields">The payload.</param>
internal sealed record Told(string Type, JsonElement Fields)
{
    public bool IsEvent => Type != "refused" && Fields.TryGetProperty("sequence", out _);

    public long Sequence => Fields.GetProperty("sequence").GetInt64();

    public string Text(string field) => Fields.GetProperty(field).GetString()!;

    public static Told OfFrame(JsonElement frame) => new(frame.GetProperty("type").GetString()!, frame.GetProperty("payload"));

    public override string ToString() => $"{Type} {Fields}";
}

/// <summary>The server would not let somebody read.</summary>
internal sealed class ReadingRefusedException(string code, string message) : Exception($"{code}: {message}")
{
    public string Code { get; } = code;

    /// <summary>The sentence for people.</summary>
    public string Sentence { get; } = message;

    public static ReadingRefusedException Of(Answer answer) => new(answer.Code, answer.Text("detail"));
}
