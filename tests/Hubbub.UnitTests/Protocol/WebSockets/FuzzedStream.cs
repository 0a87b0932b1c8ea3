using System.IO.Compression;
using System.Text;
using Hubbub.TestKit.Clients;

namespace Hubbub.UnitTests.Protocol.WebSockets;

/// <summary>A good stream and what is heard of it.</summary>
internal sealed record FuzzedStream(byte[] Bytes, IReadOnlyList<string> Heard)
{
    /// <summary>What a proper client sends: messages whole and in fragments, plain and compressed, control frames between.</summary>
    public static FuzzedStream OfClient(Random random, bool deflate)
    {
        var (bytes, heard) = (new List<byte>(), new List<string>());
        for (var messages = random.Next(1, 6); messages > 0; messages--)
        {
            if (random.Next(4) == 0)
                Control(random, bytes, heard);
            var text = Text(random);
            var payload = Encoding.UTF8.GetBytes(text);
            var isPacked = deflate && random.Next(2) == 0;
            if (isPacked)
                payload = Packed(random, payload);
            var fragments = random.Next(3) == 0 ? random.Next(1, 6) : 1;
            for (var i = 0; i < fragments; i++)
            {
                var from = payload.Length * i / fragments;
                var to = payload.Length * (i + 1) / fragments;
                bytes.AddRange(RawSocket.Frame((byte)(i == 0 ? 1 : 0), payload.AsSpan(from, to - from), i == fragments - 1, reserved: isPacked && i == 0 ? Deflated.Bit : (byte)0));
                if (i < fragments - 1 && random.Next(4) == 0)
                    Control(random, bytes, heard);
            }

            heard.Add($"Text {text}".TrimEnd(' '));
        }

        if (random.Next(3) == 0)
        {
            bytes.AddRange(RawSocket.Frame(8, [3, 0xE8, .. "bye"u8]));
            heard.Add("Close 1000 bye");
        }

        return new FuzzedStream([.. bytes], heard);
    }

    /// <summary>A proper upgrade with whatever else browsers, proxies and SDKs put into a head, and a frame behind it.</summary>
    public static FuzzedStream OfUpgrade(Random random)
    {
        List<string> headers =
        [
            "Host: localhost:5080", "Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ];
        string[] others =
        [
            "Origin: http://localhost:5080", "Authorization: Bearer a.b.c", "Cookie: a=b; c=d", "Sec-WebSocket-Protocol: hubbub.v1, hubbub.token.x", "X-Forwarded-Proto: https, http",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "User-Agent: somebody", "Accept-Encoding: gzip", "X-Empty:", $"X-Long: {new string('x', random.Next(2_000))}",
        ];
        headers.AddRange(others.Where(_ => random.Next(2) == 0));
        var shuffled = headers.ToArray();
        random.Shuffle(shuffled);
        var query = random.Next(3) == 0 ? "?ticket=a%2Bb&x" : "";
        var head = $"GET /ws{query} HTTP/1.1\r\n{string.Concat(shuffled.Select(h => $"{h}\r\n"))}\r\n";
        return new FuzzedStream([.. Encoding.ASCII.GetBytes(head), .. RawSocket.TextFrame("{}")], ["Upgrade"]);
    }

    private static byte[] Packed(Random random, byte[] message) => random.Next(5) == 0
        ? Deflated.PackFinal(message)
        : Deflated.Pack(message, (CompressionLevel)random.Next(4), random.Next(2) == 0 ? int.MaxValue : random.Next(50, 1000));

    private static void Control(Random random, List<byte> bytes, List<string> heard)
    {
        var payload = new string('p', random.Next(126));
        var isPing = random.Next(2) == 0;
        bytes.AddRange(RawSocket.Frame(isPing ? (byte)9 : (byte)10, Encoding.ASCII.GetBytes(payload)));
        heard.Add($"{(isPing ? "Ping" : "Pong")} {payload}".TrimEnd(' '));
    }

    private static string Text(Random random)
    {
        string[] words = ["""{"type":"message","payload":{"message":" """, "hello", "世界", "😀", "ß", "\"}}", "0123456789", "\n"];
        var text = new StringBuilder();
        for (var count = random.Next(4) switch { 0 => 0, 1 => random.Next(4), 2 => random.Next(40), _ => random.Next(400) }; count > 0; count--)
            text.Append(words[random.Next(words.Length)]);

        // At most 45 bytes a word: the limit is 8 KiB.
        while (Encoding.UTF8.GetByteCount(text.ToString()) > 8 * 1024)
            text.Length /= 2;
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
