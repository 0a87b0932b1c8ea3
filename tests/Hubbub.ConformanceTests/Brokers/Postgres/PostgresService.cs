using System.Text;
using Hubbub.Brokers;
using Hubbub.Brokers.Postgres;
using Hubbub.Core.Broker;
using Hubbub.LocalCluster.Services;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hubbub.ConformanceTests.Brokers.Postgres;

/// <summary>A PostgreSQL of which nothing is used but LISTEN and NOTIFY.</summary>
public sealed class PostgresService : BrokerService
{
    private const string Database = "postgres";

    private PostgresServer Server => (PostgresServer)Process;

    public override string Url => PostgresServer.Url(Server.ConnectionString(Database));

    public override (string Url, string Password) WrongUrl =>
        (PostgresServer.Url(Server.ConnectionString(Database, password: "not-this-one")), "not-this-one");

    public override IBroker Open(string url, BrokerOptions options, ILogger logger) => PostgresBroker.Open(url, options, TimeProvider.System, logger);

    /// <summary>Its channel takes text only, and of all rooms.</summary>
    public override Task SendAsync(string cluster, string topic, byte[] payload) =>
        Server.ExecuteAsync(Database, $"NOTIFY \"{cluster}\", '{Encoding.Latin1.GetString(payload).Replace("'", "''", StringComparison.Ordinal).Replace('\0', ' ')}'");

    protected override async Task<ServiceProcess> StartAsync() => await PostgresServer.StartAsync();
}

[CollectionDefinition(Name)]
public sealed class PostgresBrokerTests : ICollectionFixture<PostgresService>
{
    public const string Name = "PostgreSQL as a broker";
}

[Collection(PostgresBrokerTests.Name)]
public sealed class PostgresBrokerConformance(PostgresService service) : NetworkBrokerConformance(service)
{
    protected override bool TakesEffectLater => false;

    /// <summary>A notification has no room for events.</summary>
    protected override Announcement Carried(Announcement announcement) =>
        announcement is EventAnnounced { Event: var e } ? new HeadAnnounced(e.Room, e.Position) : announcement;
}

[Collection(PostgresBrokerTests.Name)]
public sealed class PostgresBrokerFailureTests(PostgresService service) : BrokerFailureContract(service);

[Collection(PostgresBrokerTests.Name)]
public sealed class PostgresBrokerClusterTests(PostgresService service) : TwoNodesContract(service);
