using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>Twenty lines with the browser's own WebSocket and two frames are a client: <c>web/public/plain.html</c>.</summary>
[Collection(BrowserTests.Name)]
public sealed class PlainPageTests(Chromium chromium)
{
    [Fact]
    public async Task A_page_with_a_bare_websocket_and_two_frames_chats_with_the_pages_users()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var anns = await chromium.PersonAsync();
        await using var strangers = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, server.Url, "Ann", "plain");
        var plain = await strangers.NewPageAsync();

        // What the page says after its join is answered after it: then it hears everybody.
        await plain.GotoAsync(new Uri(server.Url, "/plain.html?room=plain").ToString());
        await plain.WaitForFunctionAsync("() => socket.readyState === WebSocket.OPEN");
        await plain.Locator("#text").FillAsync("Hello from twenty lines");
        await plain.Locator("#text").PressAsync("Enter");
        await ann.SeeAsync("Hello from twenty lines");
        await ann.SayAsync("Hello from the page");

        var lines = plain.Locator("#messages li");
        await Assertions.Expect(lines).ToHaveCountAsync(2);
        await Assertions.Expect(lines.Nth(0)).ToContainTextAsync("Hello from twenty lines");
        await Assertions.Expect(lines.Nth(1)).ToHaveTextAsync("Ann: Hello from the page");
    }
}
