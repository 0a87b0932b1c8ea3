using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Auth;

/// <summary>
/// Makes our own tokens and judges everybody's: JWTs (RFC 7519) signed with HS256, RS256 or ES256 by a key that is configured here. Before the
/// signature is confirmed nothing of the payload is read, and every refusal is the same sentence. Thread-safe; no input makes it throw.
/// </summary>
/// <remarks>
/// The verification is written out here on the framework's primitives, since what needs care is the strictness around them: one spelling
/// of a token, no repeated names, no <c>crit</c>, kind of key decides the algorithm, no exceptions on the path of an attacker.
/// </remarks>
public sealed partial class Tokens
{
    /// <summary>The <c>iss</c> of our own tokens, and of no others.</summary>
    public const string OwnIssuer = "hubbub";

    /// <summary>The <c>kid</c> of our own key.</summary>
    public const string OwnKid = "hubbub";

    /// <summary>In characters. Longer ones are refused unseen.</summary>
    public const int MaxLength = 8 * 1024;

    /// <summary>
    /// In characters. Longer ones (with a great many grants) are checked at each use: they are rare, and would be most of the cache's memory.
    /// </summary>
    internal const int MaxCachedLength = 2 * 1024;

    private static readonly byte[] Header = """{"alg":"HS256","typ":"JWT","kid":"hubbub"}"""u8.ToArray();

    private readonly SigningKey _key;
    private readonly TokenOptions _options;
    private readonly TokenKeys _keys;
    private readonly TokenClaims _claims;
    private readonly Amendments _amendments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile TokenCache _cache;

    /// <exception cref="AuthSetupException">The options name a key that cannot be used, or make no sense.</exception>
    public Tokens(SigningKey key, TokenOptions options, Amendments amendments, TimeProvider time, ILogger<Tokens> logger)
    {
        options.Check();
        _key = key;
        _options = options;
        _keys = new TokenKeys(key, options, time, logger);
        _claims = new TokenClaims(options);
        _amendments = amendments;
        _time = time;
        _logger = logger;
        _cache = new TokenCache(_keys.Current());
    }

    internal int Cached => _cache.Count;

    /// <summary>Makes a token of ours. Times are whole seconds; the returned expiry is exactly the token's.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="lifetime">A second or more.</param>
    /// <param name="generation">How often the user has signed out everywhere so far.</param>
    public IssuedToken Issue(User user, TimeSpan lifetime, long generation = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lifetime, TimeSpan.FromSeconds(1));
        var now = _time.GetUtcNow();
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds((now + lifetime).ToUnixTimeSeconds());

        var payload = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(payload))
        {
            json.WriteStartObject();
            json.WriteString("iss", OwnIssuer);
            json.WriteString("aud", _options.Audience);
            json.WriteString("sub", user.Id.Value);
            json.WriteString("name", user.Name);
            json.WriteNumber("iat", now.ToUnixTimeSeconds());
            json.WriteNumber("exp", expiresAt.ToUnixTimeSeconds());
            if (generation > 0)
                json.WriteNumber(TokenClaims.Generation, generation);
            json.WriteEndObject();
        }

        return new IssuedToken(CompactToken.Sign(Header, payload.WrittenSpan, _key.Secret), expiresAt);
    }

    /// <summary>Who bears this token, or why it does not count: <c>unauthenticated</c> or <c>token_expired</c>.</summary>
    public Outcome<Caller> Validate(string? token)
    {
        if (token is not { Length: > 0 and <= MaxLength })
            return Refuse("it is empty or too long");

        var now = _time.GetUtcNow();
        var cache = CurrentCache();
        var cached = token.Length <= MaxCachedLength;
        var digest = cached ? TokenDigest.Of(token) : default;
        if (cached && cache.TryGet(digest, out var known))
            return now < known.ExpiresAt ? Amend(known) : Refusals.TokenExpired;

        var outcome = Verify(token, cache.Ring, now);
        if (!outcome.Is(out var caller, out _))
            return outcome;
        if (cached)
            cache.Add(digest, caller);
        return Amend(caller);
    }

    /// <summary>The bearer of a token that was judged before, as they are now; or that it counts no more. Asks nobody.</summary>
    public Outcome<Caller> Amend(Caller caller) => _amendments.Apply(caller);

    private Outcome<Caller> Verify(string text, KeyRing ring, DateTimeOffset now)
    {
        if (CompactToken.Read(text) is not { } token || token.DecodeHeader() is not { } headerJson)
            return Refuse("it is not three parts of base64url");
        if (TokenHeader.Read(headerJson, out var header) is { } flaw)
            return Refuse(flaw);

        try
        {
            if (!ring.TryConfirm(token, header, out var key))
                return Refuse("no key of ours confirms it");
            return token.DecodePayload() is { } payload
                ? _claims.Judge(payload, ring.IsOwn(key), now)
                : Refuse("its payload is not base64url");
        }
        catch (CryptographicException)
        {
            return Refuse("its signature cannot be checked");
        }
    }

    /// <summary>What other keys confirmed counts no more: the cache of another key ring is left behind.</summary>
    private TokenCache CurrentCache()
    {
        var ring = _keys.Current();
        var cache = _cache;
        if (ReferenceEquals(cache.Ring, ring))
            return cache;
        return _cache = new TokenCache(ring);
    }

    private Refusal Refuse(string reason)
    {
        Log.Refused(_logger, reason);
        return Refusals.Unauthenticated;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Refused a token: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}

public sealed record IssuedToken(string Token, DateTimeOffset ExpiresAt)
{
    /// <summary>Without the token, for it may end up in a log.</summary>
    public override string ToString() => $"A token until {ExpiresAt:O}";
}
