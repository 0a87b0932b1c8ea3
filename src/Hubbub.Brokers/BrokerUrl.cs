using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Hubbub.Brokers;

/// <summary>
/// Where a broker is, as an operator writes it: <c>scheme://user:password@host:port,host:port/path?cluster=name</c>. User and password are percent-encoded. As text
/// (<see cref="ToString"/>) it has no password and may be logged.
/// </summary>
public sealed class BrokerUrl
{
    /// <summary>What keeps two clusters on one broker apart, unless the URL says otherwise.</summary>
    public const string DefaultCluster = "hubbub";

    private const int MaxClusterLength = 32;

    private static readonly SearchValues<char> ClusterLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-");

    private BrokerUrl(string scheme) => Scheme = scheme;

    public string Scheme { get; }

    public string? User { get; private init; }

    public string? Password { get; private init; }

    /// <summary>At least one; the port is the scheme's own where none was written.</summary>
    public IReadOnlyList<(string Host, int Port)> Servers { get; private init; } = [];

    /// <summary>What follows the slash, decoded; null if there is no slash or nothing after it.</summary>
    public string? Path { get; private init; }

    /// <summary>1–32 of <c>a–z 0–9 _ -</c>: nodes that name the same hear each other.</summary>
    public string Cluster { get; private init; } = DefaultCluster;

    /// <summary>What else the query says, for the kind of broker to judge.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; private init; } = new Dictionary<string, string>();

    /// <summary>Whether the text is a URL at all, of whatever scheme; other values of the setting are words.</summary>
    public static bool IsUrl([NotNullWhen(true)] string? text) => text?.Contains("://", StringComparison.Ordinal) == true;

    /// <summary>Reads a URL of one of the schemes (with their own ports).</summary>
    /// <exception cref="BrokerUrlException">It is not one; the message says what is wrong and never shows the password.</exception>
    public static BrokerUrl Parse(string text, IReadOnlyDictionary<string, int> schemes)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(schemes);
        var parts = text.Split("://", 2);
        if (parts.Length < 2)
            throw new BrokerUrlException($"A broker's URL begins with {string.Join(" or ", schemes.Keys.Select(s => s + "://"))}.");
        if (!schemes.TryGetValue(parts[0], out var port))
            throw new BrokerUrlException($"There is no broker of the kind '{parts[0]}'; there are {string.Join(", ", schemes.Keys.Select(s => s + "://"))}.");

        var (scheme, rest) = (parts[0], parts[1]);
        var (beforeQuery, query) = Cut(rest, '?');
        var (authority, path) = Cut(beforeQuery, '/');

        // A password with a question mark in it would go on here, and be shown as the name of a setting.
        if (query?.Contains('@', StringComparison.Ordinal) == true)
            throw new BrokerUrlException($"The broker's URL ({scheme}://…) has an @ after its question mark: write special characters of a password percent-encoded.");
        var at = authority.LastIndexOf('@');
        var (user, password) = at < 0 ? (null, null) : Cut(authority[..at], ':');
        var settings = SettingsOf(query);
        var cluster = settings.Remove("cluster", out var named) ? named : DefaultCluster;
        if (cluster.Length is 0 or > MaxClusterLength || cluster.AsSpan().ContainsAnyExcept(ClusterLetters))
            throw new BrokerUrlException($"The broker's URL ({scheme}://…) names a cluster that cannot be: 1–{MaxClusterLength} of a–z, 0–9, _ and -.");
        return new BrokerUrl(scheme)
        {
            User = Decoded(user),
            Password = Decoded(password),
            Servers = [.. authority[(at + 1)..].Split(',').Select(server => Server(scheme, server, port))],
            Path = Decoded(path),
            Cluster = cluster,
            Settings = settings,
        };
    }

    /// <summary>The same with one of its servers.</summary>
    internal BrokerUrl On((string Host, int Port) server) => new(Scheme)
    {
        User = User,
        Password = Password,
        Servers = [server],
        Path = Path,
        Cluster = Cluster,
        Settings = Settings,
    };

    /// <summary>For kinds that have no settings of their own.</summary>
    internal void RefuseSettings()
    {
        if (Settings.Count > 0)
            throw new BrokerUrlException($"The broker's URL ({Scheme}://…) has a setting '{Settings.Keys.First()}', which there is not; there is cluster.");
    }

    /// <summary>A sentence of somebody else's, without our password.</summary>
    internal string WithoutSecrets(string sentence) => string.IsNullOrEmpty(Password) ? sentence : sentence.Replace(Password, "***", StringComparison.Ordinal);

    /// <summary>Scheme and servers, for logs.</summary>
    public override string ToString() => $"{Scheme}://{string.Join(',', Servers.Select(s => Written(s.Host, s.Port)))}";

    internal static string Written(string host, int port) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";

    private static (string Before, string? After) Cut(string text, char separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
    }

    private static string? Decoded(string? text) => string.IsNullOrEmpty(text) ? null : Uri.UnescapeDataString(text);

    private static (string Host, int Port) Server(string scheme, string text, int usualPort)
    {
        // An IPv6 address stands in brackets, because it has colons itself.
        var end = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) : -1;
        var colon = text.IndexOf(':', end + 1);
        var host = end > 0 ? text[1..end] : colon < 0 ? text : text[..colon];
        var port = usualPort;
        var isPort = colon < 0 || (int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and < 65_536);
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown || !isPort)
            throw new BrokerUrlException($"The broker's URL ({scheme}://…) names no server that could be: write host or host:port, and special characters of a password percent-encoded.");
        return (host, port);
    }

    private static Dictionary<string, string> SettingsOf(string? query)
    {
        var settings = new Dictionary<string, string>();
        foreach (var pair in (query ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = Cut(pair, '=');
            settings[Uri.UnescapeDataString(name)] = Uri.UnescapeDataString(value ?? "");
        }

        return settings;
    }
}

/// <summary>A broker's URL cannot be used; the message says why, and never shows a password.</summary>
public sealed class BrokerUrlException : Exception
{
    public BrokerUrlException(string message) : base(message) { }
}
