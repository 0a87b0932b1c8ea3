using System.Security.Cryptography;
using System.Text;

namespace Hubbub.Load.Wire;

/// <summary>
/// The opening of one WebSocket (RFC 6455, section 4): the request, and the proof that a WebSocket server answered it.
/// </summary>
internal sealed class Handshake
{
    private const string Salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private readonly byte[] _proof;

    public Handshake(Target target, string path, string? token)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        Request = Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: {target.Host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + (token is null ? "" : $"Authorization: Bearer {token}\r\n")
            + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n");
#pragma warning disable CA5350 // RFC 6455 prescribes SHA-1 here; it protects nothing.
        _proof = Encoding.ASCII.GetBytes(Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Salt))));
#pragma warning restore CA5350
    }

    public byte[] Request { get; }

    public void Check(in HttpResponse response)
    {
        if (response.Status != 101)
            throw new WireFault($"the WebSocket was refused with status {response.Status}{CodeOf(response.Body)}");
        if (!HttpResponse.Field(response.Head, "sec-websocket-accept"u8).SequenceEqual(_proof))
            throw new WireFault("the answer to the WebSocket request proves nothing");
    }

    private static string CodeOf(ReadOnlySpan<byte> body)
    {
        if (body.Length == 0 || body[0] != '{')
            return "";
        var code = WireFields.ReadFlat(body).Code;
        return code.Length == 0 ? "" : $" ({Encoding.UTF8.GetString(code)})";
    }
}
