using System.Diagnostics;
using System.Net.Sockets;

namespace Hubbub.LocalCluster.Services;

/// <summary>NGINX from Debian's package, with a configuration that is given as text and may be changed while it runs.</summary>
public sealed class NginxServer : ServiceProcess
{
    private readonly Func<NginxServer, string> _configuration;

    private NginxServer(Func<NginxServer, string> configuration) => _configuration = configuration;

    public Uri Url => new($"http://127.0.0.1:{Port}/");

    private string ConfigurationFile => Path.Combine(Folder, "nginx.conf");

    /// <param name="configuration">The whole configuration, which listens on <see cref="ServiceProcess.Port"/> and keeps its files in <see cref="ServiceProcess.Folder"/>; asked again with each reload.</param>
    public static async Task<NginxServer> StartAsync(Func<NginxServer, string> configuration)
    {
        var server = new NginxServer(configuration);
        await server.StartOnFreePortAsync();
        return server;
    }

    /// <summary>Reads the configuration anew. Connections that are open live on with the old one.</summary>
    /// <exception cref="InvalidOperationException">NGINX does not accept it; the message has its words, and it goes on with the old one.</exception>
    public async Task ReloadAsync()
    {
        await File.WriteAllTextAsync(ConfigurationFile, _configuration(this));
        await RunAsync(new ProcessStartInfo("nginx", ["-t", "-q", "-c", ConfigurationFile, "-e", "stderr"]));
        const int Reload = 1;
        ProcessTree.Signal(Pid, Reload);
    }

    protected override ProcessStartInfo Command()
    {
        File.WriteAllText(ConfigurationFile, _configuration(this));
        return new ProcessStartInfo("nginx", ["-c", ConfigurationFile, "-e", "stderr", "-g", "daemon off;"]);
    }

    protected override Task<bool> AnswersAsync() => Listening.AtAsync(Port);
}

/// <summary>Whether somebody takes connections.</summary>
internal static class Listening
{
    public static async Task<bool> AtAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
