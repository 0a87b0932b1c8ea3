using System.Globalization;
using Hubbub.ConformanceTests.Services;
using Hubbub.ConformanceTests.Stores;
using Hubbub.ConformanceTests.Stores.Postgres;
using Hubbub.Core.Cluster;
using Hubbub.Stores.Postgres;
using Npgsql;
using Xunit;

namespace Hubbub.ConformanceTests.Cluster;

public sealed class InMemoryNodeRegistryConformance : NodeRegistryContract
{
    private readonly SettableClock _clock = new();

    public override Task DisposeAsync() => Task.CompletedTask;

    protected override Task<INodeRegistry> OpenAsync() => Task.FromResult<INodeRegistry>(new InMemoryNodeRegistry(Lease, _clock));

    protected override Task PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return Task.CompletedTask;
    }
}

[Collection(WithPostgres.Name)]
public sealed class PostgresNodeRegistryConformance(PostgresFixture postgres) : NodeRegistryContract
{
    private PostgresStore _store = null!;
    private string _database = null!;

    public override async Task DisposeAsync() => await _store.DisposeAsync();

    protected override async Task<INodeRegistry> OpenAsync()
    {
        var connection = await postgres.Server.CreateDatabaseAsync();
        _database = new NpgsqlConnectionStringBuilder(connection).Database!;
        _store = await TwoNodes.OpenOneAsync(new PostgresOptions { ConnectionString = connection });
        return _store.Nodes(Lease);
    }

    /// <summary>The database's clock cannot be moved, so the leases are, the other way.</summary>
    protected override Task PassAsync(TimeSpan time) => postgres.Server.ExecuteAsync(
        _database,
        string.Create(CultureInfo.InvariantCulture, $"UPDATE hubbub.nodes SET lease_until = lease_until - interval '{time.TotalMilliseconds} milliseconds'"));
}
