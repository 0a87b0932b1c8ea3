using System.Globalization;
using System.Text.Json;
using Hubbub.Compare.Dialects;

namespace Hubbub.Compare.Peers;

/// <summary>A peer in <c>bench/peers</c> that is a <c>server.js</c> and one package of the npm registry, by which it is named.</summary>
internal sealed class NodePeer(string name, string title, string description, IDialect dialect) : IPeer
{
    public string Name => name;

    public string Title => title;

    public string Description => description;

    public IDialect Dialect => dialect;

    /// <summary>The runtime, below the peer's folder; null for the system's Node.</summary>
    public string? Runtime { get; init; }

    public Launch Launch(Place place)
    {
        var folder = Folder(place.Root);
        return new Launch(
            Runtime is null ? "node" : Path.Combine(folder, Runtime),
            [
                Path.Combine(folder, "server.js"), place.Port.ToString(CultureInfo.InvariantCulture),
                .. place.Certificate is { } certificate ? [certificate.Path, certificate.KeyPath] : Array.Empty<string>(),
            ])
        {
            Environment = new Dictionary<string, string> { ["NODE_ENV"] = "production" },
        };
    }

    public string Version(string root)
    {
        using var package = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder(root), "node_modules", name, "package.json")));
        var version = package.RootElement.GetProperty("version").GetString()!;
        return Runtime is null ? $"{version} on Node {CommandOutput.Line("node", "--version").TrimStart('v')}" : version;
    }

    private string Folder(string root) => Path.Combine(root, "bench/peers", name);
}
