using Hubbub.LocalCluster.Services;
using Xunit;

namespace Hubbub.ConformanceTests.Services;

/// <summary>One PostgreSQL for all tests of the collection, which must leave it running; each makes databases of its own.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    public PostgresServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await PostgresServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

/// <summary>The tests that share it.</summary>
[CollectionDefinition(Name)]
public sealed class WithPostgres : ICollectionFixture<PostgresFixture>
{
    public const string Name = "PostgreSQL";
}
