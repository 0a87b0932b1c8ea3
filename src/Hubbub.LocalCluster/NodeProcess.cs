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
    private readonly string[] _arguments;

    private NodeProcess(string executable, string[] arguments)
    {
        _executable = executable;
        _arguments = arguments;
    }

    public Uri Url => new($"http://127.0.0.1:{Port}/");

    protected override TimeSpan StopsWithin => LongestStop;

    /// <param name="executable">The program: <c>hubbub</c> itself, or its <c>hubbub.dll</c>.</param>
    /// <param name="arguments">What <c>serve</c> is told beside its address and folder.</param>
    public static async Task<NodeProcess> StartAsync(string executable, params string[] arguments)
    {
        var node = new NodeProcess(executable, arguments);
        await node.StartOnFreePortAsync();
        return node;
    }

    protected override ProcessStartInfo Command()
    {
        string[] serve = ["serve", "--urls", Url.GetLeftPart(UriPartial.Authority), "--data", Folder, .. _arguments];
        var command = _executable.EndsWith(".dll", StringComparison.Ordinal)
            ? new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [_executable, .. serve])
            : new ProcessStartInfo(_executable, serve);
        command.WorkingDirectory = Path.GetDirectoryName(_executable)!;

        // What this process was told about itself is not meant for the node; proxies on this machine are believed.
        foreach (var name in command.Environment.Keys.Where(k => k.StartsWith("ASPNETCORE_", StringComparison.Ordinal)).ToList())
            command.Environment.Remove(name);
        command.Environment["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
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
