using System.Diagnostics;
using Hubbub.LocalCluster.Services;

namespace Hubbub.LocalCluster;

/// <summary>A node of a cluster: <c>hubbub serve</c> as a process of its own, to be killed, paused, stopped in good order and started again on the same port.</summary>
public sealed class NodeProcess : ServiceProcess
{
    /// <summary>A node that drains has its time for it.</summary>
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(60);

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly string _executable;

    private NodeProcess(string executable, NodeSettings settings)
    {
        _executable = executable;
        Settings = settings;
    }

    /// <summary>What it is told with its next start.</summary>
    public NodeSettings Settings { get; set; }

    public Uri Url => new($"http://127.0.0.1:{Port}/");

    protected override TimeSpan StopsWithin => LongestStop;

    /// <param name="executable">The program: <c>hubbub</c> itself, or its <c>hubbub.dll</c>.</param>
    /// <param name="settings">What it is told beside its address and folder.</param>
    public static async Task<NodeProcess> StartAsync(string executable, NodeSettings settings)
    {
        var node = new NodeProcess(executable, settings);
        await node.StartOnFreePortAsync();
        return node;
    }

    protected override ProcessStartInfo Command()
    {
        string[] serve = ["serve", "--urls", Url.GetLeftPart(UriPartial.Authority), "--data", Folder, .. Settings.Arguments];
        var command = _executable.EndsWith(".dll", StringComparison.Ordinal)
            ? new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [_executable, .. serve])
            : new ProcessStartInfo(_executable, serve);
        command.WorkingDirectory = Path.GetDirectoryName(_executable)!;

        // What this process was told about itself is not meant for the node; proxies on this machine are believed.
        foreach (var name in command.Environment.Keys.Where(k => k.StartsWith("ASPNETCORE_", StringComparison.Ordinal)).ToList())
            command.Environment.Remove(name);
        command.Environment["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
        foreach (var (name, value) in Settings.Environment)
            command.Environment[name] = value;
        return command;
    }

    protected override async Task<bool> AnswersAsync()
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(Url, "health/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}

/// <summary>What a node is told.</summary>
/// <param name="Arguments">Of <c>serve</c>, beside its address and folder.</param>
/// <param name="Environment">Where secrets are better kept, which every user of a machine could read on a command line.</param>
public sealed record NodeSettings(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>A node of a cluster with this store and broker.</summary>
    public static NodeSettings Of(string store, string broker, params string[] arguments) =>
        new(arguments, new Dictionary<string, string> { ["Hubbub__Store"] = store, ["Hubbub__Broker"] = broker });

    public NodeSettings With(string name, string value) => this with { Environment = new Dictionary<string, string>(Environment) { [name] = value } };
}
