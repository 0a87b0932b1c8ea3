using System.Buffers;
using System.Net;
using System.Text;
using Hubbub.Server.Auth;
using Hubbub.Server.Transports.WebSockets;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Hubbub.Server.Transports.Loops;

/// <summary>What the first bytes of a connection are.</summary>
internal enum HeadKind
{
    /// <summary>So far it may become an upgrade of ours.</summary>
    Incomplete,

    /// <summary>Kestrel's: another request, or one that is to be refused; it answers, and has the bytes untouched.</summary>
    Other,

    /// <summary>A proper WebSocket upgrade of our path.</summary>
    Upgrade,
}

/// <summary>
/// The head of a request, read by Kestrel's own parser from bytes that stay in the socket. Only what is right in every point is an upgrade; at the least doubt the connection is Kestrel's, so that
/// whatever is refused is refused there, with the same words on both carriers.
/// </summary>
internal sealed class UpgradeHead : IHttpRequestLineHandler, IHttpHeadersHandler
{
    /// <summary>As many bytes of a head are looked at; a longer one is Kestrel's.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>Kestrel's own default.</summary>
    private const int MaxHeaders = 100;

    private static readonly HttpParser<UpgradeHead> Parser = new();

    private readonly Dictionary<string, StringValues> _headers = new(StringComparer.OrdinalIgnoreCase);
    private int _count;
    private bool _isStrange;
    private string _query = "";

    private UpgradeHead()
    {
    }

    /// <summary>Bytes of the head; what lies behind them are frames already.</summary>
    public int Length { get; private set; }

    public string Key => Of(HeaderNames.SecWebSocketKey).ToString();

    public StringValues Subprotocols => Of(HeaderNames.SecWebSocketProtocol);

    public StringValues Extensions => Of(HeaderNames.SecWebSocketExtensions);

    /// <summary>Everything that may say who sent it.</summary>
    /// <param name="believesProxy">Whether <c>X-Forwarded-Proto</c> says how the client reached us, as ASP.NET Core's own setting decides for all other requests.</param>
    public RequestCredentials CredentialsOf(bool believesProxy) => new()
    {
        Scheme = believesProxy && LastOf("X-Forwarded-Proto") is { } forwarded ? forwarded : "http",
        Host = Of(HeaderNames.Host).ToString(),
        Origin = Of(HeaderNames.Origin),
        Authorization = Of(HeaderNames.Authorization),
        Subprotocols = Subprotocols,
        Ticket = _query.Length == 0 ? default : QueryHelpers.ParseQuery(_query).GetValueOrDefault("ticket"),
        Cookie = Of(HeaderNames.Cookie),
        FetchSite = Of("Sec-Fetch-Site"),
    };

    /// <summary>Whose connection it is by the word of the proxy nearest to us: the last one of <c>X-Forwarded-For</c>. Null if there is no such word, or it is not believed.</summary>
    public IPAddress? ClientAddress(bool believesProxy) =>
        believesProxy && LastOf("X-Forwarded-For") is { } forwarded && IPAddress.TryParse(forwarded, out var address) ? address : null;

    /// <summary>Looks at what a connection has sent so far.</summary>
    public static HeadKind Read(ReadOnlySpan<byte> bytes, out UpgradeHead? head)
    {
        head = null;
        if (!MayBeOurs(bytes))
            return HeadKind.Other;
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return bytes.Length >= MaxLength ? HeadKind.Other : HeadKind.Incomplete;

        // The parser wants memory; a head comes once in a connection's life.
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(bytes[..(end + 4)].ToArray()));
        var parsed = new UpgradeHead();
        try
        {
            if (!Parser.ParseRequestLine(parsed, ref reader) || !Parser.ParseHeaders(parsed, ref reader) || reader.Remaining > 0)
                return HeadKind.Other;
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException)
        {
            return HeadKind.Other;
        }

        parsed.Length = end + 4;
        if (!parsed.IsUpgrade())
            return HeadKind.Other;
        head = parsed;
        return HeadKind.Upgrade;
    }

    void IHttpRequestLineHandler.OnStartLine(HttpVersionAndMethod versionAndMethod, TargetOffsetPathLength targetPath, Span<byte> startLine)
    {
        // A target of another form, or an encoded path, may mean the same; Kestrel knows.
        var target = startLine[targetPath.Offset..];
        var path = target[..targetPath.Length];
        _isStrange |= versionAndMethod.Method != Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http.HttpMethod.Get
            || versionAndMethod.Version != Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http.HttpVersion.Http11
            || targetPath.IsEncoded || !path.SequenceEqual("/ws"u8) || !Ascii.IsValid(target);
        _query = Encoding.ASCII.GetString(target[path.Length..]);
    }

    void IHttpHeadersHandler.OnHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        _isStrange |= ++_count > MaxHeaders || !Ascii.IsValid(name) || !Ascii.IsValid(value) || value.Contains((byte)0);
        var key = Encoding.ASCII.GetString(name);
        _headers[key] = StringValues.Concat(Of(key), Encoding.ASCII.GetString(value));
    }

    void IHttpHeadersHandler.OnHeadersComplete(bool endStream)
    {
    }

    void IHttpHeadersHandler.OnStaticIndexedHeader(int index) => throw new NotSupportedException("HTTP/1.1 has no indexed headers.");

    void IHttpHeadersHandler.OnStaticIndexedHeader(int index, ReadOnlySpan<byte> value) => throw new NotSupportedException("HTTP/1.1 has no indexed headers.");

    private static bool MayBeOurs(ReadOnlySpan<byte> bytes)
    {
        var begin = "GET /ws"u8;
        return bytes.Length <= begin.Length
            ? begin.StartsWith(bytes)
            : bytes.StartsWith(begin) && bytes[begin.Length] is (byte)' ' or (byte)'?';
    }

    /// <summary>What the proxy nearest to us says: the last of them.</summary>
    private string? LastOf(string name)
    {
        var last = Of(name).LastOrDefault()?.Split(',')[^1].Trim();
        return string.IsNullOrEmpty(last) ? null : last;
    }

    private StringValues Of(string name) => _headers.GetValueOrDefault(name);

    private bool IsUpgrade() =>
        !_isStrange
        && Of(HeaderNames.Host).Count == 1 && IsPlainHost(Of(HeaderNames.Host)[0]!)
        && Handshake.Offers(Of(HeaderNames.Connection), "Upgrade", StringComparison.OrdinalIgnoreCase)
        && Of(HeaderNames.Upgrade) is [{ } upgrade] && upgrade.Equals("websocket", StringComparison.OrdinalIgnoreCase)
        && Of(HeaderNames.SecWebSocketVersion) is [Handshake.Version]
        && Of(HeaderNames.SecWebSocketKey) is [{ } key] && Handshake.IsKey(key)
        && Of(HeaderNames.ContentLength).Count == 0 && Of(HeaderNames.TransferEncoding).Count == 0 && Of(HeaderNames.Expect).Count == 0;

    /// <summary>A name or address with or without a port; anything else is for Kestrel to judge.</summary>
    private static bool IsPlainHost(string host)
    {
        foreach (var c in host)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_' or ':' or '[' or ']'))
                return false;
        }

        return host.Length > 0 && Uri.TryCreate($"http://{host}/", UriKind.Absolute, out _);
    }
}
