using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>The rooms on the left: what waits in them, how one gets to them, and of what they may tell.</summary>
[Collection(PageTests.Name)]
public sealed class RoomListTests(Chromium chromium) : BesideBob
{
    [Fact]
    public async Task A_message_in_another_room_is_told_at_once_and_not_any_more_when_it_was_read()
    {
        await using var anns = await chromium.PersonAsync();
        var ann = await InTwoRoomsAsync(anns);
        await Assertions.Expect(Link(ann, "tea")).Not.ToHaveClassAsync(new System.Text.RegularExpressions.Regex("unread"));

        await Bob.SayAsync("tea", "the kettle is on");
        await Assertions.Expect(Link(ann, "tea")).ToHaveClassAsync(new System.Text.RegularExpressions.Regex("unread"));
        Assert.Equal("700", await Link(ann, "tea").EvaluateAsync<string>("link => getComputedStyle(link).fontWeight"));
        await Assertions.Expect(ann.Page).ToHaveTitleAsync("• coffee – Hubbub");
        await Assertions.Expect(ann.Page.Locator("link[rel=icon]")).ToHaveAttributeAsync("href", "/icon-unread.svg");

        await Link(ann, "tea").ClickAsync();
        await ann.SeeAsync("the kettle is on");
        await Assertions.Expect(ann.Page.GetByTestId("new-line")).ToBeVisibleAsync();
        await Assertions.Expect(ann.Page).ToHaveTitleAsync("tea – Hubbub");
        await Link(ann, "coffee").ClickAsync();
        await Assertions.Expect(Link(ann, "tea")).Not.ToHaveClassAsync(new System.Text.RegularExpressions.Regex("unread"));

        // What speaks to her is counted: as it comes, and by the server when the page is opened anew.
        await Bob.SayAsync("tea", "@room it boils");
        await Bob.SayAsync("tea", "@room it boils over");
        await Assertions.Expect(Link(ann, "tea").GetByTestId("mentions")).ToContainTextAsync("2");
        await ann.Page.ReloadAsync();
        await Assertions.Expect(Link(ann, "tea").GetByTestId("mentions")).ToContainTextAsync("2");
        await Assertions.Expect(ann.Page).ToHaveTitleAsync("(2) coffee – Hubbub");
    }

    [Fact]
    public async Task A_muted_room_is_dimmed_and_does_not_call()
    {
        await using var anns = await chromium.PersonAsync(1280);
        var ann = await InTwoRoomsAsync(anns);
        await Link(ann, "tea").ClickAsync();
        await ann.Page.GetByTestId("show-details").ClickAsync();
        await ann.Page.GetByLabel("nothing (mute)").CheckAsync();
        await Link(ann, "coffee").ClickAsync();
        await Assertions.Expect(Link(ann, "tea")).ToHaveClassAsync(new System.Text.RegularExpressions.Regex("muted"));

        await Bob.SayAsync("tea", "nobody hears this");
        await Bob.SayAsync("coffee", "somebody hears this");
        await ann.SeeAsync("somebody hears this");
        await Assertions.Expect(ann.Page).ToHaveTitleAsync("coffee – Hubbub");
        await ann.Page.ReloadAsync();
        await Assertions.Expect(Link(ann, "tea")).ToHaveClassAsync(new System.Text.RegularExpressions.Regex("muted"));
    }

