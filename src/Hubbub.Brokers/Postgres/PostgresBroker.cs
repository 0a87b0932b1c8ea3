using Hubbub.Core.Broker;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hubbub.Brokers.Postgres;

/// <summary>
/// PostgreSQL as a broker, with LISTEN and NOTIFY: a cluster that needs no service besides its store. A notification has less than 8 000 bytes, so an event travels as its position, many
/// in one notification, and each node reads what is new from the log.
/// </summary>
public static class PostgresBroker
{
    public static IReadOnlyDictionary<string, int> Schemes { get; } = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["postgres"] = 5432, ["postgresql"] = 5432 };

    /// <param name="url"><c>postgres://user:password@host:port/database?cluster=name&amp;sslmode=require</c>; the cluster names the channel, other settings are the driver's keywords.</param>
    /// <param name="options">The limits.</param>
    /// <param name="time">The clock of pings and pauses.</param>
    /// <param name="logger">Told when the broker is lost and when it is back.</param>
    /// <exception cref="BrokerUrlException">The URL is not one of PostgreSQL's.</exception>
    public static IBroker Open(string url, BrokerOptions options, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        var address = BrokerUrl.Parse(url, Schemes);
        if (address.Servers.Count > 1)
            throw new BrokerUrlException("A PostgreSQL URL names one server for the broker: nodes on two would not hear each other.");
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = address.Servers[0].Host,
            Port = address.Servers[0].Port,
            ApplicationName = "hubbub broker",
            Timeout = Seconds(options.ConnectTimeout),
            CommandTimeout = Seconds(options.PingInterval * 2),

            // Two connections for the life of a session; a pool would hand a broken one on.
            Pooling = false,

            // A notification counts as a write, and would wait for the disk. What is lost here with a crash is no more than an announcement.
            Options = "-c synchronous_commit=off",
        };

        // What is not said the driver looks for where PostgreSQL's own tools do.
        if (address.User is { } user)
            connection.Username = user;
        if (address.Password is { } password)
            connection.Password = password;
        if (address.Path is { } database)
            connection.Database = database;
        foreach (var (keyword, value) in address.Settings)
        {
            try
            {
                // libpq's word and values, which the driver writes otherwise.
                if (keyword == "sslmode")
                    connection["SSL Mode"] = value.Replace("-", "", StringComparison.Ordinal);
                else
                    connection[keyword] = value;
            }
            catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException)
            {
                throw new BrokerUrlException($"The broker's URL has a setting '{keyword}' that PostgreSQL's driver does not take so; there are cluster, sslmode and the driver's own.");
            }
        }

        return new NetworkBroker(new PostgresDriver(address, connection.ConnectionString), options, time, logger);
    }

    private static int Seconds(TimeSpan time) => Math.Max(1, (int)Math.Ceiling(time.TotalSeconds));
}
