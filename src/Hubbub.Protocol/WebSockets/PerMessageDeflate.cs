namespace Hubbub.Protocol.WebSockets;

/// <summary>
/// What a handshake has agreed on about compression (RFC 7692), negotiated by itself and of no connection. The server compresses an event once for all, so a message never refers to one before it, in
/// either direction: <c>server_no_context_takeover</c> and <c>client_no_context_takeover</c> are always part of it. <c>default</c>: no compression.
/// </summary>
public readonly record struct PerMessageDeflate
{
    public const string Name = "permessage-deflate";

    /// <summary>Longer headers are not read, as if nothing had been offered. Browsers send some 50 characters.</summary>
    public const int MaxHeaderLength = 1024;

    private const int MaxWindowBits = 15;
    private const int MinWindowBits = 8;

    private PerMessageDeflate(int windowBits) => Window = 1 << windowBits;

    /// <summary>How far back, in bytes, our messages may refer. One that is not longer cannot refer further, so a longer one is not compressed. 0: no compression.</summary>
    public int Window { get; }

    /// <summary>Whether messages may be compressed.</summary>
    public bool IsOn => Window > 0;

    /// <summary>Takes the first offer that can be met. One with an unknown, repeated or wrong parameter is passed over (RFC 7692 § 7.1), as are other extensions.</summary>
    /// <param name="lines">The values of all <c>Sec-WebSocket-Extensions</c> headers, in their order.</param>
    /// <param name="agreed">On what; <c>default</c> if there is no such offer.</param>
    /// <param name="answer">For the answer's <c>Sec-WebSocket-Extensions</c>; null if it has none.</param>
    /// <returns>False if a header does not follow the grammar: the handshake must fail then (RFC 6455 § 9.1).</returns>
    public static bool TryNegotiate(IReadOnlyList<string?> lines, out PerMessageDeflate agreed, out string? answer)
    {
        ArgumentNullException.ThrowIfNull(lines);
        agreed = default;
        answer = null;
        var length = 0;
        for (var i = 0; i < lines.Count; i++)
            length += lines[i]?.Length ?? 0;
        if (length > MaxHeaderLength)
            return true;

        for (var i = 0; i < lines.Count; i++)
        {
            var header = new ExtensionHeader(lines[i]);
            while (header.GoToNext())
            {
                if (!TryReadOffer(ref header, out var offer))
                    return false;
                if (!offer.IsAcceptable || agreed.IsOn)
                    continue;
                agreed = new PerMessageDeflate(offer.ServerBits ?? MaxWindowBits);


                // A client's window makes no difference to us, but the framework's own client wants to hear the size that it offers.
                answer = $"{Name}; server_no_context_takeover; client_no_context_takeover"
                    + (offer.ServerBits is { } server ? $"; server_max_window_bits={server}" : "") + (offer.ClientBits is { } client ? $"; client_max_window_bits={client}" : "");
            }
        }

        return true;
    }

    private static bool TryReadOffer(ref ExtensionHeader header, out Offer offer)
    {
        offer = default;
        if (!header.TryToken(out var name))
            return false;
        offer.IsAcceptable = name.SequenceEqual(Name);
        while (header.TrySkip(';'))
        {
            if (!header.TryToken(out var parameter))
                return false;
            var value = default(ReadOnlySpan<char>);
            if (header.TrySkip('=') && !header.TryValue(out value))
                return false;
            offer.IsAcceptable = offer.IsAcceptable && offer.Take(parameter, value);
        }

        return header.IsBetween();
    }

    private struct Offer
    {
        public bool IsAcceptable;
        public int? ServerBits;
        public int? ClientBits;
        private bool _hasServerTakeover;
        private bool _hasClientTakeover;
        private bool _hasClientBits;

        /// <param name="parameter">Its name.</param>
        /// <param name="value">Empty if it has none; the grammar knows no empty values.</param>
        /// <returns>False if the offer must be declined for it.</returns>
        public bool Take(ReadOnlySpan<char> parameter, ReadOnlySpan<char> value)
        {
            int bits;
            switch (parameter)
            {
                case "server_no_context_takeover":
                    return IsFirst(ref _hasServerTakeover) && value.IsEmpty;
                case "client_no_context_takeover":
                    return IsFirst(ref _hasClientTakeover) && value.IsEmpty;
                case "server_max_window_bits" when ServerBits is null && TryBits(value, out bits):
                    ServerBits = bits;
                    return true;
                case "client_max_window_bits":
                    if (!IsFirst(ref _hasClientBits) || (!value.IsEmpty && !TryBits(value, out _)))
                        return false;
                    ClientBits = TryBits(value, out bits) ? bits : null;
                    return true;
                default:
                    return false;
            }
        }

        private static bool IsFirst(ref bool seen)
        {
            var isFirst = !seen;
            seen = true;
            return isFirst;
        }

        /// <summary>8 to 15, without leading zeros (RFC 7692 § 7.1.2).</summary>
        private static bool TryBits(ReadOnlySpan<char> value, out int bits)
        {
            bits = value is ['8' or '9'] ? value[0] - '0' : value is ['1', >= '0' and <= '5'] ? 10 + value[1] - '0' : 0;
            return bits is >= MinWindowBits and <= MaxWindowBits;
        }
    }
}
