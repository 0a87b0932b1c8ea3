using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite;
using Hubbub.TestKit;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hubbub.ConformanceTests.Stores.Sqlite;

/// <summary>
/// What goes wrong while the store works: nothing is acknowledged that is not stored, nobody pays for another's failure, and it works again
/// when the cause is gone.
/// </summary>
public sealed class SqliteFailureTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly string Kilobyte = new('m', 1000);
    private readonly DataFolder _folder = new();

    private static Draft[] Kilobytes(int count) => [.. Enumerable.Range(0, count).Select(_ => Talk.Draft(new MessagePosted(Kilobyte)))];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task At_the_size_limit_appends_fail_whole_and_reading_goes_on()
    {
        var acknowledged = 1L;
        await using (var store = await _folder.OpenAsync(_folder.Options with { MaxDatabaseBytes = 400_000 }))
        {
            await store.CreateAsync();
            var full = await Assert.ThrowsAsync<StoreException>(async () =>
            {
                while (true)
                    acknowledged = (await store.AppendAsync(Kilobytes(20), None))[^1].Event!.Sequence;
            });

            Assert.Contains("no space left", full.Message, StringComparison.Ordinal);
            Assert.True(acknowledged > 100, $"full after only {acknowledged} events");
            Assert.Equal(acknowledged, (await store.PageAsync()).Head.Sequence);
            await Assert.ThrowsAsync<StoreException>(async () => await store.AppendAsync(Kilobytes(20), None));
        }

        await using var larger = await _folder.OpenAsync();
        Assert.Equal(acknowledged + 1, (await larger.PostAsync("room again")).Event!.Sequence);
    }

    [Fact]
    public async Task On_a_full_disk_appends_fail_whole_and_the_same_store_works_again_when_there_is_space()
    {
        using var disk = SmallDisk.Mount("4m");
        await using var store = await _folder.OpenAsync(_folder.Options with { Folder = disk.Path });
        await store.CreateAsync();
        var stored = new List<string>();

        for (var round = 0; round < 3; round++)
        {
            disk.Fill();
            await Assert.ThrowsAsync<StoreException>(async () =>
            {
                while (true)
                    stored.Add(((MessagePosted)(await store.PostAsync($"{stored.Count} {Kilobyte}")).Event!.Content).Text);
            });
            await Assert.ThrowsAsync<StoreException>(() => store.AppendAsync(Kilobytes(200), None).AsTask());
            Assert.Equal(stored, await store.TextsAsync());

            disk.Free();
            stored.Add(((MessagePosted)(await store.PostAsync($"{stored.Count} after")).Event!.Content).Text);
            Assert.Equal(stored, await store.TextsAsync());
        }
    }

    [Fact]
    public async Task A_retry_with_the_same_keys_after_a_failure_stores_each_once()
    {
        using var disk = SmallDisk.Mount("4m");
        await using var store = await _folder.OpenAsync(_folder.Options with { Folder = disk.Path });
        await store.CreateAsync();
        Draft[] batch = [.. Enumerable.Range(0, 200).Select(n => Talk.Draft(new MessagePosted($"{n} {Kilobyte}"), key: $"k{n}"))];

        disk.Fill();
        await Assert.ThrowsAsync<StoreException>(async () => await store.AppendAsync(batch, None));
        disk.Free();
        await store.AppendAsync(batch, None);

        Assert.Equal(batch.Select(draft => ((MessagePosted)draft.Content).Text), await store.TextsAsync());
    }

    [Fact]
    public async Task While_another_program_holds_the_write_lock_appends_fail_and_reading_goes_on()
    {
        await using var store = await _folder.OpenAsync();
        await store.CreateAsync();
        using var other = _folder.Connect();

        other.Execute("BEGIN IMMEDIATE");
        var locked = await Assert.ThrowsAsync<StoreException>(() => store.PostAsync("never"));
        Assert.Contains("locked by another program", locked.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await store.PageAsync()).Head.Sequence);
        other.Execute("ROLLBACK");

        Assert.Equal(2, (await store.PostAsync("stored")).Event!.Sequence);
    }

    [Fact]
    public async Task A_failure_inside_the_database_is_told_and_the_store_works_again_when_it_is_mended()
    {
        await using var store = await _folder.OpenAsync();
        await store.CreateAsync();
        using var other = _folder.Connect();

        other.Execute("ALTER TABLE events RENAME TO lost");
        await Assert.ThrowsAsync<StoreException>(() => store.PostAsync("never"));
        await Assert.ThrowsAsync<StoreException>(() => store.PostAsync("nor this"));
        await Assert.ThrowsAsync<StoreException>(() => store.PageAsync());
        other.Execute("ALTER TABLE lost RENAME TO events");

        Assert.Equal(2, (await store.PostAsync("stored")).Event!.Sequence);
        Assert.Equal(["stored"], await store.TextsAsync());
    }

    [Fact]
    public async Task A_change_that_fails_does_not_hinder_those_that_share_its_transaction()
    {
        await using var store = await _folder.OpenAsync(_folder.Options with { BusyTimeout = TimeSpan.FromSeconds(30) });
        await store.CreateAsync();
        var invitation = new Invitation("i1", Talk.Lobby, new string('a', 64), Talk.Ann.Id, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        await store.AddInvitationAsync(invitation, None);

        // The writer waits for the lock with the first change; all others then wait together and become one group.
        Task<AppendOutcome> before, after;
        Task[] failing;
        Task<bool> ticket;
        using (var other = _folder.Connect())
        {
            other.Execute("BEGIN IMMEDIATE");
            var first = store.MoveReadMarkAsync(Talk.Lobby, Talk.Ann.Id, 1, None);
            before = store.PostAsync("before");
            failing = [.. Enumerable.Range(0, 3).Select(_ => store.AddInvitationAsync(invitation, None).AsTask())];
            ticket = store.TryUseTicketAsync("t1", DateTimeOffset.UtcNow, None).AsTask();
            after = store.PostAsync("after");
            other.Execute("ROLLBACK");
            await first;
        }

        foreach (var failed in failing)
            await Assert.ThrowsAsync<ArgumentException>(() => failed);
        Assert.Equal((2, 3), ((await before).Event!.Sequence, (await after).Event!.Sequence));
        Assert.True(await ticket);
        Assert.Equal(["before", "after"], await store.TextsAsync());
    }

    [Fact]
    public async Task When_too_many_writes_wait_the_next_is_refused_at_once_and_those_that_wait_are_stored()
    {
        await using var store = await _folder.OpenAsync(_folder.Options with { BusyTimeout = TimeSpan.FromSeconds(30), MaxWaitingWrites = 4 });
        await store.CreateAsync();
        var posts = new List<Task<AppendOutcome>>();
        using (var other = _folder.Connect())
        {
            other.Execute("BEGIN IMMEDIATE");

            // The writer stands at the lock with a group; once four more wait, the next has its answer while the lock is still held.
            do
                posts.Add(store.PostAsync($"{posts.Count}"));
            while (!posts[^1].IsFaulted && posts.Count < 1000);
            other.Execute("ROLLBACK");
        }

        var refused = await Assert.ThrowsAsync<StoreException>(() => posts[^1]);
        Assert.Contains("4 writes wait already", refused.Message, StringComparison.Ordinal);
        var stored = await Task.WhenAll(posts.SkipLast(1));
        Assert.Equal(stored.Select(outcome => ((MessagePosted)outcome.Event!.Content).Text), await store.TextsAsync());
    }

    [Fact]
    public async Task A_write_whose_caller_gives_up_while_it_waits_is_not_stored()
    {
        await using var store = await _folder.OpenAsync(_folder.Options with { BusyTimeout = TimeSpan.FromSeconds(30) });
        await store.CreateAsync();
        using var impatience = new CancellationTokenSource();
        Task<IReadOnlyList<AppendOutcome>> waiting;
        using (var other = _folder.Connect())
        {
            other.Execute("BEGIN IMMEDIATE");
            var first = store.PostAsync("first");
            waiting = store.AppendAsync([Talk.Draft(new MessagePosted("given up"))], impatience.Token).AsTask();
            await impatience.CancelAsync();
            other.Execute("ROLLBACK");
            await first;
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await store.PostAsync("last");
        Assert.Equal(["first", "last"], await store.TextsAsync());
    }

    [Fact]
    public async Task Checkpoints_copy_the_write_ahead_log_into_the_database_while_the_store_works()
    {
        await using var store = await _folder.OpenAsync();
        await store.CreateAsync();
        for (var n = 0; n < 20; n++)
            await store.AppendAsync(Kilobytes(100), None);

        await Eventually.UntilAsync("two megabytes of messages are in the database file", () => new FileInfo(_folder.DatabaseFile).Length > 2_000_000);

        // Once the log is copied whole, a commit begins it anew and its file does not grow.
        await Eventually.UntilAsync("the log is begun anew", async () =>
        {
            var length = new FileInfo(_folder.WalFile).Length;
            await store.PostAsync("next");
            return new FileInfo(_folder.WalFile).Length == length;
        });
    }

    [Fact]
    public async Task The_write_ahead_log_is_used_again_and_again_under_load()
    {
        var options = _folder.Options with { WalLimitBytes = 8 << 20 };
        await using var store = await _folder.OpenAsync(options);
        await store.CreateAsync();

        // Some 60 MB of log in all. On a slow disk a checkpoint may be under way when the limit is reached, and it is passed by what is
        // written meanwhile.
        for (var n = 0; n < 300; n++)
            await store.AppendAsync(Kilobytes(100), None);

        Assert.InRange(new FileInfo(_folder.WalFile).Length, 0, 3 * options.WalLimitBytes);
    }

    [Fact]
    public async Task A_foreign_reader_lets_the_log_pass_its_limit_with_a_warning_and_it_is_emptied_when_the_reader_ends()
    {
        var options = _folder.Options with { WalLimitBytes = 2 << 20 };
        var log = new RecordedLog();
        await using var store = await _folder.OpenAsync(options, log);
        await store.CreateAsync();
        using (var reader = _folder.Connect())
        {
            reader.Execute("BEGIN; SELECT * FROM rooms");
            for (var n = 0; n < 40; n++)
                await store.AppendAsync(Kilobytes(100), None);
            Assert.True(new FileInfo(_folder.WalFile).Length > options.WalLimitBytes);
            Assert.Contains(log.At(LogLevel.Warning), line => line.Contains("over its limit of 2 MB", StringComparison.Ordinal));
        }

        await Eventually.UntilAsync("the log is emptied", async () =>
        {
            await store.PostAsync("one more");
            return new FileInfo(_folder.WalFile).Length < options.WalLimitBytes;
        });
        Assert.Equal(4000 + 1, (await store.PageAsync(after: 4000)).Events[0].Sequence);
    }
}
