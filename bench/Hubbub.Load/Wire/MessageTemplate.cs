using System.Text;

namespace Hubbub.Load.Wire;

/// <summary>
/// The bytes of one client's post, built once; each post overwrites the stamps in place. The same number and time always
/// give the same bytes, so a retry repeats its key with its text, as the protocol asks.
/// </summary>
internal sealed class MessageTemplate
{
    public const int MinMessageBytes = 32;
    public const int MaxMessageBytes = 16 * 1024;

    private const string TextMark = "{text}";
    private const string KeyMark = "{key}";
    private const string IdMark = "{id}";

    private readonly byte[] _bytes;
    private readonly int _client;
    private readonly int _textAt;
    private readonly int _keyAt;
    private readonly int _idAt;

    private MessageTemplate(string shape, string text, string run, int client)
    {
        // The marks stand in the shape in the order id, text, key, so a replaced one moves only those behind it.
        _client = client;
        _idAt = shape.IndexOf(IdMark, StringComparison.Ordinal);
        shape = shape.Replace(IdMark, "00000000", StringComparison.Ordinal);
        _textAt = shape.IndexOf(TextMark, StringComparison.Ordinal);
        shape = shape.Replace(TextMark, text, StringComparison.Ordinal);
        _keyAt = shape.IndexOf(KeyMark, StringComparison.Ordinal) + run.Length;
        _bytes = Encoding.ASCII.GetBytes(shape.Replace(KeyMark, run + new string('0', Stamp.KeySuffixLength), StringComparison.Ordinal));
    }

    /// <summary>A whole HTTP request.</summary>
    public static MessageTemplate ForHttp(Target target, string token, string room, string text, string run, int client)
    {
        const string body = $"{{\"message\":\"{TextMark}\",\"key\":\"{KeyMark}\"}}";
        var length = body.Length - TextMark.Length + text.Length - KeyMark.Length + run.Length + Stamp.KeySuffixLength;
        var head = $"POST /api/rooms/{room}/messages HTTP/1.1\r\nHost: {target.Host}\r\nAuthorization: Bearer {token}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n";
        return new MessageTemplate(head + body, text, run, client);
    }

    /// <summary>The payload of a WebSocket frame whose <c>id</c> is the number in 8 digits.</summary>
    public static MessageTemplate ForSocket(string room, string text, string run, int client) => new(
        $"{{\"type\":\"message\",\"id\":\"{IdMark}\",\"payload\":{{\"roomId\":\"{room}\",\"message\":\"{TextMark}\",\"key\":\"{KeyMark}\"}}}}",
        text, run, client);

    /// <summary>Filler of lower-case words that the stamp overwrites at its start; the seed decides which.</summary>
    public static string Filler(int bytes, ulong seed)
    {
        var random = new Random((int)seed ^ (int)(seed >> 32));
        var text = new char[bytes];
        for (var i = 0; i < bytes; i++)
            text[i] = random.Next(6) == 0 ? ' ' : (char)('a' + random.Next(26));
        text[^1] = '.';
        return new string(text);
    }

    /// <summary>The post with this number and time; valid until the next call.</summary>
    public ReadOnlySpan<byte> Fill(int number, long sentAt)
    {
        if (_idAt >= 0)
            Stamp.WriteDigits(_bytes.AsSpan(_idAt, 8), number);
        Stamp.WriteText(_bytes.AsSpan(_textAt), sentAt, number);
        Stamp.WriteKeySuffix(_bytes.AsSpan(_keyAt), _client, number);
        return _bytes;
    }
}
