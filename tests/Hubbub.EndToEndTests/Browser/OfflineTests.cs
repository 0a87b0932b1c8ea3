using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>Without a connection the page says so, takes messages all the same, and sends each once when it is back.</summary>
[Collection(BrowserTests.Name)]
public sealed class OfflineTests(Chromium chromium)
{
    private static readonly LocatorAssertionsToBeVisibleOptions Within = new() { Timeout = 30_000 };
    private static readonly LocatorAssertionsToHaveCountOptions GoneWithin = new() { Timeout = 40_000 };

    [Fact]
    public async Task The_bar_appears_while_there_is_no_server_and_what_was_typed_meanwhile_arrives_once()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var anns = await chromium.PersonAsync();
        await using var bobs = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, server.Url, "Ann", "offline");
        await ann.SayAsync("before");
        await ann.SeeAsync("before");
        await Assertions.Expect(ann.ReconnectingBar).ToHaveCountAsync(0);

        await server.KillAsync();
        await Assertions.Expect(ann.ReconnectingBar).ToBeVisibleAsync(Within);
        await ann.SayAsync("during 1");
        await ann.SayAsync("during 2");
        await ann.SeeAsync("both wait on the screen", shown => shown.Count(m => m.State == "pending") == 2);

        await server.RestartAsync();
        await Assertions.Expect(ann.ReconnectingBar).ToHaveCountAsync(0, GoneWithin);
        await ann.SayAsync("after");
        await ann.SeeAsync("after");
        var bob = await ChatTab.OpenRoomAsync(bobs, server.Url, "Bob", "offline");
        string[] expected = ["before", "during 1", "during 2", "after"];
        Assert.Equal(expected, (await bob.SeeAsync("after")).Select(m => m.Text));
        Assert.Equal(expected, (await ann.LookAsync()).Select(m => m.Text));
    }

    [Fact]
    public async Task What_was_typed_offline_in_a_tab_that_was_closed_is_sent_once_by_the_next_tab()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var anns = await chromium.PersonAsync();
        var first = await ChatTab.OpenRoomAsync(anns, server.Url, "Ann", "closed");
        await first.SayAsync("before");
        await first.SeeAsync("before");
        await server.KillAsync();
        await first.SayAsync("typed in vain?");
        await first.SeeAsync("it waits on the screen", shown => shown is [_, { State: "pending" }]);
        await first.Page.CloseAsync();
        await server.RestartAsync();

        var second = await ChatTab.OpenRoomAsync(anns, server.Url, "Ann", "closed");
        await second.SeeAsync("typed in vain?");
        await second.SayAsync("after");
        Assert.Equal(["before", "typed in vain?", "after"], (await second.SeeAsync("after")).Select(m => m.Text));
    }

    [Fact]
    public async Task The_page_comes_back_when_the_browser_was_offline()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var anns = await chromium.PersonAsync();
        await using var bobs = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, server.Url, "Ann", "tunnel");
        var bob = await ChatTab.OpenRoomAsync(bobs, server.Url, "Bob", "tunnel");
        await ann.SayAsync("before the tunnel");
        await bob.SeeAsync("before the tunnel");

        await anns.Browser.SetOfflineAsync(true);
        await ann.SayAsync("in the tunnel");
        await ann.SeeAsync("it waits on the screen", shown => shown is [_, { State: "pending" }]);
        await bob.SayAsync("while you are away");
        await bob.SeeAsync("while you are away");
        await anns.Browser.SetOfflineAsync(false);

        // In this order: so the browser was offline indeed.
        await ann.SeeAsync("in the tunnel");
        var onBobs = await bob.SeeAsync("in the tunnel");
        Assert.Equal(["before the tunnel", "while you are away", "in the tunnel"], onBobs.Select(m => m.Text));
        Assert.Equal(onBobs, await ann.SeeAsync("while you are away"));
    }
}
