using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Api;

/// <summary>Reads small JSON bodies; whatever is sent, the answer is a value or a refusal.</summary>
internal static class Body
{
    /// <summary>The largest body of any request, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    // Unmapped members are ignored (docs/protocol.md, first paragraph); deep nesting and other types are refused.
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = 8,
        NumberHandling = JsonNumberHandling.Strict,
        Converters = { new TextConverter() },
    };

    public static async ValueTask<Outcome<T>> ReadAsync<T>(HttpContext http)
        where T : class
    {
        // Also a wall against forms of other sites: those cannot send this media type without asking first.
        if (!http.Request.HasJsonContentType())
            return Refusals.BadRequest("Send application/json.") with { Status = StatusCodes.Status415UnsupportedMediaType };
        if (http.Request.ContentLength > MaxBytes)
            return Refusals.TooLarge($"A body is at most {MaxBytes} bytes.");
        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            if (read.Buffer.Length > MaxBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                return Refusals.TooLarge($"A body is at most {MaxBytes} bytes.");
            }

            if (read.IsCompleted)
            {
                var outcome = Parse<T>(read.Buffer);
                reader.AdvanceTo(read.Buffer.End);
                return outcome;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static Outcome<T> Parse<T>(ReadOnlySequence<byte> json)
        where T : class
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Options.MaxDepth });
            var value = JsonSerializer.Deserialize<T>(ref reader, Options);
            if (value is null)
                return Refusals.BadJson("The body must be a JSON object.");
            return reader.Read() ? Refusals.BadJson("Something stands behind the JSON object.") : value;
        }
        catch (JsonException e) when (!string.IsNullOrEmpty(e.Path) && e.Path != "$")
        {
            return Refusals.BadRequest($"The value at {e.Path} is not of the right type.");
        }
        catch (JsonException)
        {
            return Refusals.BadJson("The body is not a valid JSON object.");
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair parses and then cannot become a string; here, in a field's name.
            return Refusals.BadRequest("A string in the body is not valid Unicode.");
        }
    }

    /// <summary>A string that is no Unicode (half a surrogate pair) stays no Unicode, so that the rule of its field refuses it by its own code.</summary>
    private sealed class TextConverter : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String)
                throw new JsonException();
            try
            {
                return reader.GetString();
            }
            catch (InvalidOperationException)
            {
                return "\ud800";
            }
        }

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }
}
