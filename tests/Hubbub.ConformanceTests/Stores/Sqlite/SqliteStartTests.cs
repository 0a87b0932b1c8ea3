using System.Diagnostics;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite;
using Hubbub.TestKit;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hubbub.ConformanceTests.Stores.Sqlite;

/// <summary>What can be wrong with the data folder at start, and the sentence for each. Once the cause is gone the same process opens the store.</summary>
public sealed class SqliteStartTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_missing_folder_is_made()
    {
        await using var store = await _folder.OpenAsync(_folder.Options with { Folder = Path.Combine(_folder.Path, "a", "b") });

        Assert.True(File.Exists(Path.Combine(_folder.Path, "a", "b", "hubbub.db")));
    }

    [Fact]
    public async Task A_folder_that_is_a_file_is_refused()
    {
        var file = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(file, "");

        await AssertRefusedAsync(_folder.Options with { Folder = file }, file, "cannot be used", "--data");
        await AssertRefusedAsync(_folder.Options with { Folder = Path.Combine(file, "below") }, file, "cannot be used", "--data");
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_refused()
    {
        using var disk = SmallDisk.Mount("1m", readOnly: true);

        await AssertRefusedAsync(_folder.Options with { Folder = disk.Path }, disk.Path, "cannot be used", "write access");
    }

    [Fact]
    public async Task A_full_disk_is_refused_until_there_is_space()
    {
        using var disk = SmallDisk.Mount("4m");
        var options = _folder.Options with { Folder = disk.Path };
        await using (var store = await _folder.OpenAsync(options))
            await store.CreateAsync();

        disk.Fill();
        await AssertRefusedAsync(options, disk.Path, "no space left");

        disk.Free();
        await using var again = await _folder.OpenAsync(options);
        await again.PostAsync("space");
    }

    [Fact]
    public async Task A_folder_in_use_is_refused_and_its_holder_named_until_the_holder_is_gone()
    {
        await using (await _folder.OpenAsync())
            await AssertRefusedAsync(_folder.Options, _folder.Path, $"Another hubbub (process {Environment.ProcessId}) is using", "--data");

        await using var store = await _folder.OpenAsync();
    }

    [Fact]
    public async Task A_holder_that_was_killed_holds_nothing()
    {
        var lockFile = Path.Combine(_folder.Path, "hubbub.lock");
        using var holder = Process.Start(new ProcessStartInfo("flock", ["--exclusive", "--no-fork", lockFile, "sleep", "60"]))!;
        await Eventually.UntilAsync("the other process holds the lock", () => IsRefusedAsync("is using the data folder"));

        holder.Kill();
        await holder.WaitForExitAsync();

        await using var store = await _folder.OpenAsync();
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_as_it_is()
    {
        var text = new string('x', 10_000);
        await File.WriteAllTextAsync(_folder.DatabaseFile, text);

        await AssertRefusedAsync(_folder.Options, _folder.DatabaseFile, "is not a SQLite database", "backup");
        Assert.Equal(text, await File.ReadAllTextAsync(_folder.DatabaseFile));
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused()
    {
        using (var other = _folder.Connect())
            other.Execute("CREATE TABLE songs (title TEXT)");

        await AssertRefusedAsync(_folder.Options, _folder.DatabaseFile, "another program");
    }

    [Fact]
    public async Task A_damaged_database_is_refused_and_told_how_to_recover()
    {
        await FillAsync();
        using (var file = File.OpenWrite(_folder.DatabaseFile))
        {
            // The middle of the file: pages of events, not the header and not the schema.
            file.Position = file.Length / 2;
            file.Write(Enumerable.Repeat((byte)0xa5, 16 << 10).ToArray());
        }

        await AssertRefusedAsync(_folder.Options, _folder.DatabaseFile, "is damaged", "Restore a backup", "renew-epochs");
    }

    [Fact]
    public async Task A_database_that_was_cut_short_is_refused()
    {
        await FillAsync();
        using (var file = File.OpenWrite(_folder.DatabaseFile))
            file.SetLength(file.Length / 2);

        await AssertRefusedAsync(_folder.Options, _folder.DatabaseFile, "is damaged", "Restore a backup");
    }

    [Fact]
    public async Task A_database_too_big_for_the_checks_budget_is_opened_and_the_log_says_so()
    {
        await FillAsync();
        var log = new RecordedLog();

        await using var store = await _folder.OpenAsync(_folder.Options with { CheckBudget = TimeSpan.Zero }, log);

        Assert.Contains(log.At(LogLevel.Information), line => line.Contains("too big to be checked whole", StringComparison.Ordinal));
        Assert.Equal(4001, (await store.PageAsync()).Head.Sequence);
    }

    [Theory]
    [InlineData("BEGIN IMMEDIATE")]
    [InlineData("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE rooms SET name = name")]
    public async Task A_database_locked_by_another_program_is_refused_until_it_lets_go(string theLock)
    {
        await using (var store = await _folder.OpenAsync())
            await store.CreateAsync();
        using (var other = _folder.Connect())
        {
            other.Execute(theLock);
            await AssertRefusedAsync(_folder.Options, _folder.DatabaseFile, "is locked by another program");
        }

        await using var again = await _folder.OpenAsync();
    }

    private async Task AssertRefusedAsync(SqliteOptions options, params string[] words)
    {
        var refusal = await Assert.ThrowsAsync<StoreException>(() => _folder.OpenAsync(options));
        Assert.All(words, word => Assert.Contains(word, refusal.Message, StringComparison.Ordinal));
        Assert.EndsWith(".", refusal.Message, StringComparison.Ordinal);
    }

    private async Task<bool> IsRefusedAsync(string words)
    {
        try
        {
            await using var store = await _folder.OpenAsync();
            return false;
        }
        catch (StoreException e)
        {
            return e.Message.Contains(words, StringComparison.Ordinal);
        }
    }

    /// <summary>A megabyte of messages, properly closed.</summary>
    private async Task FillAsync()
    {
        await using var store = await _folder.OpenAsync();
        await store.CreateAsync();
        for (var batch = 0; batch < 4; batch++)
        {
            var drafts = Enumerable.Range(0, 1000).Select(n => Talk.Draft(new MessagePosted(new string('m', 200)), key: $"{batch}-{n}"));
            await store.AppendAsync([.. drafts], CancellationToken.None);
        }
    }
}
