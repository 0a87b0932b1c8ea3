using Hubbub.Brokers;
using Hubbub.Brokers.RabbitMq;
using Hubbub.Core.Broker;
using Hubbub.LocalCluster.Services;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using Xunit;

namespace Hubbub.ConformanceTests.Brokers.RabbitMq;

/// <summary>A RabbitMQ with the user that it has from the start.</summary>
public sealed class RabbitMqService : BrokerService
{
    public override string Url => ((RabbitMqServer)Process).Url;

    public override (string Url, string Password) WrongUrl => ($"amqp://guest:not-this-one@127.0.0.1:{Process.Port}", "not-this-one");

    public override IBroker Open(string url, BrokerOptions options, ILogger logger) => RabbitMqBroker.Open(url, options, TimeProvider.System, logger);

    public override async Task SendAsync(string cluster, string topic, byte[] payload)
    {
        await using var connection = await new ConnectionFactory { HostName = "127.0.0.1", Port = Process.Port }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.BasicPublishAsync(cluster, topic, payload);
        await channel.CloseAsync();
    }

    protected override async Task<ServiceProcess> StartAsync() => await RabbitMqServer.StartAsync();
}

[CollectionDefinition(Name)]
public sealed class RabbitMqTests : ICollectionFixture<RabbitMqService>
{
    public const string Name = "RabbitMQ";
}

[Collection(RabbitMqTests.Name)]
public sealed class RabbitMqBrokerConformance(RabbitMqService service) : NetworkBrokerConformance(service)
{
    protected override bool TakesEffectLater => true;
}

[Collection(RabbitMqTests.Name)]
public sealed class RabbitMqFailureTests(RabbitMqService service) : BrokerFailureContract(service);

[Collection(RabbitMqTests.Name)]
public sealed class RabbitMqClusterTests(RabbitMqService service) : TwoNodesContract(service);
