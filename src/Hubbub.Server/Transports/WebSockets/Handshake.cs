using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Hubbub.Server.Transports.WebSockets;

/// <summary>What the handshake of RFC 6455 § 4.2 asks and answers, the same for both carriers.</summary>
internal static class Handshake
{
    public const string Path = "/ws";
    public const string Version = "13";
    public const string Subprotocol = "hubbub.v1";

    /// <summary>RFC 6455 § 1.3: appended to the client's key before hashing, so that only a WebSocket server answers right.</summary>
    private const string AcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Sixteen bytes of base64, in its one proper form.</summary>
    public static bool IsKey(string key)
    {
        Span<byte> nonce = stackalloc byte[16];
        return key.Length == 24 && Convert.TryFromBase64String(key, nonce, out var length) && length == 16;
    }

    /// <summary>Whether a name stands in a list header, however many lines it has.</summary>
    public static bool Offers(StringValues header, string name, StringComparison comparison = StringComparison.Ordinal)
    {
        foreach (var line in header)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                if (line.AsSpan()[range].Trim(" \t").Equals(name, comparison))
                    return true;
            }
        }

        return false;
    }

    // RFC 6455 prescribes SHA-1 here; it proves nothing but that the peer read the RFC.
#pragma warning disable CA5350
    public static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + AcceptSuffix)));
#pragma warning restore CA5350
}
