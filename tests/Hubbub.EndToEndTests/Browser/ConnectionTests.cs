using Hubbub.TestKit;
using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>What the page says of its connection: nothing for as long as there is nothing to be said.</summary>
[Collection(BrowserTests.Name)]
public sealed class ConnectionTests(Chromium chromium) : IAsyncLifetime
{
    /// <summary>Writes down, from now on, when each thing is drawn that tells of the connection, and whether it is gone again.</summary>
    private const string Watch =
        """
        () => {
          window.told = [];
          new MutationObserver(() => {
            for (const id of ['reconnecting', 'recovered']) {
              const shown = document.querySelector(`[data-testid=${id}]`) !== null;
              if (shown !== window.told.some((entry) => entry.id === id && entry.until === undefined)) {
                if (shown) window.told.push({ id, from: performance.now() });
                else window.told.findLast((entry) => entry.id === id).until = performance.now();
              }
            }
          }).observe(document.body, { childList: true, subtree: true });
        }
        """;

    private ServerProcess _server = null!;

    public async Task InitializeAsync() => _server = await ServerProcess.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_loss_is_told_after_two_seconds_with_a_countdown_and_recovery_fades()
    {
        await using var anns = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "room1");
        await ann.SayAsync("before");
        await ann.SeeAsync("before");
        await ann.Page.EvaluateAsync(Watch);
        await ann.Page.EvaluateAsync("() => { window.lost = performance.now(); }");
        await _server.KillAsync();

        await Assertions.Expect(ann.ReconnectingBar).ToBeVisibleAsync(new() { Timeout = 20_000 });
        var silent = await ann.Page.EvaluateAsync<double>("() => window.told[0].from - window.lost");
        Assert.True(silent >= 2000, $"The bar came {silent} ms after the loss.");
        await Assertions.Expect(ann.ReconnectingBar).ToContainTextAsync("Trying again in", new() { Timeout = 20_000 });
        await ann.Page.GetByTestId("try-now").ClickAsync();
        await _server.RestartAsync();
        await Eventually.UntilAsync(
            "recovery is told, and not any more",
            () => ann.Page.EvaluateAsync<bool>("() => window.told.some((entry) => entry.id === 'recovered' && entry.until !== undefined)"),
            TimeSpan.FromSeconds(30));
        await Assertions.Expect(ann.ReconnectingBar).ToHaveCountAsync(0);
        await ann.SayAsync("after");
        await ann.SeeAsync("after");
    }

    [Fact]
    public async Task A_drain_and_a_change_of_transport_show_nothing()
    {
        await using var anns = await chromium.PersonAsync();
        var sockets = new List<IWebSocketRoute>();
        var isHeldBack = true;
        await anns.Browser.RouteWebSocketAsync("**/ws", socket =>
        {
            // Held back, it opens and nobody ever answers, as behind some proxies.
            if (isHeldBack)
                return;
            sockets.Add(socket);
            socket.ConnectToServer();
        });
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "room1");
        await ann.SayAsync("by events");
        await ann.SeeAsync("by events");
        await ExpectTransportAsync(ann, "sse");
        await Assertions.Expect(ann.ReconnectingBar).ToHaveCountAsync(0);
        await ann.Page.EvaluateAsync(Watch);

        isHeldBack = false;
        await ann.Page.EvaluateAsync("() => window.dispatchEvent(new Event('online'))");
        await ExpectTransportAsync(ann, "websocket");
        await ann.SayAsync("by socket");
        await ann.SeeAsync("by socket");

        // The node says that it will stop: the page goes on over another socket.
        sockets[^1].Send("""{"type":"reconnect","payload":{"reason":"drain","deadline":30}}""");
        await Eventually.UntilAsync("another socket is opened", () => sockets.Count == 2);
        await ann.SayAsync("by another socket");
        await ann.SeeAsync("by another socket");
        Assert.Equal("[]", await ann.Page.EvaluateAsync<string>("() => JSON.stringify(window.told)"));
    }

    [Fact]
    public async Task Where_the_page_stands_is_told_to_who_asks()
    {
        await using var anns = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "room1");
        await ann.SayAsync("here");
        await ann.SeeAsync("here");
        await ann.Page.GetByTestId("open-connection").ClickAsync();
        var panel = ann.Page.GetByTestId("connection");
        await Assertions.Expect(panel).ToContainTextAsync("websocket");
        await Assertions.Expect(panel).ToContainTextAsync(new System.Text.RegularExpressions.Regex("Round trip\\s*\\d+ ms"));
        await ann.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(panel).ToHaveCountAsync(0);
    }

    private static async Task ExpectTransportAsync(ChatTab tab, string transport)
    {
        await tab.Page.GetByTestId("open-connection").ClickAsync();
        await Assertions.Expect(tab.Page.GetByTestId("connection")).ToContainTextAsync(transport, new() { Timeout = 20_000 });
        await tab.Page.Keyboard.PressAsync("Escape");
    }
}
