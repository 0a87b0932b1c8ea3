using Hubbub.Core.Log;
using Hubbub.Core.People;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

public sealed class InMemoryRoomLog : RoomLogContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => Task.FromResult(InMemory.Open(time));

    [Fact]
    public async Task Renewed_epochs_give_every_room_another_life_with_the_same_events()
    {
        await AppendAsync(Creation(Lobby), Creation(Attic), Post(Lobby, "hello", key: "k"));

        ((InMemoryStore)Log).RenewEpochs(() => new Epoch(5));

        Assert.Equal([new Position(new Epoch(5), 1), new Position(new Epoch(5), 2)], (await ReadAsync(Lobby)).Events.Select(e => e.Position));
        Assert.Equal([new Position(new Epoch(5), 1)], await Log.HeadsAsync([Attic], None));
        Assert.Equal(new Position(new Epoch(5), 2), (await AppendOneAsync(Post(Lobby, "hello", key: "k"))).Event!.Position);
        Assert.Equal(new Position(new Epoch(5), 3), (await StoreAsync(Post(Lobby, "next"))).Position);
    }
}

public sealed class InMemoryRoomDirectory : RoomDirectoryContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => Task.FromResult(InMemory.Open(time));
}

public sealed class InMemoryUnread : UnreadContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => Task.FromResult(InMemory.Open(time));
}

public sealed class InMemoryMessages : MessagesContract
{
    protected override Task<StoreUnderTest> OpenAsync(TimeProvider time) => Task.FromResult(InMemory.Open(time));
}

internal static class InMemory
{
    public static StoreUnderTest Open(TimeProvider time)
    {
        var store = new InMemoryStore(time);
        return new StoreUnderTest(store, store, store, store, new InMemoryPeople(time), () => ValueTask.CompletedTask);
    }
}
