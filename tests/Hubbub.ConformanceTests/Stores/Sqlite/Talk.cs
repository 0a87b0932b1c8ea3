using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite;
using Xunit;

namespace Hubbub.ConformanceTests.Stores.Sqlite;

/// <summary>What the SQLite tests say to a store.</summary>
internal static class Talk
{
    public static readonly RoomId Lobby = RoomId.Parse("lobby");
    public static readonly User Ann = new(UserId.Parse("ann"), "Ann");
    public static readonly Epoch Epoch = new(0x9f3a01bc);
    public static readonly DateTimeOffset SentAt = DateTimeOffset.UnixEpoch.AddDays(20_000);

    public static Draft Draft(EventContent content, string? key = null, RoomId? room = null) =>
        new(room ?? Lobby, Ann, SentAt, key, content, Epoch);

    public static async Task<AppendOutcome> AppendAsync(this SqliteStore store, EventContent content, string? key = null, RoomId? room = null) =>
        Assert.Single(await store.AppendAsync([Draft(content, key, room)], CancellationToken.None));

    public static Task<AppendOutcome> CreateAsync(this SqliteStore store, RoomId? room = null) =>
        store.AppendAsync(new RoomCreated("Lobby", Visibility.Public), room: room);

    public static Task<AppendOutcome> PostAsync(this SqliteStore store, string text, string? key = null) =>
        store.AppendAsync(new MessagePosted(text), key);

    public static async Task<LogPage> PageAsync(this SqliteStore store, long after = 0, int limit = Limits.MaxPage) =>
        (await store.ReadAsync(Lobby, after, limit, CancellationToken.None))!;

    /// <summary>The texts of the messages that make up the log after its creation, in its order; anything else among them fails.</summary>
    public static async Task<IEnumerable<string>> TextsAsync(this SqliteStore store) =>
        (await store.PageAsync()).Events.Skip(1).Select(e => Assert.IsType<MessagePosted>(e.Content).Text);
}
