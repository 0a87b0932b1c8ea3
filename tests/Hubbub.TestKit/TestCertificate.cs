using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hubbub.TestKit;

/// <summary>A certificate for the loopback address, signed by itself, made anew for each run, and trusted by nobody but the run's own clients. Thread-safe.</summary>
public static class TestCertificate
{
    private static readonly Lazy<X509Certificate2> Made = new(Make);
    private static readonly Lazy<DirectoryInfo> Folder = new(Write);

    /// <summary>With its private key.</summary>
    public static X509Certificate2 Shared => Made.Value;

    /// <summary>With its private key and no password, for a server that is another process; gone when this one ends.</summary>
    public static string PfxFile => Path.Combine(Folder.Value.FullName, "server.pfx");

    /// <summary>Without the key, for a client that is another process; gone when this one ends.</summary>
    public static string PemFile => Path.Combine(Folder.Value.FullName, "server.pem");

    /// <summary>The private key as text, for a proxy that ends TLS.</summary>
    public static string PrivateKeyPem()
    {
        using var key = Shared.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem();
    }

    /// <summary>Trusts this certificate and no other.</summary>
    public static bool IsShown(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) =>
        shown is not null && shown.GetRawCertData().AsSpan().SequenceEqual(Shared.RawData);

    private static X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

        // The platform wants a key that it has loaded itself.
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
    }

    private static DirectoryInfo Write()
    {
        // Only its owner may look into such a folder.
        var folder = Directory.CreateTempSubdirectory("hubbub-test-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        File.WriteAllBytes(Path.Combine(folder.FullName, "server.pfx"), Shared.Export(X509ContentType.Pfx));
        File.WriteAllText(Path.Combine(folder.FullName, "server.pem"), Shared.ExportCertificatePem());
        return folder;
    }
}
