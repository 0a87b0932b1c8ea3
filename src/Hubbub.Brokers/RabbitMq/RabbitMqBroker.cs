using Hubbub.Core.Broker;
using Microsoft.Extensions.Logging;

namespace Hubbub.Brokers.RabbitMq;

/// <summary>RabbitMQ as a broker: one topic exchange a cluster, one exclusive queue of bounded length a node, bound once for each room that somebody there listens to.</summary>
public static class RabbitMqBroker
{
    public static IReadOnlyDictionary<string, int> Schemes { get; } = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["amqp"] = 5672 };

    /// <param name="url"><c>amqp://user:password@host:port/vhost?cluster=name</c>; the cluster names the exchange.</param>
    /// <param name="options">The limits.</param>
    /// <param name="time">The clock of pings and pauses.</param>
    /// <param name="logger">Told when the broker is lost and when it is back.</param>
    /// <exception cref="BrokerUrlException">The URL is not one of RabbitMQ's.</exception>
    public static IBroker Open(string url, BrokerOptions options, TimeProvider time, ILogger logger)
    {
        var address = BrokerUrl.Parse(url, Schemes);
        address.RefuseSettings();
        if (address.Servers.Count > 1)
            throw new BrokerUrlException("A RabbitMQ URL names one server; put several behind a balancer.");
        return new NetworkBroker(new RabbitMqDriver(address), options, time, logger);
    }
}
