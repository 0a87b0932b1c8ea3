namespace Hubbub.TestKit;

/// <summary>
/// Over what the contract tests speak to their servers, chosen for a whole run by the environment, so that the same tests run unchanged on each. The carrier, and how it writes, is the server's own
/// setting (<c>Hubbub__Carrier</c>, <c>Hubbub__Io</c>).
/// </summary>
public static class Variant
{
    /// <summary><c>HUBBUB_TEST_TLS=1</c>: servers have <see cref="TestCertificate"/> and speak <c>https</c> and <c>wss</c> only.</summary>
    public static bool Tls { get; } = IsAskedFor("HUBBUB_TEST_TLS");

    /// <summary><c>HUBBUB_TEST_DEFLATE=1</c>: servers compress, and every WebSocket of a test client offers permessage-deflate.</summary>
    public static bool Deflate { get; } = IsAskedFor("HUBBUB_TEST_DEFLATE");

    /// <summary>Of the servers' addresses: <c>http</c> or <c>https</c>.</summary>
    public static string Scheme => Tls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;

    private static bool IsAskedFor(string name) => Environment.GetEnvironmentVariable(name) switch
    {
        null or "" or "0" => false,
        "1" => true,
        var other => throw new InvalidOperationException($"{name} is 1 or 0, not '{other}'."),
    };
}
