using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Microsoft.Extensions.Primitives;

namespace Hubbub.Server.Auth;

/// <summary>
/// The session of a browser: its token in a cookie that no script reads and no other site's page sends. It is never enough alone;
/// see <see cref="Authenticator"/>.
/// </summary>
public static class SessionCookie
{
    public const string Name = "hubbub_session";

    /// <summary>In characters. Browsers drop a cookie whose name, value and attributes pass 4096 bytes, without a word.</summary>
    public const int MaxTokenLength = 3800;

    /// <summary>Keeps the request's bearer token, which <paramref name="caller"/> was known by, as the browser's session.</summary>
    public static Refusal? Begin(HttpContext http, Caller caller)
    {
        if (!Authenticator.TryReadBearer(http.Request.Headers.Authorization, out var token))
            return Refusals.BadRequest("Send the token that the session is to keep as Authorization: Bearer.");
        if (token.Length > MaxTokenLength)
            return Refusals.TooLarge($"A token of more than {MaxTokenLength} characters does not fit into a cookie.");

        http.Response.Cookies.Append(Name, token, Options(http, caller.ExpiresAt));
        return null;
    }

    /// <summary>Keeps who has just signed in as the browser's session. A token of ours always fits.</summary>
    public static void Begin(HttpContext http, SignIn signIn) => http.Response.Cookies.Append(Name, signIn.Token, Options(http, signIn.Caller.ExpiresAt));

    public static void End(HttpContext http) => http.Response.Cookies.Delete(Name, Options(http, null));

    /// <summary>Finds the cookie among the values of the <c>Cookie</c> header (RFC 6265 § 4.2).</summary>
    /// <param name="header">All values of the header.</param>
    /// <param name="token">
    /// Null if the cookie is there more than once: another host of our domain may plant a second one, and we cannot tell which is ours.
    /// </param>
    /// <returns>Whether it is there at all.</returns>
    internal static bool IsIn(StringValues header, out string? token)
    {
        token = null;
        var found = 0;
        foreach (var line in header)
        {
            foreach (var range in line.AsSpan().Split(';'))
            {
                var pair = line.AsSpan()[range].Trim(" \t");
                var equals = pair.IndexOf('=');
                if (equals < 0 || !pair[..equals].SequenceEqual(Name))
                    continue;
                token = ++found == 1 ? pair[(equals + 1)..].ToString() : null;
            }
        }

        return found > 0;
    }

    private static CookieOptions Options(HttpContext http, DateTimeOffset? expires) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = http.Request.IsHttps,
        Path = "/",
        Expires = expires,
        IsEssential = true,
    };
}
