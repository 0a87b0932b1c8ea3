using System.Globalization;
using System.Text.Json;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>
/// Many messages between three pages (ten thousand where time allows), while the network is cut, the server is killed, and what it sends comes twice and out of order: on every
/// screen stands afterwards what is in the log, each message once and in its place.
/// </summary>
[Collection(BrowserTests.Name)]
public sealed class ThreePagesTests(Chromium chromium)
{
    // The whole of it, 3 400 of each, takes minutes: HUBBUB_THREE_PAGES=3400 ./test end-to-end
    private static readonly int EachSays = int.Parse(Environment.GetEnvironmentVariable("HUBBUB_THREE_PAGES") ?? "60", CultureInfo.InvariantCulture);

    private static readonly string[] Names = ["a", "b", "c"];
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    /// <summary>Says numbered messages through the page's own field as fast as it takes them, but never has more than a hundred on the way.</summary>
    private const string Talk =
        """
        ([name, count]) => {
          window.said = 0;
          const field = document.getElementById('composer');
          const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set;
          const waiting = () => JSON.parse(localStorage.getItem(`hubbub:${location.host}:outbox:three`) ?? '[]').length;
          const pause = (ms) => new Promise((go) => setTimeout(go, ms));
          void (async () => {
            while (window.said < count) {
              while (waiting() >= 100) await pause(20);
              set.call(field, `${name} ${window.said + 1}`);
              field.dispatchEvent(new InputEvent('input', { bubbles: true }));
              await pause(0);
              field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
              await pause(0);
              if (field.value === '') window.said++;
            }
          })();
        }
        """;

    /// <summary>Looks at every drawing: the stored messages on the screen must follow one another without a hole.</summary>
    private const string Watch =
        """
        () => {
          window.wrong = [];
          const look = () => {
            const numbers = [...document.querySelectorAll('[data-testid=message][data-state=sent]')].map((row) => Number(row.dataset.sequence));
            for (let i = 1; i < numbers.length; i++) if (numbers[i] !== numbers[i - 1] + 1 && window.wrong.length < 10) window.wrong.push(`${numbers[i]} after ${numbers[i - 1]}`);
            requestAnimationFrame(() => setTimeout(look));
          };
          look();
        }
        """;

    /// <summary>Scrolls to the top, and from there to the end, and returns everything that stood on the screen on the way, by sequence.</summary>
    private const string Walk =
        """
        async () => {
          const list = document.querySelector('[data-testid=message-list]');
          const drawn = () => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(go))));
          const seen = new Map();
          // What lies far up is read from the log again, page by page.
          while (!list.textContent.includes('created the room')) {
            list.scrollTop = 0;
            await drawn();
          }
          list.scrollTop = 0;
          for (let still = 0; still < 5; ) {
            await drawn();
            for (const row of document.querySelectorAll('[data-testid=message][data-state=sent]')) {
              seen.set(Number(row.dataset.sequence), row.querySelector('[data-testid=message-text]').textContent);
            }
            const before = list.scrollTop;
            list.scrollTop += list.clientHeight * 0.8;
            still = list.scrollTop === before ? still + 1 : 0;
          }
          return JSON.stringify([...seen].sort(([a], [b]) => a - b).map(([, text]) => text));
        }
        """;

