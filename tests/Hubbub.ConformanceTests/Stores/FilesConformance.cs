using Hubbub.ConformanceTests.Services;
using Hubbub.ConformanceTests.Stores.Postgres;
using Hubbub.ConformanceTests.Stores.Sqlite;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

public sealed class InMemoryFilesStore : FilesContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => Task.FromResult(InMemory.Open(time));
}

public sealed class SqliteFilesStore : FilesContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => InNewFolder.OpenAsync(time);
}

[Collection(WithPostgres.Name)]
public sealed class PostgresFilesStore(PostgresFixture postgres) : FilesContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => InNewDatabase.OpenAsync(postgres, time);
}
