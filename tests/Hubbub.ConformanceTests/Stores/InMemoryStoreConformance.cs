using Hubbub.Core.Log;

namespace Hubbub.ConformanceTests.Stores;

public sealed class InMemoryRoomLog : RoomLogContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => Task.FromResult(InMemory.Open(time));
}

public sealed class InMemoryRoomDirectory : RoomDirectoryContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => Task.FromResult(InMemory.Open(time));
}

internal static class InMemory
{
    public static StoreUnderTest Open(TimeProvider time)
    {
        var store = new InMemoryStore(time);
        return new StoreUnderTest(store, store, () => ValueTask.CompletedTask);
    }
}
