using Hubbub.ConformanceTests.Services;
using Hubbub.ConformanceTests.Stores.Sqlite;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.LocalCluster.Services;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres;
using Hubbub.Stores.Postgres.Schema;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Hubbub.ConformanceTests.Stores.Postgres;

/// <summary>How a database comes to the newest schema, and the sentence for each thing that can be wrong with it at start.</summary>
[Collection(WithPostgres.Name)]
public sealed class PostgresStartTests(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly IReadOnlyList<string> Known = SchemaVersions.Scripts;
    private static readonly RoomId Lobby = RoomId.Parse("lobby");
    private string _connection = null!;
    private string _database = null!;

    public async Task InitializeAsync()
    {
        _connection = await postgres.Server.CreateDatabaseAsync();
        _database = new NpgsqlConnectionStringBuilder(_connection).Database!;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private PostgresOptions Options => new() { ConnectionString = _connection, StartTimeout = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task Nodes_that_migrate_at_once_apply_each_version_once()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => TwoNodes.OpenOneAsync(Options))));

        await TwoNodes.AppendAsync(stores[0], TwoNodes.Creation(Lobby));
        Assert.Equal(Known.Count, await VersionAsync());
        foreach (var store in stores)
        {
            Assert.Empty(await TwoNodes.TextsAsync(store, Lobby));
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_older_database_gets_what_it_lacks_and_keeps_what_it_has()
    {
        await using (var old = await TwoNodes.OpenOneAsync(Options))
            await TwoNodes.AppendAsync(old, TwoNodes.Creation(Lobby), TwoNodes.Post(Lobby, "from before"));

        IReadOnlyList<string> newer = [.. Known, "CREATE TABLE hubbub.a (x int)", "INSERT INTO hubbub.a VALUES (7)"];
        for (var i = 0; i < 2; i++)
        {
            await using var migrated = await OpenAsync(newer);
            Assert.Equal(["from before"], await TwoNodes.TextsAsync(migrated, Lobby));
        }

        Assert.Equal(1L, await postgres.Server.ScalarAsync<long>(_database, "SELECT count(*) FROM hubbub.a WHERE x = 7"));
        Assert.Equal(Known.Count + 2, await VersionAsync());
    }

    [Fact]
    public async Task Edits_and_deletions_of_version_6_get_their_message_and_nodes_of_that_version_may_go_on()
    {
        await using (var old = await OpenAsync([.. Known.Take(6)]))
        {
        }

        await postgres.Server.ScalarAsync<long>(_database, """
            INSERT INTO hubbub.rooms (id, epoch, head, name, visibility, consistency, created_at) VALUES ('lobby', 7, 6, 'Lobby', 0, 0, 0);
            INSERT INTO hubbub.events (room_id, sequence, sent_at, sender_id, sender_name, type, body) VALUES
            ('lobby', 1, 0, 'ann', 'Ann', 'room_created', '{"name":"Lobby","visibility":"public"}'),
            ('lobby', 2, 0, 'ann', 'Ann', 'message', 'secret'),
            ('lobby', 3, 0, 'ann', 'Ann', 'message', 'kept'),
            ('lobby', 4, 0, 'ann', 'Ann', 'message_edited', '{"message":2,"text":"more secret"}'),
            ('lobby', 5, 0, 'ann', 'Ann', 'message_deleted', '{"message":2}'),
            ('lobby', 6, 0, 'ann', 'Ann', 'message_edited', 'damaged');
            SELECT 1::bigint
            """);
        await using var migrated = await OpenAsync(Known);

        // What a node of version 6 calls: an edit, a deletion, a member, a message.
        await postgres.Server.ScalarAsync<long>(_database, """
            SELECT count(*) FROM hubbub.append(
                ARRAY['lobby'], ARRAY[NULL]::bigint[], ARRAY[NULL]::text[], ARRAY[NULL]::smallint[], ARRAY[NULL]::smallint[], ARRAY[NULL]::bigint[],
                ARRAY[1, 1, 1, 1], ARRAY[1, 1, 1, 1]::bigint[], ARRAY['ann', 'ann', 'ann', 'ann'], ARRAY['Ann', 'Ann', 'Ann', 'Ann'], ARRAY[NULL, NULL, NULL, NULL]::text[],
                ARRAY['message_edited', 'message_deleted', 'member_joined', 'message'],
                ARRAY['{"message":3,"text":"changed"}', '{"message":3}', '{"userId":"bob","userName":"Bob","role":"member"}', 'last'],
                ARRAY[0, 0, 3, 0]::smallint[], ARRAY[NULL, NULL, 'bob', NULL], ARRAY[NULL, NULL, 'Bob', NULL], ARRAY[NULL, NULL, 0, NULL]::smallint[])
            """);

        Assert.Equal(
            [
                new MessagePosted(""), new MessagePosted(""), new MessageEdited(2, ""), new MessageDeleted(2), new MessageDeleted(6),
                new MessageEdited(3, ""), new MessageDeleted(3), new MemberJoined(new User(UserId.Parse("bob"), "Bob"), Role.Member), new MessagePosted("last"),
            ],
            (await migrated.ReadAsync(Lobby, 1, 100, default))!.Events.Select(e => e.Content));
        Assert.Equal([4, 5, 7, 8], (await migrated.ConcerningAsync(Lobby, new Concerning([1, 2, 3, 4, 5, 6, 7, 8, 9]), default)).Select(e => e.Sequence));
        Assert.NotNull(await migrated.MembershipAsync(Lobby, UserId.Parse("bob"), default));
    }

    [Fact]
    public async Task A_step_that_fails_leaves_the_database_at_the_version_before_it()
    {
        await Assert.ThrowsAsync<StoreException>(() => OpenAsync([.. Known, "CREATE TABLE hubbub.a (x int)", "CREATE TABLE hubbub.b (x int); SELECT no_such_function()"]));

        Assert.Equal(Known.Count + 1, await VersionAsync());
        Assert.True(await postgres.Server.ScalarAsync<bool>(_database, "SELECT to_regclass('hubbub.b') IS NULL"));
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_and_left_as_it_is()
    {
        await using (await OpenAsync([.. Known, "CREATE TABLE hubbub.a (x int)"]))
        {
        }

        await AssertRefusedAsync(Options, $"newer hubbub (schema version {Known.Count + 1}; this one knows {Known.Count})");
        Assert.Equal(Known.Count + 1, await VersionAsync());
    }

    [Fact]
    public async Task A_user_without_rights_is_refused_until_an_administrator_has_made_the_schema_for_them()
    {
        var user = $"poor_{_database}";
        await postgres.Server.ExecuteAsync("postgres", $"CREATE ROLE {user} LOGIN PASSWORD 'pw'");
        var options = Options with { ConnectionString = postgres.Server.ConnectionString(_database, user, "pw") };
        await AssertRefusedAsync(options, $"'{user}'", "grant it CREATE on the database");

        await postgres.Server.ExecuteAsync(_database, $"CREATE SCHEMA hubbub AUTHORIZATION {user}");
        await using var store = await TwoNodes.OpenOneAsync(options);
        await TwoNodes.AppendAsync(store, TwoNodes.Creation(Lobby));
    }

    [Fact]
    public async Task A_user_who_may_not_use_the_schema_is_refused()
    {
        await using (await TwoNodes.OpenOneAsync(Options))
        {
        }

        var user = $"stranger_{_database}";
        await postgres.Server.ExecuteAsync("postgres", $"CREATE ROLE {user} LOGIN PASSWORD 'pw'");
        await AssertRefusedAsync(Options with { ConnectionString = postgres.Server.ConnectionString(_database, user, "pw") }, $"'{user}'", "permission denied");
    }

    [Fact]
    public async Task A_wrong_password_and_a_missing_database_are_told_apart_and_the_password_is_not_told()
    {
        await AssertRefusedAsync(
            Options with { ConnectionString = postgres.Server.ConnectionString(_database, password: "swordfish") }, "does not let 'postgres' in", "check user and password");
        await AssertRefusedAsync(Options with { ConnectionString = postgres.Server.ConnectionString("nothing_here") }, "no such database");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_tried_for_a_while_and_then_told()
    {
        var log = new RecordedLog();
        var nobody = new NpgsqlConnectionStringBuilder(_connection) { Port = 1 };

        var options = Options with { ConnectionString = nobody.ConnectionString };
        var refusal = await Assert.ThrowsAsync<StoreException>(() => TwoNodes.OpenOneAsync(options, log));

        Assert.Contains("127.0.0.1:1/", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be reached", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(log.At(LogLevel.Warning), line => line.Contains("cannot be reached yet", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_comes_up_a_little_later_is_waited_for()
    {
        await using var server = await PostgresServer.StartAsync();
        var options = new PostgresOptions { ConnectionString = await server.CreateDatabaseAsync(), StartTimeout = TimeSpan.FromSeconds(60) };
        var log = new RecordedLog();
        await server.KillAsync();
        var opening = TwoNodes.OpenOneAsync(options, log);
        await LocalCluster.Eventually.UntilAsync("it has been tried", () => log.At(LogLevel.Warning).Any());

        await server.RestartAsync();

        await using var store = await LocalCluster.Eventually.WithinAsync("the store opens", opening);
    }

    [Fact]
    public async Task A_server_that_does_not_keep_what_it_commits_is_warned_of()
    {
        // Those of the tests run with fsync = off.
        var log = new RecordedLog();
        await postgres.Server.ExecuteAsync("postgres", $"ALTER DATABASE {_database} SET synchronous_commit = off");

        await using var store = await TwoNodes.OpenOneAsync(Options, log);

        Assert.Contains(log.At(LogLevel.Warning), line => line.Contains("runs with fsync = off", StringComparison.Ordinal));
        Assert.Contains(log.At(LogLevel.Warning), line => line.Contains("runs with synchronous_commit = off", StringComparison.Ordinal));
    }

    private Task<PostgresStore> OpenAsync(IReadOnlyList<string> scripts) =>
        Opening.OpenAsync(Options, scripts, TimeProvider.System, NullLogger.Instance, CancellationToken.None);

    private Task<int> VersionAsync() => postgres.Server.ScalarAsync<int>(_database, "SELECT count(*)::int FROM hubbub.schema_version");

    private static async Task AssertRefusedAsync(PostgresOptions options, params string[] words)
    {
        var refusal = await Assert.ThrowsAsync<StoreException>(() => TwoNodes.OpenOneAsync(options));
        Assert.All(words, word => Assert.Contains(word, refusal.Message, StringComparison.Ordinal));
        Assert.EndsWith(".", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(new NpgsqlConnectionStringBuilder(options.ConnectionString).Password!, refusal.ToString(), StringComparison.Ordinal);
    }
}
