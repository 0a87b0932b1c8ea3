using System.Collections.Concurrent;
using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>Two people, two tabs, one server: the first thing that anybody does with a chat.</summary>
[Collection(BrowserTests.Name)]
public sealed class ConversationTests(Chromium chromium) : IAsyncLifetime
{
    private ServerProcess _server = null!;

    public async Task InitializeAsync() => _server = await ServerProcess.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_message_typed_in_one_tab_is_on_the_others_screen()
    {
        await using var anns = await chromium.PersonAsync();
        await using var bobs = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "room1");
        var bob = await ChatTab.OpenRoomAsync(bobs, _server.Url, "Bob", "room1");

        await ann.SayAsync("Hello Bob");
        var seenByBob = await bob.SeeAsync("Hello Bob");
        await bob.SayAsync("Hello Ann");
        var seenByAnn = await ann.SeeAsync("Hello Ann");

        Assert.Equal(["Hello Bob", "Hello Ann"], seenByAnn.Select(m => m.Text));
        Assert.Equal(["Hello Bob"], seenByBob.Select(m => m.Text));
        Assert.Contains("Bob", await ann.Page.GetByTestId("message-list").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Empty(ann.Complaints.Concat(bob.Complaints));
    }

    [Fact]
    public async Task Over_tls_the_page_uses_a_secure_socket_by_itself()
    {
        await using var server = await ServerProcess.StartAsync(["--store", "memory"], tls: true);
        await using var anns = await chromium.PersonAsync();
        var page = await anns.NewPageAsync();
        var sockets = new ConcurrentQueue<string>();
        page.WebSocket += (_, socket) => sockets.Enqueue(socket.Url);
        await page.GotoAsync(new Uri(server.Url, "/r/room1").ToString());
        await page.GetByTestId("name-input").FillAsync("Ann");
        await page.GetByTestId("name-input").PressAsync("Enter");
        await page.GetByTestId("composer").FillAsync("Hello over TLS");
        await page.GetByTestId("composer").PressAsync("Enter");

        await Assertions.Expect(page.Locator("[data-testid=message][data-state=sent]")).ToContainTextAsync("Hello over TLS");
        Assert.NotEmpty(sockets);
        Assert.All(sockets, url => Assert.StartsWith("wss://", url, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_keyboard_alone_leads_from_the_address_to_a_conversation()
    {
        await using var anns = await chromium.PersonAsync();
        var page = await anns.NewPageAsync();
        await page.GotoAsync(_server.Url.ToString());

        await Assertions.Expect(page.GetByTestId("name-input")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("Ann");
        await page.Keyboard.PressAsync("Enter");
        var roomField = page.GetByTestId("room-input");
        await Assertions.Expect(roomField).ToBeVisibleAsync();
        for (var i = 0; i < 10 && !await IsFocusedAsync(roomField); i++)
            await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync("keyboards");
        await page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(page.GetByTestId("composer")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("no mouse");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("[data-testid=message][data-state=sent]")).ToContainTextAsync("no mouse");
        await Assertions.Expect(page.Locator("[data-testid=room-link][data-room=keyboards]")).ToBeVisibleAsync();
        Assert.EndsWith("/r/keyboards", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rooms_link_opens_the_same_conversation_in_another_tab_and_for_another_person()
    {
        await using var anns = await chromium.PersonAsync();
        await using var bobs = await chromium.PersonAsync();
        var first = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "linked");
        await first.SayAsync("one");
        await first.SeeAsync("one");

        var link = new Uri(first.Page.Url);
        var second = await ChatTab.OpenAsync(anns, link, "nobody is asked twice");
        var bob = await ChatTab.OpenAsync(bobs, link, "Bob");
        await second.SeeAsync("one");
        await bob.SeeAsync("one");
        await second.SayAsync("two");
        await bob.SeeAsync("two");
        await bob.SayAsync("three");

        foreach (var tab in new[] { first, second, bob })
            Assert.Equal(["one", "two", "three"], (await tab.SeeAsync("three")).Select(m => m.Text));
    }

    [Fact]
    public async Task Who_types_is_named_until_the_message_is_there()
    {
        await using var anns = await chromium.PersonAsync();
        await using var bobs = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "typing");
        var bob = await ChatTab.OpenRoomAsync(bobs, _server.Url, "Bob", "typing");

        // A signal reaches whoever is there at that moment: a conversation shows that both are.
        await ann.SayAsync("are you there?");
        await bob.SeeAsync("are you there?");
        await bob.SayAsync("yes");
        await ann.SeeAsync("yes");

        await ann.Composer.PressSequentiallyAsync("well");
        await Assertions.Expect(bob.Page.GetByTestId("typing")).ToContainTextAsync("Ann");
        await ann.Composer.PressAsync("Enter");
        await bob.SeeAsync("well");
        await Assertions.Expect(bob.Page.GetByTestId("typing")).Not.ToContainTextAsync("Ann");
    }

    [Fact]
    public async Task Who_is_here_stands_in_the_header_until_some_seconds_after_they_have_closed_the_page()
    {
        await using var anns = await chromium.PersonAsync();
        await using var bobs = await chromium.PersonAsync();
        var patience = new LocatorAssertionsToContainTextOptions { Timeout = 20_000 };
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "here");
        var bob = await ChatTab.OpenRoomAsync(bobs, _server.Url, "Bob", "here");

        await Assertions.Expect(ann.Page.GetByTestId("here")).ToContainTextAsync("Bob is here", patience);
        await Assertions.Expect(bob.Page.GetByTestId("here")).ToContainTextAsync("Ann is here", patience);
        await bob.Page.CloseAsync();
        await Assertions.Expect(ann.Page.GetByTestId("here")).ToContainTextAsync("Only you are here", patience);
        Assert.Empty(ann.Complaints);
    }

    private static Task<bool> IsFocusedAsync(ILocator field) => field.EvaluateAsync<bool>("field => field === document.activeElement");
}
