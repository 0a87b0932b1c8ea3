using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Hubbub.LocalCluster.Services;

/// <summary>HAProxy from Debian's package, with a configuration that is given as text, and its runtime socket.</summary>
public sealed class HaproxyServer : ServiceProcess
{
    private readonly Func<HaproxyServer, string> _configuration;

    private HaproxyServer(Func<HaproxyServer, string> configuration) => _configuration = configuration;

    public Uri Url => new($"http://127.0.0.1:{Port}/");

    /// <summary>Where the configuration has to put the runtime socket, at <c>level admin</c>.</summary>
    public string Socket => Path.Combine(Folder, "admin.sock");

    /// <param name="configuration">The whole configuration, which binds <see cref="ServiceProcess.Port"/> and <see cref="Socket"/>.</param>
    public static async Task<HaproxyServer> StartAsync(Func<HaproxyServer, string> configuration)
    {
        var server = new HaproxyServer(configuration);
        await server.StartOnFreePortAsync();
        return server;
    }

    /// <summary>Gives the runtime socket one command, and returns the answer.</summary>
    public async Task<string> AskAsync(string command)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
        await socket.SendAsync(Encoding.ASCII.GetBytes(command + "\n"));
        using var reader = new StreamReader(new NetworkStream(socket));
        return await Eventually.WithinAsync($"HAProxy answers '{command}'", reader.ReadToEndAsync());
    }

    protected override ProcessStartInfo Command()
    {
        var file = Path.Combine(Folder, "haproxy.cfg");
        File.WriteAllText(file, _configuration(this));
        return new ProcessStartInfo("haproxy", ["-f", file, "-db"]);
    }

    protected override Task<bool> AnswersAsync() => Listening.AtAsync(Port);
}
