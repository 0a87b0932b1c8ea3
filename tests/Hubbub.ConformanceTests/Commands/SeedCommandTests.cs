using System.CommandLine;
using Hubbub.ConformanceTests.Stores.Sqlite;
using Hubbub.Core.Search;
using Hubbub.Protocol;
using Hubbub.Server.Commands;
using Hubbub.Stores.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hubbub.ConformanceTests.Commands;

/// <summary><c>hubbub seed</c> as it is called: what it writes is there and is found, and what is wrong is told.</summary>
public sealed class SeedCommandTests
{
    [Fact]
    public async Task A_seeded_folder_holds_what_was_asked_for_and_the_index_finds_it_and_a_second_time_is_refused()
    {
        using var folder = new DataFolder();
        string[] arguments = ["--messages", "300", "--members", "7", "--rooms", "2", "--seed", "5", "--data", folder.Path];

        Assert.Equal(0, await SeedCommand.Make().Parse(arguments).InvokeAsync());
        Assert.Equal(1, await SeedCommand.Make().Parse(arguments).InvokeAsync());

        await using var store = await SqliteStore.OpenAsync(new SqliteOptions { Folder = folder.Path }, TimeProvider.System, NullLogger.Instance);
        var search = store.OpenSearch();
        var messages = 0;
        foreach (var room in new[] { "seed-5-1", "seed-5-2" }.Select(RoomId.Parse))
        {
            messages += (await store.ReadAsync(room, 0, Limits.MaxPage, default))!.Events.Count(e => e.Content is MessagePosted);
            Assert.Equal(7, (await store.MembersAsync(room, null, 100, default)).Count);
            await new Indexer(store, search, TimeProvider.System, NullLogger<Indexer>.Instance).FollowAsync(room, default);
        }

        Assert.Equal(300, messages);
        Assert.True(SearchQuery.Read("the").Is(out var query, out _));
        Assert.NotEmpty((await search.FindAsync(query, new SearchScope(UserId.Parse("anybody"), null), null, 100, default))!.Hits);
    }

    [Theory]
    [InlineData("--messages", "many", "--messages is a number from 0 to 10,000,000.")]
    [InlineData("--messages", "-1", "--messages is a number from 0 to 10,000,000.")]
    [InlineData("--members", "0", "--members is a number from 1 to 100,000.")]
    [InlineData("--rooms", "10001", "--rooms is a number from 1 to 10,000.")]
    [InlineData("--seed", "x", "--seed is a number from 0 to 2,147,483,647.")]
    [InlineData("--until", "tomorrow", "--until is a day such as 2026-01-01, from 1990 to 2200.")]
    [InlineData("--store", "sqlite", "--store is the address of a PostgreSQL database, postgres://user:password@host:port/database; for a folder there is --data.")]
    public void What_is_wrong_is_told_with_what_would_be_right(string option, string value, string sentence) =>
        Assert.Contains(sentence, SeedCommand.Make().Parse([option, value]).Errors.Select(e => e.Message));
}
