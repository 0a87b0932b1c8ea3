using System.Buffers;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Hubbub.Server.Auth;

/// <summary>What a request's <c>Origin</c> header says about the page that sent it.</summary>
public enum OriginVerdict
{
    /// <summary>Anything that does not read as an origin, <c>null</c> and an empty header included.</summary>
    Foreign,

    /// <summary>There is none: no browser, or a browser's plain same-origin GET.</summary>
    None,

    /// <summary>The page came from the very address that the request goes to.</summary>
    Same,

    /// <summary>The page came from an address on the list.</summary>
    Allowed,
}

/// <summary>
/// Which pages may talk to this server: its own and those of a list. Origins are compared whole, by scheme, host and port (RFC 6454), never by
/// prefix, suffix or pattern. Behind a proxy that ends TLS, scheme and host must be those that the browser sees. Immutable.
/// </summary>
public sealed class Origins
{
    /// <summary>The longest name of DNS and a port, generously.</summary>
    private const int MaxLength = 300;

    private static readonly SearchValues<char> HostAlphabet = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_");
    private static readonly SearchValues<char> AddressAlphabet = SearchValues.Create("abcdef0123456789:.");

    private readonly FrozenSet<WebOrigin> _allowed;

    /// <exception cref="AuthSetupException">An entry is not an origin.</exception>
    public Origins(IEnumerable<string> allowed) => _allowed = allowed
        .Select(text => TryParse(text, out var origin)
            ? origin
            : throw new AuthSetupException($"\"{text}\" is not an origin: write scheme://host or scheme://host:port, and nothing after it."))
        .ToFrozenSet();

    /// <param name="origin">All values of the request's <c>Origin</c> header.</param>
    /// <param name="scheme">http or https: how the request came.</param>
    /// <param name="host">The request's <c>Host</c>, with its port if that is not the scheme's own.</param>
    public OriginVerdict Check(StringValues origin, string scheme, string? host)
    {
        if (origin.Count == 0)
            return OriginVerdict.None;
        if (origin.Count > 1 || !TryParse(origin[0], out var page))
            return OriginVerdict.Foreign;
        if (TryParse($"{scheme}://{host}", out var server) && page == server)
            return OriginVerdict.Same;
        return _allowed.Contains(page) ? OriginVerdict.Allowed : OriginVerdict.Foreign;
    }

    /// <summary>
    /// Reads the one form in which browsers write an origin. Stricter than a URL parser, because those forgive: no user, path, query or end slash,
    /// no empty or padded port, no letters beyond ASCII (browsers send those as punycode).
    /// </summary>
    private static bool TryParse([NotNullWhen(true)] string? text, out WebOrigin origin)
    {
        origin = default;
        if (text is not { Length: <= MaxLength })
            return false;

        text = text.ToLowerInvariant();
        var secure = text.StartsWith("https://", StringComparison.Ordinal);
        if (!secure && !text.StartsWith("http://", StringComparison.Ordinal))
            return false;

        var rest = text.AsSpan(secure ? "https://".Length : "http://".Length);
        var port = secure ? 443 : 80;
        var colon = rest.LastIndexOf(':');
        if (colon > rest.IndexOf(']'))
        {
            if (!TryParsePort(rest[(colon + 1)..], out port))
                return false;
            rest = rest[..colon];
        }

        if (!IsHost(rest))
            return false;
        origin = new WebOrigin(secure, rest.ToString(), port);
        return true;
    }

    private static bool TryParsePort(ReadOnlySpan<char> digits, out int port) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535 && digits[0] != '0';

    private static bool IsHost(ReadOnlySpan<char> host) => host switch
    {
        [] => false,
        ['[', .. var address, ']'] => address.Length > 0 && !address.ContainsAnyExcept(AddressAlphabet),
        _ => !host.ContainsAnyExcept(HostAlphabet),
    };

    private readonly record struct WebOrigin(bool Secure, string Host, int Port);
}
