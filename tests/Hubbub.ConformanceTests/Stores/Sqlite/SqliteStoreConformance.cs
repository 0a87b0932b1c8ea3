using Hubbub.Stores.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hubbub.ConformanceTests.Stores.Sqlite;

public sealed class SqliteRoomLog : RoomLogContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => InNewFolder.OpenAsync(time);
}

public sealed class SqliteRoomDirectory : RoomDirectoryContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => InNewFolder.OpenAsync(time);
}

public sealed class SqliteUnread : UnreadContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => InNewFolder.OpenAsync(time);
}

public sealed class SqliteMessages : MessagesContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => InNewFolder.OpenAsync(time);
}

internal static class InNewFolder
{
    public static async Task<StoreUnderTest> OpenAsync(TimeProvider time)
    {
        var folder = new DataFolder();
        var store = await SqliteStore.OpenAsync(new SqliteOptions { Folder = folder.Path }, time, NullLogger.Instance);
        return new StoreUnderTest(store, store, store, store.Files, store.People, async () =>
        {
            await store.DisposeAsync();
            folder.Dispose();
        });
    }
}
