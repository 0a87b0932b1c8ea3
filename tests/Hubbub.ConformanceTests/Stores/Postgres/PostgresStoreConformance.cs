using Hubbub.ConformanceTests.Services;
using Hubbub.Stores.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hubbub.ConformanceTests.Stores.Postgres;

[Collection(WithPostgres.Name)]
public sealed class PostgresRoomLog(PostgresFixture postgres) : RoomLogContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => InNewDatabase.OpenAsync(postgres, time);
}

[Collection(WithPostgres.Name)]
public sealed class PostgresRoomDirectory(PostgresFixture postgres) : RoomDirectoryContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => InNewDatabase.OpenAsync(postgres, time);
}

[Collection(WithPostgres.Name)]
public sealed class PostgresUnread(PostgresFixture postgres) : UnreadContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => InNewDatabase.OpenAsync(postgres, time);
}

[Collection(WithPostgres.Name)]
public sealed class PostgresMessages(PostgresFixture postgres) : MessagesContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => InNewDatabase.OpenAsync(postgres, time);
}

internal static class InNewDatabase
{
    public static async Task<StoreUnderTest> OpenAsync(PostgresFixture postgres, TimeProvider time)
    {
        var options = new PostgresOptions { ConnectionString = await postgres.Server.CreateDatabaseAsync() };
        var store = await PostgresStore.OpenAsync(options, time, NullLogger.Instance);
        return new StoreUnderTest(store, store, store, store.Files, store.People, store.DisposeAsync);
    }
}
