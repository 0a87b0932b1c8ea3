using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Hubbub.LocalCluster.Services;

/// <summary>A private Redis from Debian's package, which keeps nothing on disk.</summary>
public sealed class RedisServer : ServiceProcess
{
    private readonly string? _password;

    private RedisServer(string? password) => _password = password;

    /// <summary>What a node is told as its broker.</summary>
    public string Url => _password is null ? $"redis://127.0.0.1:{Port}" : $"redis://:{Uri.EscapeDataString(_password)}@127.0.0.1:{Port}";

    public static async Task<RedisServer> StartAsync(string? password = null)
    {
        var server = new RedisServer(password);
        await server.StartOnFreePortAsync();
        return server;
    }

    /// <summary>Sends one command, and returns its answer as Redis writes it.</summary>
    public async Task<string> AskAsync(string command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", Port);
        var line = (_password is null ? "" : $"AUTH \"{_password}\"\r\n") + $"{command}\r\nQUIT\r\n";
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(line));
        using var reader = new StreamReader(client.GetStream());
        return await Eventually.WithinAsync($"Redis answers {command}", reader.ReadToEndAsync());
    }

    protected override ProcessStartInfo Command()
    {
        string[] protection = _password is null ? ["--protected-mode", "no"] : ["--requirepass", _password];
        return new ProcessStartInfo("redis-server", ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Folder, .. protection]);
    }

    protected override async Task<bool> AnswersAsync()
    {
        try
        {
            return (await AskAsync("PING")).Contains("PONG", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
