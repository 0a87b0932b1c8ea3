using Hubbub.Core.Files;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hubbub.ConformanceTests.Stores.Sqlite;

/// <summary>Files when the disk is full, and when the process ended in the midst of one.</summary>
public sealed class SqliteFilesFailureTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly RoomId Lobby = RoomId.Parse("lobby");
    private static readonly User Ann = new(UserId.Parse("ann"), "Ann");

    [Fact]
    public async Task On_a_full_disk_an_upload_fails_with_a_sentence_and_leaves_nothing_half()
    {
        using var disk = SmallDisk.Mount("4m");
        await using var store = await OpenAsync(disk.Path);
        await using (var upload = await BeginAsync(store, 'a'))
        {
            var full = await Assert.ThrowsAsync<NoSpaceException>(async () =>
            {
                while (true)
                    await upload.WriteAsync(new byte[100_000], None);
            });
            Assert.Contains("no space left", full.Message, StringComparison.Ordinal);
        }

        Assert.Empty(FilesOf(disk.Path));
        await using var after = await BeginAsync(store, 'b');
        await after.WriteAsync(new byte[100_000], None);
        Assert.True(await after.CompleteAsync(new FileDescription("b", FileRules.InertType, 100_000, null, null), 1L << 30, None));
        Assert.Single(FilesOf(disk.Path));
    }

    [Fact]
    public async Task What_was_coming_when_the_process_ended_is_deleted_by_the_next_and_forgotten_in_time()
    {
        using var folder = new DataFolder();
        await using (var store = await OpenAsync(folder.Path))
        {
            // Never disposed of, as by a process that dies.
            var upload = await BeginAsync(store, 'a');
            await upload.WriteAsync(new byte[1000], None);
        }

        Assert.Single(FilesOf(folder.Path));
        await using var next = await OpenAsync(folder.Path);

        Assert.Empty(FilesOf(folder.Path));
        Assert.Equal(0, await next.Files.SweepAsync(DateTimeOffset.UnixEpoch, None));
        Assert.Equal(1, await next.Files.SweepAsync(DateTimeOffset.UtcNow.AddDays(1), None));
    }

    private static string[] FilesOf(string folder) => Directory.GetFiles(Path.Combine(folder, "files"), "*", SearchOption.AllDirectories);

    private static async Task<SqliteStore> OpenAsync(string folder)
    {
        var store = await SqliteStore.OpenAsync(new SqliteOptions { Folder = folder }, TimeProvider.System, NullLogger.Instance);
        await store.AppendAsync([new Draft(Lobby, Ann, DateTimeOffset.UtcNow, null, new RoomCreated("Lobby", Visibility.Public), new Epoch(1))], None);
        return store;
    }

    private static async Task<IUpload> BeginAsync(SqliteStore store, char id) =>
        (await store.Files.BeginAsync(new NewFile(new string(id, 32), Lobby, Ann.Id, DateTimeOffset.UtcNow), 10, None))!;
}
