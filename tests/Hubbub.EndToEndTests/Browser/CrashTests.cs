using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>The server is killed under a conversation, again and again, while both go on typing.</summary>
[Collection(BrowserTests.Name)]
public sealed class CrashTests(Chromium chromium)
{
    private const int MessagesEach = 36;

    /// <summary>High enough to draw every message of the conversation.</summary>
    private const int Height = 9000;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>How many messages both have typed when the server is killed, and how many more they type before it is back.</summary>
    private static readonly (int Typed, int MoreWithout)[] Kills = [(8, 4), (24, 1), (36, 9), (52, 2)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Both_tabs_show_the_same_each_message_once_and_in_order_after_the_server_was_killed_while_both_typed(bool oneBrowser)
    {
        await using var server = await ServerProcess.StartAsync();
        await using var anns = await chromium.PersonAsync(height: Height);
        await using var bobs = await chromium.PersonAsync(height: Height);
        var ann = await ChatTab.OpenRoomAsync(anns, server.Url, "Ann", "crash");
        var bob = await ChatTab.OpenRoomAsync(oneBrowser ? anns : bobs, server.Url, "Bob", "crash");

        var typed = 0;
        var typing = Task.WhenAll(TypeAsync(ann, "a"), TypeAsync(bob, "b"));
        var confirmed = new HashSet<(long, string)>();
        foreach (var (before, more) in Kills)
        {
            await UntilTypedAsync(before, "before the kill");
            confirmed.UnionWith(await ConfirmedAsync(ann));
            confirmed.UnionWith(await ConfirmedAsync(bob));
            await server.KillAsync();
            await UntilTypedAsync(before + more, "while there is no server");
            await server.RestartAsync();
        }

        await typing;
        var onAnns = await SeeAllAsync(ann);
        var onBobs = await SeeAllAsync(bob);
        var stored = await StoredAsync(server);

        Assert.NotEmpty(confirmed);
        Assert.Equal(onAnns, onBobs);
        Assert.Equal(stored, onAnns);
        Assert.Subset(stored.ToHashSet(), confirmed);
        foreach (var who in new[] { "a", "b" })
            Assert.Equal(Enumerable.Range(1, MessagesEach).Select(i => $"{who} {i}"), stored.Select(m => m.Text).Where(t => t.StartsWith(who, StringComparison.Ordinal)));

        async Task TypeAsync(ChatTab tab, string who)
        {
            for (var i = 1; i <= MessagesEach; i++)
            {
                await tab.SayAsync($"{who} {i}");
                Interlocked.Increment(ref typed);
            }
        }

        Task UntilTypedAsync(int count, string when) =>
            Eventually.UntilAsync($"{count} messages are typed {when}", () => typing.IsFaulted || Volatile.Read(ref typed) >= count, Deadline);
    }

    private static async Task<IReadOnlyList<(long Sequence, string Text)>> SeeAllAsync(ChatTab tab)
    {
        var shown = await tab.SeeAsync("all messages are stored", all => all.Count == 2 * MessagesEach && all.All(m => m.State == "sent"), Deadline);
        await Assertions.Expect(tab.ReconnectingBar).ToHaveCountAsync(0);
        return [.. shown.Select(m => (m.Sequence, m.Text))];
    }

    private static async Task<IEnumerable<(long, string)>> ConfirmedAsync(ChatTab tab) =>
        (await tab.LookAsync()).Where(m => m.State == "sent").Select(m => (m.Sequence, m.Text));

    private static async Task<IReadOnlyList<(long Sequence, string Text)>> StoredAsync(ServerProcess server)
    {
        using var reader = await HttpApi.GuestAsync(server.Url, "Reader");
        var answer = await reader.EventsAsync("crash", "after=0&limit=1000");
        return
        [
            .. answer.Json.GetProperty("events").EnumerateArray()
                .Where(e => e.GetProperty("type").ValueEquals("message"))
                .Select(e => (e.GetProperty("sequence").GetInt64(), e.GetProperty("message").GetString()!)),
        ];
    }
}
