using StackExchange.Redis;

namespace Hubbub.Brokers.Redis;

/// <summary>One Redis server. The library's own reconnecting is not used: whatever breaks ends the session, so that every kind of broker lives by the same rules.</summary>
internal sealed class RedisDriver(BrokerUrl url) : IBrokerDriver
{
    /// <summary>How the library, and the server through it, speak of a password that is wrong or missing.</summary>
    private static readonly string[] Refusals = ["AuthenticationFailure", "WRONGPASS", "NOAUTH", "invalid password"];

    public string Name => url.ToString();

    public async Task<IBrokerSession> ConnectAsync(string node, PayloadReceiver receive, CancellationToken ct)
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { url.Servers[0].Host, url.Servers[0].Port } },
            Password = url.Password,
            ClientName = "hubbub",
            AbortOnConnectFail = true,
            ConnectRetry = 1,

            // The caller's deadline is the real one; this makes the library give up too.
            ConnectTimeout = 4000,

            // Neither is for publish and subscribe, and both would need rights on keys and channels that are not ours.
            TieBreaker = "",
            ConfigurationChannel = "",
        };
        var session = new RedisSession(await ConnectionMultiplexer.ConnectAsync(options), url.Cluster, receive);
        try
        {
            await session.SubscribeToNodeAsync(node).WaitAsync(ct);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public string Explain(Exception e)
    {
        // The library's own sentence begins with advice about its options; the cause is in it, or inside.
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            if (Array.Exists(Refusals, word => cause.Message.Contains(word, StringComparison.OrdinalIgnoreCase)))
                return "it refuses the password";
        }

        return url.WithoutSecrets(e is RedisConnectionException { InnerException: { } inner } ? Explain(inner) : e.Message);
    }
}
