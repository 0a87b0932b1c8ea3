using System.Globalization;
using Hubbub.Compare.Dialects;
using Hubbub.Compare.Servers;

namespace Hubbub.Compare.Peers;

/// <summary>A server that takes part: how it is started and spoken to. Everything else is the same for all.</summary>
internal interface IPeer
{
    /// <summary>What it is called on the command line and in files.</summary>
    string Name { get; }

    /// <summary>What it is called in tables.</summary>
    string Title { get; }

    /// <summary>One line: what exactly is measured.</summary>
    string Description { get; }

    IDialect Dialect { get; }

    /// <summary>Posts go as HTTP requests of Hubbub's API instead of on a socket.</summary>
    bool PostsOverHttp => false;

    /// <summary>A reader that was cut off is promised everything that it missed.</summary>
    bool ResumesReaders => false;

    /// <summary>The scenarios that it takes part in, as letters.</summary>
    string Scenarios => "ABCDEFGH";

    /// <summary>False if the built program does not know this variant, which then takes no part.</summary>
    bool IsAvailable(string root) => true;

    Launch Launch(Place place);

    /// <summary>Programs and versions, for the report.</summary>
    string Version(string root);
}

/// <param name="Root">The repository.</param>
/// <param name="Folder">An empty folder, the server's for the time of the run.</param>
/// <param name="Port">Where on 127.0.0.1 to listen.</param>
/// <param name="Certificate">What to show as a server of TLS; null to serve plain text.</param>
internal sealed record Place(string Root, string Folder, int Port, CertificateFiles? Certificate)
{
    public string Address => string.Create(CultureInfo.InvariantCulture, $"{(Certificate is null ? "http" : "https")}://127.0.0.1:{Port}");

    /// <summary>What Kestrel must find in the environment to serve at <see cref="Address"/>.</summary>
    public IReadOnlyDictionary<string, string> KestrelSettings => Certificate is null ? new Dictionary<string, string>() : Certificate.KestrelSettings;
}

/// <summary>What to start; the program must stay in the foreground.</summary>
internal sealed record Launch(string Program, IReadOnlyList<string> Arguments)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>What ends it when the comparison is killed.</summary>
    public string EndSignal { get; init; } = "KILL";
}