    [Fact]
    public async Task Some_letters_and_Enter_lead_to_a_room_from_anywhere()
    {
        await using var anns = await chromium.PersonAsync();
        await Bob.PostAsync("/api/rooms", new { id = "gardening", name = "Gardening" });
        var ann = await InTwoRoomsAsync(anns);
        await ann.Composer.FocusAsync();
        await ann.Page.Keyboard.PressAsync("Control+k");
        await Assertions.Expect(ann.Page.GetByTestId("switcher-input")).ToBeFocusedAsync();
        await ann.Page.Keyboard.TypeAsync("gdn");
        await ann.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(ann.Page.GetByRole(AriaRole.Heading, new() { Name = "Gardening" })).ToBeVisibleAsync();
        Assert.EndsWith("/r/gardening", ann.Page.Url, StringComparison.Ordinal);
        await ann.Page.Keyboard.PressAsync("Meta+k");
        await Assertions.Expect(ann.Page.GetByTestId("switcher-input")).ToBeFocusedAsync();
        await ann.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(ann.Page.GetByTestId("switcher")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_message_is_notified_once_over_all_tabs_and_never_in_a_room_that_somebody_looks_at()
    {
        await using var anns = await chromium.PersonAsync();
        var notified = new List<string>();
        await anns.Browser.ExposeFunctionAsync("notified", (string text) =>
        {
            lock (notified)
                notified.Add(text);
        });
        await anns.Browser.AddInitScriptAsync(
            """
            window.Notification = class {
              static permission = 'granted';
              static requestPermission = async () => 'granted';
              constructor(title, { body }) { window.notified(`${title}: ${body}`); }
            };
            document.hasFocus = () => window.isLookedAt !== false;
            """);
        var first = await InTwoRoomsAsync(anns);
        var second = await ChatTab.OpenAsync(anns, new Uri(Server.Url, "/r/coffee"), "Ann");
        await Assertions.Expect(second.Composer).ToBeVisibleAsync();
        await Bob.SayAsync("coffee", "seen by everybody");
        await second.SeeAsync("seen by everybody");
        await first.SeeAsync("seen by everybody");
        await Bob.SayAsync("tea", "not **looked** at");
        await Eventually.UntilAsync("the message in the other room is notified", () => Notified().Count > 0);

        // Nobody looks any more, as soon as both tabs have said so to each other: now the open room tells as well.
        await first.Page.EvaluateAsync(
            """
            () => {
              window.unattended = 0;
              window.heard = new BroadcastChannel(`hubbub-tabs:${location.host}`);
              window.heard.onmessage = ({ data }) => { if (data.attends === '') window.unattended++; };
            }
            """);
        foreach (var tab in new[] { first, second })
            await tab.Page.EvaluateAsync("() => { window.isLookedAt = false; window.dispatchEvent(new Event('blur')); }");
        await first.Page.WaitForFunctionAsync("() => window.unattended >= 2");
        await Bob.SayAsync("coffee", "nobody is looking");
        await Eventually.UntilAsync("the message in the open room is notified", () => Notified().Count > 1);
        await Bob.SayAsync("tea", "the last");
        await Eventually.UntilAsync("the last message is notified", () => Notified().Any(n => n.EndsWith("the last", StringComparison.Ordinal)));
        Assert.Equal(["Bob – tea: not looked at", "Bob – coffee: nobody is looking", "Bob – tea: the last"], Notified());

        List<string> Notified()
        {
            lock (notified)
                return [.. notified];
        }
    }

    [Fact]
    public async Task What_came_while_nobody_looked_is_not_taken_for_read()
    {
        await using var anns = await chromium.PersonAsync();
        await anns.Browser.AddInitScriptAsync("document.hasFocus = () => window.isLookedAt !== false;");
        var ann = await InTwoRoomsAsync(anns);
        await Bob.SayAsync("coffee", "read");
        await ann.SeeAsync("read");
        await ann.Page.EvaluateAsync("() => { window.isLookedAt = false; window.dispatchEvent(new Event('blur')); }");
        await Bob.SayAsync("coffee", "not read");
        await ann.SeeAsync("not read");
        await Assertions.Expect(ann.Page).ToHaveTitleAsync("• coffee – Hubbub");
        await Assertions.Expect(ann.Page.GetByTestId("new-line")).ToBeVisibleAsync();
        await ann.Page.EvaluateAsync("() => { window.isLookedAt = true; window.dispatchEvent(new Event('focus')); }");
        await Assertions.Expect(ann.Page).ToHaveTitleAsync("coffee – Hubbub");
    }

    [Fact]
    public async Task What_is_read_on_one_device_does_not_wait_on_another()
    {
        await using var anns = await chromium.PersonAsync();
        var first = await InTwoRoomsAsync(anns);
        var second = await ChatTab.OpenAsync(anns, new Uri(Server.Url, "/r/coffee"), "Ann");
        await Assertions.Expect(Link(second, "tea")).ToBeVisibleAsync();
        await Bob.SayAsync("tea", "for both");
        foreach (var tab in new[] { first, second })
            await Assertions.Expect(Link(tab, "tea")).ToHaveClassAsync(new System.Text.RegularExpressions.Regex("unread"));

        // Well before the list is asked for anew, which is every twenty seconds.
        await Link(second, "tea").ClickAsync();
        await second.SeeAsync("for both");
        await Assertions.Expect(Link(first, "tea")).Not.ToHaveClassAsync(new System.Text.RegularExpressions.Regex("unread"));
    }

    /// <summary>Ann has been in tea, and is in coffee.</summary>
    private async Task<ChatTab> InTwoRoomsAsync(Person person)
    {
        await Bob.SayAsync("tea", "welcome to tea");
        await Bob.SayAsync("coffee", "welcome to coffee");
        var tab = await ChatTab.OpenRoomAsync(person, Server.Url, "Ann", "tea");
        await tab.SeeAsync("welcome to tea");
        await Link(tab, "coffee").ClickAsync();
        await tab.SeeAsync("welcome to coffee");
        await Assertions.Expect(tab.Page.Locator("[data-section=own] [data-room=tea]")).ToBeVisibleAsync();
        return tab;
    }

    private static ILocator Link(ChatTab tab, string room) => tab.Page.Locator($"[data-testid=room-link][data-room={room}]");
}
