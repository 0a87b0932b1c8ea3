using Hubbub.Core.Rooms;
using Hubbub.Protocol.WebSockets;
using Microsoft.Extensions.Primitives;

namespace Hubbub.Server.Transports.WebSockets;

/// <summary>Whether a handshake's offer of compression is taken up, the same for both carriers.</summary>
internal static class Compression
{
    /// <summary>Whether a handshake with such a header fails, if whoever sends it may have compression at all.</summary>
    public static bool IsMalformed(ActServices services, StringValues offers) => services.Options.Deflate && !PerMessageDeflate.TryNegotiate(offers, out _, out _);

    /// <summary>Compresses for nobody unless the operator wants it, and inflates nothing for a stranger who may be nobody.</summary>
    /// <param name="services">What the operator has set.</param>
    /// <param name="caller">Whoever the handshake says it is; null if it says nothing.</param>
    /// <param name="offers">The request's <c>Sec-WebSocket-Extensions</c>.</param>
    /// <param name="agreed">For the connection.</param>
    /// <param name="answer">For the answer's <c>Sec-WebSocket-Extensions</c>; null if it has none.</param>
    /// <returns>False if the header is malformed, and the handshake must fail.</returns>
    public static bool TryNegotiate(ActServices services, Caller? caller, StringValues offers, out PerMessageDeflate agreed, out string? answer)
    {
        if (services.Options.Deflate && (caller is not null || services.Guests.Allowed))
            return PerMessageDeflate.TryNegotiate(offers, out agreed, out answer);
        agreed = default;
        answer = null;
        return true;
    }
}
