using Hubbub.Core.Files;
using Hubbub.Core.Log;
using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

/// <summary>One store, opened empty for each test, and the words in which the tests speak to it.</summary>
public abstract class StoreContract : IAsyncLifetime
{
    protected static readonly User Ann = new(UserId.Parse("ann"), "Ann");
    protected static readonly User Bob = new(UserId.Parse("bob"), "Bob");
    protected static readonly User Carol = new(UserId.Parse("carol"), "Carol");
    protected static readonly User Eve = new(UserId.Parse("eve"), "Eve");
    protected static readonly RoomId Lobby = RoomId.Parse("lobby");
    protected static readonly RoomId Attic = RoomId.Parse("attic");
    protected static readonly RoomId Nowhere = RoomId.Parse("nowhere");
    protected static readonly Epoch FirstEpoch = new(0x9f3a01bc);
    protected static readonly CancellationToken None = CancellationToken.None;

    private StoreUnderTest? _store;

    protected IRoomLog Log => _store!.Log;

    protected IRoomDirectory Directory => _store!.Directory;

    protected IMessages Messages => _store!.Messages;

    protected IFiles Files => _store!.Files;

    protected IPeople KnownPeople => _store!.People;

    protected SettableClock Clock { get; } = new();

    public async Task InitializeAsync() => _store = await OpenAsync(Clock);

    public async Task DisposeAsync() => await _store!.DisposeAsync();

    /// <summary>A new, empty store.</summary>
    protected abstract Task<StoreUnderTest> OpenAsync(TimeProvider time);

    protected Draft Draft(RoomId room, EventContent content, User? sender = null, string? key = null) =>
        new(room, sender ?? Ann, Clock.GetUtcNow(), key, content, FirstEpoch);

    protected Draft Creation(RoomId room, Visibility visibility = Visibility.Public, User? owner = null, Consistency consistency = Consistency.Strong) =>
        Draft(room, new RoomCreated(room.Value, visibility, consistency), owner);

    protected Draft Post(RoomId room, string text, User? sender = null, string? key = null) =>
        Draft(room, new MessagePosted(text), sender, key);

    protected async Task<IReadOnlyList<AppendOutcome>> AppendAsync(params Draft[] batch) => await Log.AppendAsync(batch, None);

    protected async Task<AppendOutcome> AppendOneAsync(Draft draft) => Assert.Single(await AppendAsync(draft));

    /// <summary>Appends what must be appended, and returns it as stored.</summary>
    protected async Task<RoomEvent> StoreAsync(Draft draft)
    {
        var outcome = await AppendOneAsync(draft);
        Assert.True(outcome.IsAppended, $"{draft.Content} was not appended: {outcome}");
        return outcome.Event!;
    }

    protected Task<RoomEvent> CreateAsync(RoomId room, Visibility visibility = Visibility.Public, User? owner = null) =>
        StoreAsync(Creation(room, visibility, owner));

    protected async Task<LogPage> ReadAsync(RoomId room, long after = 0, int limit = Limits.MaxPage)
    {
        var page = await Log.ReadAsync(room, after, limit, None);
        Assert.NotNull(page);
        return page;
    }

    protected async Task<long> HeadAsync(RoomId room) => (await ReadAsync(room)).Head.Sequence;
}

/// <summary>A store's faces, and how to close it.</summary>
public sealed class StoreUnderTest(IRoomLog log, IRoomDirectory directory, IMessages messages, IFiles files, IPeople people, Func<ValueTask> close) : IAsyncDisposable
{
    public IRoomLog Log => log;

    public IRoomDirectory Directory => directory;

    public IMessages Messages => messages;

    public IFiles Files => files;

    public IPeople People => people;

    public ValueTask DisposeAsync() => close();
}

/// <summary>A wall clock that stands still until it is told to move; time stamps go on with the system's.</summary>
public sealed class SettableClock : TimeProvider
{
    private DateTimeOffset _now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;
}
