using Hubbub.Core.Log;
using Hubbub.LocalCluster.Services;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres;
using Hubbub.TestKit;
using Npgsql;
using Xunit;

namespace Hubbub.ConformanceTests.Stores.Postgres;

/// <summary>A database that is killed, stands still, or is held up by somebody: every call ends with a sentence, and afterwards all goes on, each event stored once.</summary>
public sealed class PostgresFailureTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly RoomId Lobby = RoomId.Parse("lobby");
    private PostgresServer _server = null!;
    private string _database = null!;
    private PostgresStore _store = null!;

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.StartAsync();
        _database = await _server.CreateDatabaseAsync();
        _store = await TwoNodes.OpenOneAsync(Options);
        await TwoNodes.AppendAsync(_store, TwoNodes.Creation(Lobby));
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _server.DisposeAsync();
    }

    private PostgresOptions Options => new()
    {
        ConnectionString = _database,
        CallTimeout = TimeSpan.FromSeconds(2),
        StartTimeout = TimeSpan.FromSeconds(1),
    };

    [Fact]
    public async Task A_server_that_stands_still_fails_every_call_within_the_deadline_and_a_repeat_stores_once()
    {
        Draft[] batch = [TwoNodes.Post(Lobby, "one", "k1"), TwoNodes.Post(Lobby, "two", "k2")];
        await TwoNodes.AppendAsync(_store, TwoNodes.Post(Lobby, "before"));

        _server.Pause();

        // More calls than there are connections: those in the queue have the same deadline.
        var calls = Enumerable.Range(0, 30).Select(_ => FailsAsync(() => TwoNodes.AppendAsync(_store, batch)))
            .Append(FailsAsync(async () => await _store.ReadAsync(Lobby, 0, 10, None)))
            .Append(FailsAsync(async () => await _store.MembershipAsync(Lobby, TwoNodes.Ann.Id, None)));
        var failures = await Eventually.WithinAsync("every call ends", Task.WhenAll(calls));
        _server.Resume();

        Assert.All(failures, failure => Assert.Contains("did not answer within 2 s", failure, StringComparison.Ordinal));
        await RepeatAsync(batch);
        Assert.Equal(["before", "one", "two"], await TwoNodes.TextsAsync(_store, Lobby));
    }

    [Fact]
    public async Task A_server_that_is_killed_under_appends_fails_them_and_after_its_return_each_is_stored_once()
    {
        var batches = Enumerable.Range(0, 400).Select(n => new[] { TwoNodes.Post(Lobby, $"{n}a", $"{n}a"), TwoNodes.Post(Lobby, $"{n}b", $"{n}b") }).ToList();
        var acknowledged = 0;
        var failed = 0;
        var appending = Task.Run(async () =>
        {
            foreach (var batch in batches)
            {
                try
                {
                    await TwoNodes.AppendAsync(_store, batch);
                    Interlocked.Increment(ref acknowledged);
                }
                catch (StoreException)
                {
                    Interlocked.Increment(ref failed);
                    await RepeatAsync(batch);
                }
            }
        });

        // Not before the first are stored, and not after the last.
        await Eventually.UntilAsync("some are stored", () => Volatile.Read(ref acknowledged) > 20);
        await _server.RestartAsync();
        await Eventually.WithinAsync("all are stored", appending, TimeSpan.FromSeconds(60));

        Assert.True(failed > 0, "the server was killed after the last append");
        Assert.Equal(batches.SelectMany(batch => batch).Select(draft => draft.Key), await TwoNodes.TextsAsync(_store, Lobby));
    }

    [Fact]
    public async Task After_a_restart_of_the_server_a_reader_notices_nothing()
    {
        // Several connections, so that the pool has more dead ones than one.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () => await _store.ReadAsync(Lobby, 0, 10, None))));

        await _server.RestartAsync();

        Assert.Equal(1, (await _store.ReadAsync(Lobby, 0, 10, None))!.Head.Sequence);
    }

    [Fact]
    public async Task While_the_server_is_away_calls_fail_with_its_address_and_when_it_is_back_they_work()
    {
        await _server.KillAsync();
        var failure = await FailsAsync(() => TwoNodes.AppendAsync(_store, TwoNodes.Post(Lobby, "never")));
        Assert.Contains($"127.0.0.1:{_server.Port}", failure, StringComparison.Ordinal);
        Assert.DoesNotContain(_server.Password, failure, StringComparison.Ordinal);
        await _server.RestartAsync();

        await RepeatAsync([TwoNodes.Post(Lobby, "again", "k")]);
        Assert.Equal(["again"], await TwoNodes.TextsAsync(_store, Lobby));
    }

    [Fact]
    public async Task An_append_that_waits_for_a_lock_of_somebody_else_gives_up_and_leaves_nothing_behind()
    {
        await using var other = new NpgsqlConnection(_database);
        await other.OpenAsync();
        await using (var transaction = await other.BeginTransactionAsync())
        {
            await using var command = new NpgsqlCommand("SELECT * FROM hubbub.rooms FOR UPDATE", other);
            await command.ExecuteNonQueryAsync();

            await FailsAsync(() => TwoNodes.AppendAsync(_store, TwoNodes.Post(Lobby, "held up", "k")));
            Assert.Equal(1, (await _store.ReadAsync(Lobby, 0, 10, None))!.Head.Sequence);

            // The server ends the statement too, so nothing is left to be stored when the lock is gone.
            await Eventually.UntilAsync("nobody waits for a lock", async () =>
                await _server.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == 0);
        }

        Assert.Equal(2, Assert.Single(await TwoNodes.AppendAsync(_store, TwoNodes.Post(Lobby, "held up", "k"))).Event!.Sequence);
    }

    [Fact]
    public async Task When_too_many_calls_wait_the_next_is_refused_at_once()
    {
        await using var small = await TwoNodes.OpenOneAsync(Options with { Connections = 1, MaxWaitingCalls = 4 });
        _server.Pause();
        var waiting = Enumerable.Range(0, 4).Select(_ => FailsAsync(() => TwoNodes.AppendAsync(small, TwoNodes.Post(Lobby, "x")))).ToList();

        var refused = await Assert.ThrowsAsync<StoreException>(() => TwoNodes.AppendAsync(small, TwoNodes.Post(Lobby, "x")));
        Assert.Contains("4 calls wait already", refused.Message, StringComparison.Ordinal);
        Assert.All(waiting, call => Assert.False(call.IsCompleted));
        await Task.WhenAll(waiting);
        _server.Resume();
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_a_deletion_and_the_room_goes_on()
    {
        var log = new Sqlite.RecordedLog();
        await using var store = await TwoNodes.OpenOneAsync(Options, log);
        await TwoNodes.AppendAsync(store, TwoNodes.Post(Lobby, "two"), TwoNodes.Post(Lobby, "three"), TwoNodes.Post(Lobby, "four"));
        var name = new NpgsqlConnectionStringBuilder(_database).Database!;
        await _server.ExecuteAsync(name, "UPDATE hubbub.events SET type = 'from the future' WHERE sequence = 2; DELETE FROM hubbub.events WHERE sequence = 3");

        var page = (await store.ReadAsync(Lobby, 1, 10, None))!;

        Assert.Equal([new MessageDeleted(2), new MessageDeleted(3), new MessagePosted("four")], page.Events.Select(e => e.Content));
        Assert.Equal(2, log.At(Microsoft.Extensions.Logging.LogLevel.Error).Count());
    }

    /// <summary>The sentence of a failure, which is a <see cref="StoreException"/> and nothing else.</summary>
    private static async Task<string> FailsAsync<T>(Func<Task<T>> call) => (await Assert.ThrowsAsync<StoreException>(call)).Message;

    /// <summary>Sends a batch until it is answered, as senders do.</summary>
    private Task RepeatAsync(Draft[] batch) => Eventually.UntilAsync(
        "the store takes the batch",
        async () =>
        {
            try
            {
                await TwoNodes.AppendAsync(_store, batch);
                return true;
            }
            catch (StoreException)
            {
                return false;
            }
        },
        TimeSpan.FromSeconds(30));
}
