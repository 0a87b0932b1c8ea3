using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>The server is killed under a conversation, again and again, while both go on typing.</summary>
[Collection(BrowserTests.Name)]
public sealed class CrashTests(Chromium chromium)
{
    /// <summary>High enough to draw some 300 messages: a list draws only what is visible.</summary>
    private const int Height = 16_000;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>For each kill: how many messages both type before it, and how many more before the server is back.</summary>
    private static readonly (int Before, int Without)[] Kills = [(8, 4), (5, 1), (1, 9), (6, 2)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Both_tabs_show_the_same_each_message_once_and_in_order_after_the_server_was_killed_while_both_typed(bool oneBrowser)
    {
        await using var server = await ServerProcess.StartAsync();
        await using var anns = await chromium.PersonAsync(height: Height);
        await using var bobs = await chromium.PersonAsync(height: Height);
        var ann = new Typist(await ChatTab.OpenRoomAsync(anns, server.Url, "Ann", "crash"), "a");
        var bob = new Typist(await ChatTab.OpenRoomAsync(oneBrowser ? anns : bobs, server.Url, "Bob", "crash"), "b");

        using var enough = new CancellationTokenSource();
        var typing = Task.WhenAll(ann.TypeAsync(enough.Token), bob.TypeAsync(enough.Token));
        var confirmed = new HashSet<(long, string)>();
        foreach (var (before, without) in Kills)
        {
            await UntilTypedAsync(before, "before the kill");
            confirmed.UnionWith(await ConfirmedAsync(ann.Tab));
            confirmed.UnionWith(await ConfirmedAsync(bob.Tab));
            await server.KillAsync();
            await UntilTypedAsync(without, "while there is no server");
            await server.RestartAsync();
        }

        await UntilTypedAsync(2, "after all");
        await enough.CancelAsync();
        await typing;
        var onAnns = await SeeAllAsync(ann.Tab, ann.Typed + bob.Typed);
        var onBobs = await SeeAllAsync(bob.Tab, ann.Typed + bob.Typed);
        var stored = await StoredAsync(server);

        Assert.NotEmpty(confirmed);
        Assert.Equal(onAnns, onBobs);
        Assert.Equal(stored, onAnns);
        Assert.Subset(stored.ToHashSet(), confirmed);
        foreach (var typist in new[] { ann, bob })
            Assert.Equal(Enumerable.Range(1, typist.Typed).Select(typist.Text), stored.Select(m => m.Text).Where(typist.IsOwn));

        Task UntilTypedAsync(int more, string when)
        {
            var target = ann.Typed + bob.Typed + more;
            return Eventually.UntilAsync($"{more} more messages are typed {when}", () => typing.IsFaulted || ann.Typed + bob.Typed >= target, Deadline);
        }
    }

    private static async Task<IReadOnlyList<(long Sequence, string Text)>> SeeAllAsync(ChatTab tab, int count)
    {
        var shown = await tab.SeeAsync($"all {count} messages are stored", all => all.Count == count && all.All(m => m.State == "sent"), Deadline);
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

    /// <summary>Types numbered messages at a quick person's pace until told to stop.</summary>
    private sealed class Typist(ChatTab tab, string name)
    {
        private int _typed;

        public ChatTab Tab => tab;

        public int Typed => Volatile.Read(ref _typed);

        public string Text(int number) => $"{name} {number}";

        public bool IsOwn(string text) => text.StartsWith(name, StringComparison.Ordinal);

        public async Task TypeAsync(CancellationToken enough)
        {
            while (!enough.IsCancellationRequested)
            {
                await tab.SayAsync(Text(Typed + 1));
                Interlocked.Increment(ref _typed);
            }
        }
    }
}
