using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite;
using Hubbub.Stores.Sqlite.Schema;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hubbub.ConformanceTests.Stores.Sqlite;

/// <summary>How a file comes from one version of the schema to the next.</summary>
public sealed class SqliteSchemaTests : IDisposable
{
    private static readonly IReadOnlyList<string> Known = SchemaVersions.Scripts;
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_new_file_has_the_newest_version()
    {
        await using (Open(Known))
        {
        }

        Assert.Equal(Known.Count, Version());
    }

    [Fact]
    public async Task An_older_file_gets_what_it_lacks_in_order_and_keeps_what_it_has()
    {
        await using (var old = Open(Known))
        {
            await old.CreateAsync();
            await old.PostAsync("from before");
        }

        // The third needs the second, and the second would fail if it were applied twice.
        await using (var migrated = Open([.. Known, "CREATE TABLE a (x INTEGER)", "INSERT INTO a VALUES (7)"]))
            Assert.Equal(["from before"], await migrated.TextsAsync());
        await using (Open([.. Known, "CREATE TABLE a (x INTEGER)", "INSERT INTO a VALUES (7)"]))
        {
        }

        using var file = _folder.Connect();
        Assert.Equal(1, file.Number("SELECT count(*) FROM a WHERE x = 7"));
        Assert.Equal(Known.Count + 2, Version());
    }

    [Fact]
    public async Task Rooms_of_a_file_of_version_1_are_strong_and_new_ones_may_be_relaxed()
    {
        using (var file = _folder.Connect())
        {
            file.Execute(Known[0]);
            file.Execute($$"""
                INSERT INTO schema_version (version, applied_at) VALUES (1, 0);
                INSERT INTO rooms (number, id, epoch, head, name, visibility, created_at) VALUES (1, 'lobby', {{Talk.Epoch.Value}}, 1, 'Lobby', 0, 0);
                INSERT INTO events (room_number, sequence, sent_at, sender_id, sender_name, key, type, body)
                VALUES (1, 1, 0, 'ann', 'Ann', NULL, 'room_created', '{"name":"Lobby","visibility":"public"}');
                """);
        }

        await using (var migrated = Open(Known))
        {
            Assert.Equal(Consistency.Strong, (await migrated.FindAsync(Talk.Lobby, default))!.Consistency);
            Assert.Equal(new RoomCreated("Lobby", Visibility.Public, Consistency.Strong), Assert.Single((await migrated.PageAsync()).Events).Content);
            await migrated.AppendAsync(new RoomCreated("Stage", Visibility.Public, Consistency.Relaxed), room: RoomId.Parse("stage"));
        }

        Assert.Equal(Known.Count, Version());
        await using var reopened = Open(Known);
        Assert.Equal(Consistency.Relaxed, (await reopened.FindAsync(RoomId.Parse("stage"), default))!.Consistency);
    }

    [Fact]
    public async Task Edits_and_deletions_of_a_file_of_version_2_get_their_message_and_what_was_deleted_is_erased()
    {
        using (var file = _folder.Connect())
        {
            file.Execute(Known[0]);
            file.Execute(Known[1]);
            file.Execute($$"""
                INSERT INTO schema_version (version, applied_at) VALUES (2, 0);
                INSERT INTO rooms (number, id, epoch, head, name, visibility, created_at) VALUES (1, 'lobby', {{Talk.Epoch.Value}}, 8, 'Lobby', 0, 0);
                INSERT INTO events (room_number, sequence, sent_at, sender_id, sender_name, key, type, body) VALUES
                (1, 1, 0, 'ann', 'Ann', NULL, 'room_created', '{"name":"Lobby","visibility":"public"}'),
                (1, 2, 0, 'ann', 'Ann', 'k2', 'message', 'secret'),
                (1, 3, 0, 'ann', 'Ann', NULL, 'message', 'kept'),
                (1, 4, 0, 'ann', 'Ann', NULL, 'message_edited', '{"message":2,"text":"more secret"}'),
                (1, 5, 0, 'ann', 'Ann', NULL, 'message_edited', '{"message":3,"text":"kept too"}'),
                (1, 6, 0, 'ann', 'Ann', NULL, 'message_deleted', '{"message":2}'),
                (1, 7, 0, 'ann', 'Ann', NULL, 'message_edited', 'damaged'),
                (1, 8, 0, 'ann', 'Ann', NULL, 'message_edited', '{"message":"damaged","text":"x"}');
                """);
        }

        await using var migrated = Open(Known);

        Assert.Equal(
            [
                new MessagePosted(""), new MessagePosted("kept"), new MessageEdited(2, ""), new MessageEdited(3, "kept too"), new MessageDeleted(2),
                new MessageDeleted(7), new MessageDeleted(8),
            ],
            (await migrated.PageAsync(after: 1)).Events.Select(e => e.Content));
        Assert.Equal([4, 5, 6], (await migrated.ConcerningAsync(Talk.Lobby, new Concerning([1, 2, 3, 4, 5, 6, 7, 8, 9]), default)).Select(e => e.Sequence));
        Assert.True((await migrated.PostAsync("secret", "k2")).IsRepeated);
    }

    [Fact]
    public async Task What_was_deleted_is_nowhere_in_the_file()
    {
        var (small, large) = ("the secret word", new string('s', 9_000) + "ecret");
        await using (var store = Open(Known))
        {
            await store.CreateAsync();
            for (var i = 0; i < 20; i++)
                await store.PostAsync($"{small} {i} {new string('x', 100)}");
            await store.PostAsync(large);
            await store.AppendAsync(new MessageEdited(2, $"{small}, edited"));
            for (var sequence = 2; sequence <= 22; sequence++)
                await store.AppendAsync(new MessageDeleted(sequence));
        }

        var bytes = await File.ReadAllTextAsync(_folder.DatabaseFile, System.Text.Encoding.Latin1);
        Assert.Contains("message_deleted", bytes, StringComparison.Ordinal);
        Assert.DoesNotContain(small, bytes, StringComparison.Ordinal);
        Assert.DoesNotContain("ssssssss", bytes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_step_that_fails_leaves_the_file_at_the_version_before_it()
    {
        await using (Open(Known))
        {
        }

        Assert.Throws<StoreException>(() => Open([.. Known, "CREATE TABLE a (x INTEGER)", "CREATE TABLE b (x INTEGER); SELECT no_such_function()"]));

        using (var file = _folder.Connect())
        {
            Assert.Equal(1, file.Number("SELECT count(*) FROM sqlite_schema WHERE name = 'a'"));
            Assert.Equal(0, file.Number("SELECT count(*) FROM sqlite_schema WHERE name = 'b'"));
        }

        Assert.Equal(Known.Count + 1, Version());
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused_and_left_as_it_is()
    {
        await using (Open([.. Known, "CREATE TABLE a (x INTEGER)"]))
        {
        }

        var refusal = Assert.Throws<StoreException>(() => Open(Known));

        Assert.Contains($"newer hubbub (schema version {Known.Count + 1}; this one knows {Known.Count})", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(Known.Count + 1, Version());
    }

    private SqliteStore Open(IReadOnlyList<string> scripts) => Opening.Open(_folder.Options, scripts, TimeProvider.System, NullLogger.Instance);

    private long Version()
    {
        using var file = _folder.Connect();
        return file.Number("SELECT max(version) FROM schema_version");
    }
}
