using System.Security.Cryptography;
using Hubbub.Core.Cluster;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Server.Transports;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Hubbub.Server.Operations;

/// <summary>What this node says of itself to the cluster. Thread-safe.</summary>
internal sealed class ThisNode(HubbubOptions options, Connections connections, Hub hub, Appender appender, IServer server)
{
    private const int ShortestToken = 16;
    private static readonly Uri Unknown = new("http://localhost/");

    private readonly HubbubOptions _options = options.OperatorToken is { Length: > 0 and < ShortestToken }
        ? throw new NodeSetupException($"The operator's token is shorter than {ShortestToken} characters.")
        : options;
    private volatile bool _isDraining;

    /// <summary>The machine's name and a part that is drawn anew at each start.</summary>
    public string Id { get; } = NameOfMachine() + "-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));

    /// <summary>Where clients reach this very node; null if they cannot.</summary>
    public Uri? Url { get; } = options.NodeUrl is { Length: > 0 } url ? ReadUrl(url) : null;

    public bool IsDraining
    {
        get => _isDraining;
        set => _isDraining = value;
    }

    public NodeStatus Status() => new(
        Id, Url ?? Listening(), Url is not null, IsDraining ? NodeState.Draining : NodeState.Up, connections.Count,
        _options.Role.ServesConnections() ? _options.MaxConnections : 0, hub.LiveRooms, appender.Stored);

    private static Uri ReadUrl(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var read) && read.Scheme is "http" or "https"
            ? read
            : throw new NodeSetupException($"--node-url is where clients reach this node, such as http://node1.example.org:5080; '{url}' is no such address.");

    private static string NameOfMachine()
    {
        var name = new string([.. Environment.MachineName.Where(char.IsAsciiLetterOrDigit).Take(40)]);
        return name.Length == 0 ? "node" : name.ToLowerInvariant();
    }

    private Uri Listening()
    {
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        return Uri.TryCreate(address?.Replace("//*:", "//0.0.0.0:", StringComparison.Ordinal).Replace("//+:", "//0.0.0.0:", StringComparison.Ordinal), UriKind.Absolute, out var uri) ? uri : Unknown;
    }
}

/// <summary>This node's place in the cluster is set wrongly; the message says what to do.</summary>
public sealed class NodeSetupException(string message) : Exception(message);
