using System.Diagnostics;
using System.Net.Sockets;

namespace Hubbub.LocalCluster.Services;

/// <summary>
/// A private RabbitMQ from Debian's package, with a node name and an Erlang port mapper of its own, so that a RabbitMQ of the system is neither used nor disturbed. It takes some ten
/// seconds to start: one for all tests of an assembly.
/// </summary>
public sealed class RabbitMqServer : ServiceProcess
{
    private const string SystemUser = "rabbitmq";

    /// <summary>The port mapper is started here as a child; Erlang would start one that outlives everybody.</summary>
    private const string Script = "epmd & exec /usr/lib/rabbitmq/bin/rabbitmq-server";

    private readonly int _mapperPort = FreePort.Find();
    private readonly int _clusterPort = FreePort.Find();

    private RabbitMqServer()
    {
    }

    /// <summary>What a node is told as its broker: the user that every new RabbitMQ has, who may come from this machine only.</summary>
    public string Url => $"amqp://guest:guest@127.0.0.1:{Port}";

    public static async Task<RabbitMqServer> StartAsync()
    {
        var server = new RabbitMqServer();
        await server.GiveFolderToAsync(SystemUser);
        await server.StartOnFreePortAsync();
        return server;
    }

    protected override ProcessStartInfo Command()
    {
        var command = CommandAs(SystemUser, "sh", "-c", Script);
        command.WorkingDirectory = Folder;
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["HOME"] = Folder,
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["ERL_EPMD_PORT"] = $"{_mapperPort}",
            ["RABBITMQ_NODENAME"] = $"hubbub{Port}@localhost",
            ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_NODE_PORT"] = $"{Port}",
            ["RABBITMQ_DIST_PORT"] = $"{_clusterPort}",
            ["RABBITMQ_MNESIA_BASE"] = Path.Combine(Folder, "data"),
            ["RABBITMQ_LOG_BASE"] = Path.Combine(Folder, "log"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(Folder, "plugins"),
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(Folder, "rabbitmq"),
            ["RABBITMQ_LOGS"] = "-",
        })
            command.Environment[name] = value;
        return command;
    }

    /// <summary>It answers a greeting with its own once it takes connections, which is the last thing that it begins.</summary>
    protected override async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", Port);
            await client.GetStream().WriteAsync("AMQP\0\0\t\u0001"u8.ToArray());
            var answer = new byte[1];
            return await client.GetStream().ReadAsync(answer) == 1 && answer[0] == 1;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
