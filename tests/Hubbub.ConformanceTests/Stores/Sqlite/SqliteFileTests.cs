using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Stores.Sqlite;
using Xunit;

namespace Hubbub.ConformanceTests.Stores.Sqlite;

/// <summary>What outlives the process.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_that_was_acknowledged_is_there_after_closing_and_opening()
    {
        RoomEvent posted;
        var expiresAt = DateTimeOffset.UtcNow.AddSeconds(30);
        var invitation = new Invitation("i1", Talk.Lobby, new string('a', 64), Talk.Ann.Id, Talk.SentAt, Talk.SentAt);
        await using (var store = await _folder.OpenAsync())
        {
            await store.CreateAsync();
            posted = (await store.PostAsync("hello", key: "k1")).Event!;
            await store.MoveReadMarkAsync(Talk.Lobby, Talk.Ann.Id, 2, None);
            await store.AddInvitationAsync(invitation, None);
            await store.TryUseTicketAsync("t1", expiresAt, None);
        }

        await using var reopened = await _folder.OpenAsync();

        Assert.Equal(posted, (await reopened.PageAsync(after: 1)).Events.Single());
        Assert.Equal(AppendOutcome.Repeated(posted), await reopened.PostAsync("hello", key: "k1"));
        Assert.Equal(3, (await reopened.PostAsync("next")).Event!.Sequence);
        Assert.Equal(Role.Owner, (await reopened.MembershipAsync(Talk.Lobby, Talk.Ann.Id, None))!.Role);
        Assert.Equal(2, await reopened.ReadMarkAsync(Talk.Lobby, Talk.Ann.Id, None));
        Assert.Equal(invitation, await reopened.FindInvitationAsync(invitation.TokenHash, None));
        Assert.False(await reopened.TryUseTicketAsync("t1", expiresAt, None));
    }

    [Fact]
    public async Task All_that_was_acknowledged_is_in_the_files_at_that_moment()
    {
        using var copy = new DataFolder();
        await using (var store = await _folder.OpenAsync())
        {
            await store.CreateAsync();
            for (var n = 0; n < 50; n++)
                await store.PostAsync($"{n}");

            // As a crash would leave them: the log not copied, nothing closed. Without the shared-memory index, which a crash does not keep either.
            File.Copy(_folder.DatabaseFile, copy.DatabaseFile);
            File.Copy(_folder.WalFile, copy.WalFile);
        }

        await using var recovered = await copy.OpenAsync();

        Assert.Equal(Enumerable.Range(0, 50).Select(n => $"{n}"), await recovered.TextsAsync());
    }

    [Fact]
    public async Task A_closed_store_leaves_one_file_and_says_that_it_is_closed()
    {
        var store = await _folder.OpenAsync();
        await store.CreateAsync();
        await store.PostAsync("hello");
        await store.DisposeAsync();
        await store.DisposeAsync();

        Assert.False(File.Exists(_folder.WalFile));
        Assert.Contains("closed", (await Assert.ThrowsAsync<StoreException>(() => store.PostAsync("late"))).Message, StringComparison.Ordinal);
        Assert.Contains("closed", (await Assert.ThrowsAsync<StoreException>(() => store.PageAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Closing_writes_what_waits()
    {
        var store = await _folder.OpenAsync();
        await store.CreateAsync();
        var posts = Enumerable.Range(0, 100).Select(n => store.PostAsync($"{n}")).ToList();

        await store.DisposeAsync();

        Assert.All(await Task.WhenAll(posts), post => Assert.True(post.IsAppended));
        await using var reopened = await _folder.OpenAsync();
        Assert.Equal(100, (await reopened.TextsAsync()).Count());
    }

    [Fact]
    public async Task Nobody_but_the_owner_can_read_the_files()
    {
        await using var store = await _folder.OpenAsync();
        await store.CreateAsync();

        if (!OperatingSystem.IsWindows())
        {
            foreach (var file in new[] { _folder.DatabaseFile, _folder.WalFile })
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task Renewed_epochs_give_every_room_another_life_with_the_same_events()
    {
        var attic = RoomId.Parse("attic");
        await using (var store = await _folder.OpenAsync())
        {
            await store.CreateAsync();
            await store.CreateAsync(attic);
            await store.PostAsync("hello", key: "k1");
            var drawn = new Queue<Epoch>([Talk.Epoch, new Epoch(1), new Epoch(2)]);

            // The first draw repeats the old epoch, which would renew nothing.
            Assert.Equal(2, await store.RenewEpochsAsync(drawn.Dequeue));
        }

        await using var reopened = await _folder.OpenAsync();
        var page = await reopened.PageAsync();
        Assert.Equal(new Position(new Epoch(1), 2), page.Head);
        Assert.All(page.Events, e => Assert.Equal(new Epoch(1), e.Position.Epoch));
        Assert.Equal([new Position(new Epoch(2), 1)], await reopened.HeadsAsync([attic], None));
        Assert.Equal("1".PadLeft(8, '0') + ":3", (await reopened.PostAsync("next")).Event!.Position.ToString());
        Assert.True((await reopened.PostAsync("hello", key: "k1")).IsRepeated);
    }

    [Fact]
    public async Task Epochs_renewed_while_the_store_works_hold_for_the_next_append()
    {
        await using var store = await _folder.OpenAsync();
        await store.CreateAsync();

        await store.RenewEpochsAsync(() => new Epoch(5));

        Assert.Equal(new Position(new Epoch(5), 2), (await store.PostAsync("next")).Event!.Position);
    }
}
