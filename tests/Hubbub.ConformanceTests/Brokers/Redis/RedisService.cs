using Hubbub.Brokers;
using Hubbub.Brokers.Redis;
using Hubbub.Core.Broker;
using Hubbub.LocalCluster.Services;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using Xunit;

namespace Hubbub.ConformanceTests.Brokers.Redis;

/// <summary>A Redis that asks for a password.</summary>
public sealed class RedisService : BrokerService
{
    private const string Password = "open sesame/1";

    public override string Url => ((RedisServer)Process).Url;

    public override (string Url, string Password) WrongUrl => ($"redis://:not-this-one@127.0.0.1:{Process.Port}", "not-this-one");

    public override IBroker Open(string url, BrokerOptions options, ILogger logger) => RedisBroker.Open(url, options, TimeProvider.System, logger);

    public override async Task SendAsync(string cluster, string topic, byte[] payload)
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync(new ConfigurationOptions { EndPoints = { { "127.0.0.1", Process.Port } }, Password = Password });
        await redis.GetSubscriber().PublishAsync($"{cluster}:{topic}", payload);
    }

    protected override async Task<ServiceProcess> StartAsync() => await RedisServer.StartAsync(Password);
}

[CollectionDefinition(Name)]
public sealed class RedisTests : ICollectionFixture<RedisService>
{
    public const string Name = "Redis";
}

[Collection(RedisTests.Name)]
public sealed class RedisBrokerConformance(RedisService service) : NetworkBrokerConformance(service)
{
    protected override bool TakesEffectLater => true;
}

[Collection(RedisTests.Name)]
public sealed class RedisFailureTests(RedisService service) : BrokerFailureContract(service);

[Collection(RedisTests.Name)]
public sealed class RedisClusterTests(RedisService service) : TwoNodesContract(service);
