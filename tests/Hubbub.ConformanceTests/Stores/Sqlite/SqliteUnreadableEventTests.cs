using Hubbub.Protocol;
using Hubbub.Stores.Sqlite;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hubbub.ConformanceTests.Stores.Sqlite;

/// <summary>One bad row does not end a room: its deletion stands in its place, so that no number is missing.</summary>
public sealed class SqliteUnreadableEventTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("UPDATE events SET type = 'from_the_future', body = '{}' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'message_edited', body = 'not json' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'message_edited', body = 'null' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'message_edited', body = '{\"message\":\"2\",\"text\":\"x\"}' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'message_edited', body = '{\"text\":\"x\"}' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'member_joined', body = '{\"userId\":\"no id\",\"userName\":\"x\",\"role\":\"member\"}' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'member_joined', body = '{\"userId\":\"bob\",\"userName\":\"x\",\"role\":\"king\"}' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'member_left', body = '{\"userId\":\"bob\",\"userName\":\"x\",\"reason\":\"bored\"}' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'reaction_added', body = '{\"message\":2}' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'reaction_removed', body = '{\"message\":2,\"emoji\":7}' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'message_pinned', body = '{}' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'room_topic', body = '{}' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'room_archived', body = 'null' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'slow_mode', body = '{\"seconds\":99999999999}' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'role_changed', body = '{\"userId\":\"bob\",\"userName\":\"x\",\"role\":\"king\"}' WHERE sequence = 3")]
    [InlineData("UPDATE events SET type = 'member_muted', body = '{\"userId\":\"bob\",\"userName\":\"x\",\"until\":9223372036854775807}' WHERE sequence = 3")]
    [InlineData("UPDATE events SET sender_id = '' WHERE sequence = 3")]
    [InlineData("UPDATE events SET sent_at = 9223372036854775807 WHERE sequence = 3")]
    [InlineData("DELETE FROM events WHERE sequence = 3")]
    public async Task An_event_that_cannot_be_read_is_shown_as_its_own_deletion_and_logged(string damage)
    {
        var log = new RecordedLog();
        await using var store = await OpenDamagedAsync(damage, log);

        var page = await store.PageAsync();

        Assert.Equal([1, 2, 3, 4, 5], page.Events.Select(e => e.Sequence));
        Assert.Equal(new MessageDeleted(3), page.Events[2].Content);
        Assert.Equal(new Position(Talk.Epoch, 3), page.Events[2].Position);
        Assert.Equal(["2", "4", "5"], page.Events.Select(e => e.Content).OfType<MessagePosted>().Select(posted => posted.Text));
        Assert.Contains("Event 3 of room lobby cannot be read", Assert.Single(log.At(LogLevel.Error)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DELETE FROM events WHERE sequence IN (1, 2, 5)")]
    [InlineData("DELETE FROM events")]
    public async Task Rows_that_are_missing_at_the_edges_of_a_page_are_no_holes_either(string damage)
    {
        await using var store = await OpenDamagedAsync(damage, new RecordedLog());

        Assert.Equal([1, 2, 3, 4, 5], (await store.PageAsync()).Events.Select(e => e.Sequence));
        Assert.Equal([2, 3], (await store.PageAsync(after: 1, limit: 2)).Events.Select(e => e.Sequence));
        Assert.Equal([5], (await store.PageAsync(after: 4, limit: 2)).Events.Select(e => e.Sequence));
    }

    [Fact]
    public async Task The_key_of_an_event_that_cannot_be_read_stays_used()
    {
        await using var store = await OpenDamagedAsync("UPDATE events SET type = 'from_the_future' WHERE sequence = 3", new RecordedLog());

        Assert.Equal(Refusals.KeyReused, (await store.PostAsync("3", key: "k3")).Refusal);
    }

    private async Task<SqliteStore> OpenDamagedAsync(string damage, RecordedLog log)
    {
        var store = await _folder.OpenAsync(logger: log);
        await store.CreateAsync();
        foreach (var n in new[] { 2, 3, 4, 5 })
            await store.PostAsync($"{n}", key: $"k{n}");
        using var other = _folder.Connect();
        other.Execute(damage);
        return store;
    }
}
