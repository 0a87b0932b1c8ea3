using Hubbub.Brokers;
using Hubbub.Brokers.Postgres;
using Hubbub.Brokers.RabbitMq;
using Hubbub.Brokers.Redis;
using Hubbub.Core.Broker;

namespace Hubbub.Server.Operations;

/// <summary>The one place that picks the broker. Nothing is connected here: a broker that is away hinders no start.</summary>
internal static class OpenBroker
{
    public const string Auto = "auto";
    public const string Memory = "memory";

    private static readonly BrokerOptions Limits = new();

    /// <exception cref="BrokerUrlException">There is no such broker, or it cannot be this node's; the message says what to do.</exception>
    public static IBroker For(HubbubOptions options, TimeProvider time, ILogger<IBroker> logger)
    {
        var broker = options.Broker == Auto ? Suitable(options.Store) : options.Broker;
        if (broker == Memory && IsShared(options.Store))
            throw new BrokerUrlException(
                $"Several nodes may share the store, and the broker '{Memory}' reaches none but this one: their messages would come here some seconds late. "
                + $"Leave --broker out (the store's own database then carries announcements), or choose redis://… or amqp://….");
        return broker switch
        {
            Memory => new InMemoryBroker.Exchange().Connect(),
            _ when IsOf(RedisBroker.Schemes, broker) => RedisBroker.Open(broker, Limits, time, logger),
            _ when IsOf(RabbitMqBroker.Schemes, broker) => RabbitMqBroker.Open(broker, Limits, time, logger),
            _ when IsOf(PostgresBroker.Schemes, broker) => PostgresBroker.Open(broker, Limits, time, logger),
            _ => throw new BrokerUrlException(
                $"There is no such broker; choose {Auto}, {Memory}, redis://host:port, amqp://user:password@host:port or postgres://user:password@host:port/database."),
        };
    }

    private static bool IsOf(IReadOnlyDictionary<string, int> schemes, string broker) => BrokerUrl.IsUrl(broker) && schemes.ContainsKey(broker.Split("://")[0]);

    /// <summary>A store with an address is one that other nodes can reach.</summary>
    private static bool IsShared(string store) => BrokerUrl.IsUrl(store);

    private static string Suitable(string store) => IsShared(store) ? store : Memory;
}