    [Fact]
    public async Task Ten_thousand_messages_are_on_every_screen_once_and_in_order_through_cuts_kills_duplicates_and_reordering()
    {
        await using var server = await ServerProcess.StartAsync();
        var random = new Random(7);
        var all = Names.Length * EachSays;
        var people = new List<Person>();
        var tabs = new List<ChatTab>();
        try
        {
            foreach (var name in Names)
            {
                var person = await chromium.PersonAsync(700, 1200);
                people.Add(person);
                await person.Browser.RouteWebSocketAsync("**/ws", socket => Disturb(socket, random));
                tabs.Add(await ChatTab.OpenRoomAsync(person, server.Url, name, "three"));
            }

            foreach (var (tab, name) in tabs.Zip(Names))
            {
                await tab.SayAsync($"{name} 0");
                await tab.SeeAsync($"{name} 0");
            }

            foreach (var tab in tabs)
                await tab.Page.EvaluateAsync(Watch);
            foreach (var (tab, name) in tabs.Zip(Names))
                await tab.Page.EvaluateAsync(Talk, new object[] { name, EachSays });

            await SaidAsync(tabs, all * 15 / 100);
            await server.KillAsync();
            await server.RestartAsync();
            await SaidAsync(tabs, all * 40 / 100);
            await people[1].Browser.SetOfflineAsync(true);
            await SaidAsync([tabs[0], tabs[2]], all * 30 / 100);
            await people[1].Browser.SetOfflineAsync(false);
            await SaidAsync(tabs, all * 70 / 100);
            await server.KillAsync();
            await server.RestartAsync();
            await SaidAsync(tabs, all);

            using var reader = await HttpApi.GuestAsync(server.Url, "Reader");
            IReadOnlyList<string> stored = [];
            var kept = all + Names.Length;
            await Eventually.UntilAsync($"all {kept} messages are stored", async () => (stored = await StoredAsync(reader)).Count >= kept, Deadline);
            Assert.Equal(kept, stored.Count);
            foreach (var name in Names)
                Assert.Equal(Enumerable.Range(0, EachSays + 1).Select(i => $"{name} {i}"), stored.Where(text => text.StartsWith(name, StringComparison.Ordinal)));

            foreach (var tab in tabs)
            {
                await tab.SeeAsync("the last message is there", shown => shown.Any(m => m.Text == stored[^1] && m.State == "sent"), Deadline);
                await tab.SeeAsync("nothing is on its way", shown => shown.All(m => m.State == "sent"), Deadline);
                Assert.Equal("[]", await tab.Page.EvaluateAsync<string>("() => JSON.stringify(window.wrong)"));
                var onScreen = JsonSerializer.Deserialize<List<string>>(await tab.Page.EvaluateAsync<string>(Walk))!;
                Assert.Equal(stored.Skip(stored.Count - onScreen.Count), onScreen);
                Assert.True(onScreen.Count >= all, $"On the screen stood {onScreen.Count} of {kept}.");
            }
        }
        finally
        {
            foreach (var person in people)
                await person.DisposeAsync();
        }
    }

    /// <summary>What the server sends comes twice now and then, and now and then after what follows it.</summary>
    private static void Disturb(IWebSocketRoute socket, Random random)
    {
        var server = socket.ConnectToServer();
        string? held = null;
        var gate = new Lock();
        server.OnMessage(frame =>
        {
            lock (gate)
            {
                var text = frame.Text!;
                var isEvent = text.StartsWith("{\"type\":\"message\"", StringComparison.Ordinal);
                if (isEvent && held is null && random.Next(50) == 0)
                {
                    held = text;
                    return;
                }

                socket.Send(text);
                if (isEvent && random.Next(50) == 0)
                    socket.Send(text);
                if (held is not null && (!isEvent || random.Next(3) == 0))
                {
                    socket.Send(held);
                    held = null;
                }
            }
        });
    }

    private static Task SaidAsync(IReadOnlyList<ChatTab> tabs, int count) => Eventually.UntilAsync(
        $"{count} messages are said",
        async () =>
        {
            var said = 0;
            foreach (var tab in tabs)
                said += await tab.Page.EvaluateAsync<int>("() => window.said");
            return said >= count;
        },
        Deadline);

    private static async Task<IReadOnlyList<string>> StoredAsync(HttpApi reader)
    {
        var stored = new List<string>();
        for (var after = "0"; ;)
        {
            var page = (await reader.EventsAsync("three", $"after={after}&limit=1000")).Json;
            var events = page.GetProperty("events");
            stored.AddRange(events.EnumerateArray().Where(e => e.GetProperty("type").ValueEquals("message")).Select(e => e.GetProperty("message").GetString()!));
            if (events.GetArrayLength() < 1000)
                return stored;
            after = page.GetProperty("position").GetString()!;
        }
    }
}
