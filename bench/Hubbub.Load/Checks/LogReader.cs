using System.Text.Json;
using Hubbub.Load.Wire;

namespace Hubbub.Load.Checks;

/// <summary>Reads rooms back from the beginning, a page of 1 000 events at a time, into a <see cref="LogAudit"/>.</summary>
internal static class LogReader
{
    private const int PageSize = 1000;

    /// <summary>
    /// Reads until the log's head. Every page must advance, so their number is bounded by the head.
    /// </summary>
    public static async Task ReadAsync(
        HttpConversation conversation, string token, string room, byte[] run, LogAudit audit, Action<int> onPage, CancellationToken cancel)
    {
        var after = "0";
        while (true)
        {
            var before = audit.Last;
            var answer = await conversation.AskAsync(
                "GET", $"/api/rooms/{room}/events?after={after}&limit={PageSize}", token, null, cancel);
            var page = Take(answer.Expect(200), run, audit);
            onPage(page.Events);
            if (page.Gap)
                throw new BenchmarkFailure($"Room {room} answered a gap to a question from the beginning.");
            if (audit.Last >= page.Head)
                return;
            if (audit.Last <= before)
                throw new BenchmarkFailure($"Room {room} gave nothing new after {after} though its head is {page.Head}.");
            after = page.Position;
        }
    }

    private static Page Take(HttpConversation.Answer answer, byte[] run, LogAudit audit)
    {
        try
        {
            return Take(answer.Body.Span, run, audit);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or WireFault)
        {
            throw new BenchmarkFailure($"The answer to {answer.Request} is not a page of events: {broken.Message}");
        }
    }

    /// <summary>Hands the page's events to the audit in their order.</summary>
    internal static Page Take(ReadOnlySpan<byte> json, ReadOnlySpan<byte> run, LogAudit audit)
    {
        var page = new Page(0, "", 0, false);
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new WireFault("a page is not a JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "events" when reader.TokenType == JsonTokenType.StartArray:
                    page = page with { Events = TakeEvents(ref reader, run, audit) };
                    break;
                case "position":
                    page = page with { Position = reader.GetString() ?? "" };
                    break;
                case "head":
                    page = page with { Head = reader.GetInt64() };
                    break;
                case "gap":
                    page = page with { Gap = true };
                    reader.Skip();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        return page;
    }

    private static int TakeEvents(ref Utf8JsonReader reader, ReadOnlySpan<byte> run, LogAudit audit)
    {
        var count = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var fields = default(WireFields);
            WireFields.ReadObject(ref reader, ref fields);
            audit.Event(fields.Sequence);
            if (fields.Is("message"u8) && Stamp.TryReadKey(fields.Key, run, out var client, out var number))
                audit.Message(client, number, fields.Sequence);
            count++;
        }
        return count;
    }

    internal readonly record struct Page(int Events, string Position, long Head, bool Gap);
}
