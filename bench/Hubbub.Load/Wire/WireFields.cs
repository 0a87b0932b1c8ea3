using System.Buffers.Text;
using System.Text.Json;

namespace Hubbub.Load.Wire;

/// <summary>
/// The fields of one protocol object that a load generator looks at, as slices of the received bytes: a WebSocket frame
/// (fields in its payload), an event of a JSON page, or an HTTP answer or problem (fields flat). Strings are taken as they
/// stand in the JSON; those compared here never need an escape.
/// </summary>
internal ref struct WireFields
{
    public ReadOnlySpan<byte> Type;

    /// <summary>The frame's own <c>id</c>, beside its payload.</summary>
    public ReadOnlySpan<byte> FrameId;

    /// <summary>The <c>id</c> among the fields: an event's position.</summary>
    public ReadOnlySpan<byte> Id;
    public ReadOnlySpan<byte> Epoch;
    public ReadOnlySpan<byte> Message;
    public ReadOnlySpan<byte> Key;
    public ReadOnlySpan<byte> Code;
    public ReadOnlySpan<byte> Reason;
    public ReadOnlySpan<byte> Position;

    /// <summary>0 when there is none: sequences begin at 1.</summary>
    public long Sequence;
    public bool Retryable;

    public readonly bool Is(ReadOnlySpan<byte> type) => Type.SequenceEqual(type);

    public static WireFields ReadFrame(ReadOnlySpan<byte> json)
    {
        var fields = default(WireFields);
        var reader = new Utf8JsonReader(json);
        try
        {
            Begin(ref reader);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("type"u8))
                    fields.Type = Value(ref reader);
                else if (reader.ValueTextEquals("id"u8))
                    fields.FrameId = Value(ref reader);
                else if (reader.ValueTextEquals("payload"u8) && reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                    ReadObject(ref reader, ref fields);
                else
                    reader.Skip();
            }
        }
        catch (JsonException)
        {
            throw new WireFault("a frame is not JSON");
        }
        return fields;
    }

    public static WireFields ReadFlat(ReadOnlySpan<byte> json)
    {
        var fields = default(WireFields);
        var reader = new Utf8JsonReader(json);
        try
        {
            Begin(ref reader);
            ReadObject(ref reader, ref fields);
        }
        catch (JsonException)
        {
            throw new WireFault("an answer is not JSON");
        }
        return fields;
    }

    /// <summary>Reads the fields of the object whose start was just read, up to its end.</summary>
    public static void ReadObject(ref Utf8JsonReader reader, ref WireFields fields)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("sequence"u8))
                fields.Sequence = Number(ref reader);
            else if (reader.ValueTextEquals("id"u8))
                fields.Id = Value(ref reader);
            else if (reader.ValueTextEquals("type"u8))
                fields.Type = Value(ref reader);
            else if (reader.ValueTextEquals("message"u8))
                fields.Message = Value(ref reader);
            else if (reader.ValueTextEquals("key"u8))
                fields.Key = Value(ref reader);
            else if (reader.ValueTextEquals("epoch"u8))
                fields.Epoch = Value(ref reader);
            else if (reader.ValueTextEquals("code"u8))
                fields.Code = Value(ref reader);
            else if (reader.ValueTextEquals("reason"u8))
                fields.Reason = Value(ref reader);
            else if (reader.ValueTextEquals("position"u8))
                fields.Position = Value(ref reader);
            else if (reader.ValueTextEquals("retryable"u8))
                fields.Retryable = reader.Read() && reader.TokenType == JsonTokenType.True;
            else
                reader.Skip();
        }
    }

    /// <summary>Splits a position <c>E:S</c>; false if it is none.</summary>
    public static bool TryReadPosition(ReadOnlySpan<byte> text, out uint epoch, out long sequence)
    {
        sequence = 0;
        epoch = 0;
        var colon = text.IndexOf((byte)':');
        return colon == 8 && TryReadEpoch(text[..colon], out epoch)
            && Utf8Parser.TryParse(text[(colon + 1)..], out sequence, out var used) && used == text.Length - colon - 1 && sequence >= 0;
    }

    public static bool TryReadEpoch(ReadOnlySpan<byte> text, out uint epoch) =>
        Utf8Parser.TryParse(text, out epoch, out var used, 'x') && used == 8 && text.Length == 8;

    private static void Begin(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new WireFault("what came is not a JSON object");
    }

    /// <summary>The bytes of a string or a number; empty for anything else, which is skipped.</summary>
    private static ReadOnlySpan<byte> Value(scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number)
            return reader.ValueSpan;
        reader.Skip();
        return [];
    }

    private static long Number(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number))
            return number;
        reader.Skip();
        return 0;
    }
}
