using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hubbub.ConformanceTests.Stores.Postgres;

/// <summary>The stores of two nodes on one database, and what the tests say to them.</summary>
internal sealed class TwoNodes(PostgresStore first, PostgresStore second) : IAsyncDisposable
{
    public static readonly User Ann = new(UserId.Parse("ann"), "Ann");

    private static readonly DateTimeOffset SentAt = DateTimeOffset.UnixEpoch.AddDays(20_000);

    public PostgresStore First => first;

    public PostgresStore Second => second;

    public static async Task<TwoNodes> OpenAsync(PostgresOptions options) => new(await OpenOneAsync(options), await OpenOneAsync(options));

    public static Task<PostgresStore> OpenOneAsync(PostgresOptions options, ILogger? logger = null) =>
        PostgresStore.OpenAsync(options, TimeProvider.System, logger ?? NullLogger.Instance);

    public static Draft Creation(RoomId room) => new(room, Ann, SentAt, null, new RoomCreated(room.Value, Visibility.Public), new Epoch(7));

    public static Draft Post(RoomId room, string text, string? key = null) => new(room, Ann, SentAt, key, new MessagePosted(text));

    public static async Task<IReadOnlyList<AppendOutcome>> AppendAsync(IRoomLog log, params Draft[] batch) =>
        await log.AppendAsync(batch, CancellationToken.None);

    /// <summary>The texts of the room's messages in order, after a check that its numbers have no hole.</summary>
    public static async Task<List<string>> TextsAsync(IRoomLog log, RoomId room)
    {
        var texts = new List<string>();
        for (var after = 0L; ;)
        {
            var page = (await log.ReadAsync(room, after, Limits.MaxPage, CancellationToken.None))!;
            foreach (var e in page.Events)
            {
                Assert.Equal(++after, e.Sequence);
                if (e.Content is MessagePosted posted)
                    texts.Add(posted.Text);
            }

            if (page.Events.Count == 0)
            {
                Assert.Equal(page.Head.Sequence, after);
                return texts;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await first.DisposeAsync();
        await second.DisposeAsync();
    }
}
