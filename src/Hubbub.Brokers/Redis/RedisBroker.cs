using Hubbub.Core.Broker;
using Microsoft.Extensions.Logging;

namespace Hubbub.Brokers.Redis;

/// <summary>Redis as a broker: publish and subscribe, one channel a room. Of several servers each room has one, always the same at every node.</summary>
public static class RedisBroker
{
    public static IReadOnlyDictionary<string, int> Schemes { get; } = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["redis"] = 6379 };

    /// <param name="url"><c>redis://:password@host:port,host:port?cluster=name</c>; every node names the same servers, in whatever order.</param>
    /// <param name="options">The limits; for each server.</param>
    /// <param name="time">The clock of pings and pauses.</param>
    /// <param name="logger">Told when a server is lost and when it is back.</param>
    /// <exception cref="BrokerUrlException">The URL is not one of Redis's.</exception>
    public static IBroker Open(string url, BrokerOptions options, TimeProvider time, ILogger logger)
    {
        var address = BrokerUrl.Parse(url, Schemes);
        address.RefuseSettings();
        if (address.User is not null)
            throw new BrokerUrlException("A Redis URL takes a password and no user: redis://:password@host:port.");
        if (address.Path is not null)
            throw new BrokerUrlException("A Redis URL takes no database: channels are of the whole server. Write ?cluster=name to keep two clusters apart.");
        var servers = address.Servers.Distinct().ToArray();
        return servers.Length == 1
            ? new NetworkBroker(new RedisDriver(address), options, time, logger)
            : new ShardedBroker([.. servers.Select(s => (BrokerUrl.Written(s.Host, s.Port), (IBroker)new NetworkBroker(new RedisDriver(address.On(s)), options, time, logger)))]);
    }
}
