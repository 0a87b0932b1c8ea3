using System.Text;
using Hubbub.ConformanceTests.Stores.Sqlite;
using Hubbub.Core.Search;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hubbub.ConformanceTests.Search;

/// <summary>The embedded index, and what becomes of its file.</summary>
public sealed class SqliteSearchConformance : SearchContract
{
    [Fact]
    public async Task Nothing_of_a_deleted_or_replaced_text_remains_in_the_files_of_the_index()
    {
        for (var i = 0; i < 50; i++)
            await SayAsync(Bob, Lobby, $"padding{i} among the others");
        var deleted = await SayAsync(Bob, Lobby, "xylophone quarantine");
        var edited = await SayAsync(Bob, Lobby, "zeppelin quarantine");
        for (var i = 50; i < 100; i++)
            await SayAsync(Bob, Lobby, $"padding{i} among the others");
        await FollowAsync();
        Assert.True(Holds("xylophone") && Holds("XYLOPHONE") && Holds("zeppelin"), "The texts are not even there before.");

        await AppendAsync(Bob, Lobby, new MessageDeleted(deleted.Sequence));
        await AppendAsync(Bob, Lobby, new MessageEdited(edited.Sequence, "balloon"));
        await FollowAsync();

        foreach (var gone in new[] { "xylophone", "zeppelin", "quarantine" })
            Assert.False(Holds(gone), $"'{gone}' is still in a file.");
        Assert.Equal(["balloon"], await FindAsync("balloon"));
        Assert.Equal(100, (await FindAsync("among")).Count);

        // Without regard to case: FTS5 keeps words in small letters.
        bool Holds(string text) => Directory.EnumerateFiles(Store.Folder!, "search.db*").Any(file =>
        {
            using var opened = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var bytes = new MemoryStream();
            opened.CopyTo(bytes);
            return Encoding.Latin1.GetString(bytes.ToArray()).Contains(text, StringComparison.OrdinalIgnoreCase);
        });
    }

    [Fact]
    public async Task A_damaged_or_foreign_index_is_thrown_away_and_made_anew_from_the_log()
    {
        var folder = new DataFolder();
        foreach (var damage in new byte[][] { [], "not a database at all, but long enough to be taken for one: "u8.ToArray(), new byte[4096] })
        {
            var store = await OpenStoreAsync(folder);
            var search = store.OpenSearch();
            if (damage.Length == 0)
                await FillAsync(store);
            await new Indexer(store, search, TimeProvider.System, NullLogger<Indexer>.Instance).FollowAsync(Lobby, None);
            Assert.Single((await search.FindAsync(Read("survives"), new SearchScope(Ann.Id, null), null, 5, None))!.Hits);
            await store.DisposeAsync();
            if (damage.Length > 0)
                await File.WriteAllBytesAsync(Path.Combine(folder.Path, "search.db"), damage);
        }

        await using (var store = await OpenStoreAsync(folder))
        {
            var search = store.OpenSearch();
            Assert.Equal(Position.Start, await search.PositionAsync(Lobby, None));
            await new Indexer(store, search, TimeProvider.System, NullLogger<Indexer>.Instance).FollowAsync(Lobby, None);
            Assert.Single((await search.FindAsync(Read("survives"), new SearchScope(Ann.Id, null), null, 5, None))!.Hits);
        }

        folder.Dispose();

        static async Task FillAsync(SqliteStore store)
        {
            foreach (var content in new EventContent[] { new RoomCreated("Lobby", Visibility.Public), new MessagePosted("it survives") })
                await store.AppendAsync([new Core.Log.Draft(Lobby, Ann, DateTimeOffset.UnixEpoch, null, content, new Epoch(1))], None);
        }
    }

    [Fact]
    public async Task The_index_of_private_rooms_is_readable_by_its_owner_alone()
    {
        await SayAsync(Ann, Lobby, "word");
        await FollowAsync();
        foreach (var file in Directory.EnumerateFiles(Store.Folder!, "search.db*"))
        {
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    protected override async Task<SearchUnderTest> OpenAsync(TimeProvider time)
    {
        var folder = new DataFolder();
        var store = await SqliteStore.OpenAsync(new SqliteOptions { Folder = folder.Path }, time, NullLogger.Instance);
        return new SearchUnderTest(
            store, store.People, store.OpenSearch(), () => store.RenewEpochsAsync(() => new Epoch(9)),
            async () =>
            {
                await store.DisposeAsync();
                folder.Dispose();
            },
            folder.Path);
    }

    private static Task<SqliteStore> OpenStoreAsync(DataFolder folder) => SqliteStore.OpenAsync(new SqliteOptions { Folder = folder.Path }, TimeProvider.System, NullLogger.Instance);
}
