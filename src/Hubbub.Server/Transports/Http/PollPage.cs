using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hubbub.Core.Hub;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Server.Transports.Http;

/// <summary>What one poll of one room found.</summary>
/// <param name="Room">The room.</param>
/// <param name="Events">Ascending, without holes.</param>
/// <param name="Position">What to ask <c>after</c> next.</param>
/// <param name="Head">The newest sequence when it was read.</param>
/// <param name="Gap">Set when the story asked for cannot go on; then there are no events.</param>
/// <param name="Later">What has happened to its messages behind its last event; null if nothing.</param>
/// <param name="Refusal">Set in a question about many rooms for a room that may not be read.</param>
internal sealed record PollPage(RoomId Room, IReadOnlyList<RoomEvent> Events, Position Position, long Head, Gap? Gap = null, IReadOnlyList<RoomEvent>? Later = null, Refusal? Refusal = null) : IResult
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public bool HasNews => Events.Count > 0 || Gap is not null || Refusal is not null;

    public static PollPage Refused(RoomId room, Refusal refusal) => new(room, [], default, 0, Refusal: refusal);

    /// <summary>Answers with this page alone.</summary>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(httpContext.Response.BodyWriter, Json);
        Write(json, named: false);
        await json.FlushAsync(httpContext.RequestAborted);
    }

    /// <summary>Writes the answer of one room: <c>{"events":[…],"position":"E:S","head":S}</c>.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="named">Among many: with the room's id.</param>
    /// <param name="retry">When to ask again, elsewhere, in milliseconds; null as a rule.</param>
    public void Write(Utf8JsonWriter json, bool named, int? retry = null)
    {
        json.WriteStartObject();
        if (named)
            json.WriteString("roomId", Room.Value);
        if (Refusal is not null)
        {
            json.WriteStartObject("error");
            json.WriteString("code", Refusal.Code);
            json.WriteString("message", Refusal.Message);
            json.WriteBoolean("retryable", Refusal.Retryable);
            json.WriteEndObject();
            json.WriteEndObject();
            return;
        }

        Write(json, "events", Events);
        json.WriteString("position", Position.ToString());
        json.WriteNumber("head", Head);
        if (Later is { Count: > 0 })
            Write(json, "later", Later);
        if (Gap is not null)
        {
            json.WriteStartObject("gap");
            json.WriteString("from", Gap.From.ToString());
            json.WriteString("to", Gap.To.ToString());
            json.WriteString("reason", Words.Of(Gap.Reason));
            json.WriteEndObject();
        }

        if (retry is { } wait)
            json.WriteNumber("retry", wait);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<RoomEvent> events)
    {
        json.WriteStartArray(name);
        foreach (var e in events)
            json.WriteRawValue(Flatten(Frame.Encoder.Encode(e), e.Content.Type), skipInputValidation: true);
        json.WriteEndArray();
    }

    /// <summary>Turns a frame into a flat event: <c>{"type":T,"payload":{…}}</c> becomes <c>{"type":T,…}</c>, by leaving out the inner braces.</summary>
    private static ReadOnlySpan<byte> Flatten(byte[] frame, string type)
    {
        // {"type":"T",  "payload":{  …  }}
        var head = "{\"type\":\"".Length + type.Length + "\",".Length;
        var body = head + "\"payload\":{".Length;
        frame.AsSpan(body, frame.Length - body - 1).CopyTo(frame.AsSpan(head));
        return frame.AsSpan(0, frame.Length - (body - head) - 1);
    }
}
