using System.Globalization;
using Hubbub.Compare.Dialects;
using Hubbub.Compare.Servers;

namespace Hubbub.Compare.Peers;

/// <summary>nginx with nchan, as Debian packages them.</summary>
internal sealed class NchanPeer : IPeer
{
    public string Name => "nchan";

    public string Title => "nginx nchan";

    public string Description => "one worker; channels in nginx's shared memory; what was posted is handed on without being read";

    public IDialect Dialect { get; } = new NchanDialect();

    public Launch Launch(Place place)
    {
        var configuration = Path.Combine(place.Folder, "nginx.conf");
        File.WriteAllText(configuration, File.ReadAllText(Path.Combine(place.Root, "bench/peers/nchan/nginx.conf"))
            .Replace("{port}", place.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{ssl}", place.Certificate is null ? "" : " ssl", StringComparison.Ordinal)
            .Replace("{certificate}", Certificate(place.Certificate), StringComparison.Ordinal)
            .Replace("{folder}", place.Folder, StringComparison.Ordinal));
        return new Launch("nginx", ["-p", "/usr/share/nginx", "-c", configuration, "-e", Path.Combine(place.Folder, "error.log")])
        {
            // The master takes its worker with it, unless it is killed.
            EndSignal = "TERM",
        };
    }

    private static string Certificate(CertificateFiles? certificate) => certificate is null
        ? ""
        : $"ssl_certificate {certificate.Path}; ssl_certificate_key {certificate.KeyPath}; ssl_protocols TLSv1.3;";

    public string Version(string root) =>
        $"nchan {CommandOutput.Line("dpkg-query", "-W", "-f", "${Version}", "libnginx-mod-nchan")}, "
        + CommandOutput.Line("nginx", "-v").Replace("nginx version: nginx/", "nginx ", StringComparison.Ordinal);
}
