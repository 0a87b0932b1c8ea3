using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hubbub.Compare.Servers;

/// <summary>A self-signed certificate for 127.0.0.1 and its private key as PEM files, made for one run and removed with its folder.</summary>
/// <param name="Path">The certificate.</param>
/// <param name="KeyPath">Its key, of elliptic curve P-256, without a password.</param>
internal sealed record CertificateFiles(string Path, string KeyPath)
{
    /// <summary>What Kestrel reads from the environment in order to serve https with these.</summary>
    public IReadOnlyDictionary<string, string> KestrelSettings { get; } = new Dictionary<string, string>
    {
        ["Kestrel__Certificates__Default__Path"] = Path,
        ["Kestrel__Certificates__Default__KeyPath"] = KeyPath,
    };

    /// <param name="folder">Nobody else may read what is in it.</param>
    public static CertificateFiles Make(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());

        // From yesterday on, so that no two clocks have to agree.
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var files = new CertificateFiles(System.IO.Path.Combine(folder, "certificate.pem"), System.IO.Path.Combine(folder, "key.pem"));
        File.WriteAllText(files.Path, certificate.ExportCertificatePem());
        File.WriteAllText(files.KeyPath, key.ExportPkcs8PrivateKeyPem());
        return files;
    }
}
