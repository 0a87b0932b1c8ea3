using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Hubbub.Brokers.RabbitMq;

/// <summary>A RabbitMQ server. The library's own recovery is off: whatever breaks ends the session, so that every kind of broker lives by the same rules.</summary>
internal sealed class RabbitMqDriver(BrokerUrl url) : IBrokerDriver
{
    /// <summary>Some seconds of a busy cluster; more than that the sweep has found already, so the oldest go.</summary>
    private const int QueueLength = 10_000;

    private const int QueueBytes = 64 * 1024 * 1024;

    public string Name => url.ToString();

    public async Task<IBrokerSession> ConnectAsync(string node, PayloadReceiver receive, CancellationToken ct)
    {
        var factory = new ConnectionFactory
        {
            HostName = url.Servers[0].Host,
            Port = url.Servers[0].Port,
            UserName = url.User ?? ConnectionFactory.DefaultUser,
            Password = url.Password ?? ConnectionFactory.DefaultPass,
            VirtualHost = url.Path ?? ConnectionFactory.DefaultVHost,
            ClientProvidedName = "hubbub",
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
        };
        var connection = await factory.CreateConnectionAsync(ct);
        try
        {
            // A channel must not be used by two at once: one publishes, the other binds and listens.
            var publishing = await connection.CreateChannelAsync(cancellationToken: ct);
            var listening = await connection.CreateChannelAsync(cancellationToken: ct);
            await listening.ExchangeDeclareAsync(url.Cluster, ExchangeType.Topic, durable: false, autoDelete: false, cancellationToken: ct);
            var queue = await listening.QueueDeclareAsync(
                queue: "",
                durable: false,
                exclusive: true,
                autoDelete: true,
                new Dictionary<string, object?> { ["x-max-length"] = QueueLength, ["x-max-length-bytes"] = QueueBytes, ["x-overflow"] = "drop-head" },
                cancellationToken: ct);
            var session = new RabbitMqSession(connection, publishing, listening, url.Cluster, queue.QueueName, receive);
            await session.ListenAsync(node, ct);
            return session;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public string Explain(Exception e) => url.WithoutSecrets(e switch
    {
        BrokerUnreachableException { InnerException: AuthenticationFailureException } or AuthenticationFailureException => "it refuses user and password",
        BrokerUnreachableException { InnerException: { } inner } => Explain(inner),
        OperationInterruptedException { ShutdownReason: { } reason } => $"it ended the connection ({reason.ReplyCode} {reason.ReplyText})",
        AggregateException { InnerException: { } inner } => Explain(inner),
        _ => e.Message,
    });
}
