using Hubbub.Compare.Peers;
using Hubbub.Compare.Servers;
using Hubbub.TestKit;
using Xunit;

namespace Hubbub.UnitTests.Load;

public sealed class ComparePeersTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hubbub-peers-");

    public static TheoryData<string> TlsPeers => [.. Roster.All.Where(peer => peer.Scenarios.Contains('F', StringComparison.Ordinal)).Select(peer => peer.Name)];

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Everybody_ends_TLS_but_variants_that_would_not_differ() => Assert.Equal(
        ["hubbub-stream", "hubbub-send", "hubbub-sqlite", "hubbub-sqlite-http"],
        Roster.All.Where(peer => !peer.Scenarios.Contains('F', StringComparison.Ordinal)).Select(peer => peer.Name));

    [Theory]
    [MemberData(nameof(TlsPeers))]
    public void A_server_is_told_its_certificate_and_only_with_TLS(string name)
    {
        var certificate = CertificateFiles.Make(_folder.FullName);
        var peer = Roster.All.First(one => one.Name == name);

        var told = Told(peer, certificate);
        Assert.Contains(certificate.Path, told, StringComparison.Ordinal);
        Assert.Contains(certificate.KeyPath, told, StringComparison.Ordinal);
        Assert.DoesNotContain(certificate.Path, Told(peer, null), StringComparison.Ordinal);
    }

    /// <summary>Its arguments, its environment, and the configuration that was written for it.</summary>
    private string Told(IPeer peer, CertificateFiles? certificate)
    {
        var launch = peer.Launch(new Place(RepositoryRoot.Path, _folder.FullName, 9, certificate));
        return string.Join('\n', [.. launch.Arguments, .. launch.Environment.Values, .. _folder.GetFiles("*.conf").Select(file => File.ReadAllText(file.FullName))]);
    }
}
