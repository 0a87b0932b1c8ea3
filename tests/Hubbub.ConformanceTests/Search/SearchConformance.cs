using Hubbub.ConformanceTests.Services;
using Hubbub.Core.Log;
using Hubbub.Core.People;
using Hubbub.Core.Search;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hubbub.ConformanceTests.Search;

public sealed class InMemorySearchConformance : SearchContract
{
    protected override Task<SearchUnderTest> OpenAsync(TimeProvider time)
    {
        var store = new InMemoryStore(time);
        var people = new InMemoryPeople(time);
        return Task.FromResult(new SearchUnderTest(
            store, people, new InMemorySearch(store, people),
            () =>
            {
                store.RenewEpochs(() => new Epoch(9));
                return Task.CompletedTask;
            },
            () => ValueTask.CompletedTask));
    }
}

[Collection(WithPostgres.Name)]
public sealed class PostgresSearchConformance(PostgresFixture postgres) : SearchContract
{
    protected override async Task<SearchUnderTest> OpenAsync(TimeProvider time)
    {
        var store = await PostgresStore.OpenAsync(new PostgresOptions { ConnectionString = await postgres.Server.CreateDatabaseAsync() }, time, NullLogger.Instance);
        return new SearchUnderTest(store, store.People, store.Search, () => store.RenewEpochsAsync(() => new Epoch(9)), store.DisposeAsync);
    }
}
