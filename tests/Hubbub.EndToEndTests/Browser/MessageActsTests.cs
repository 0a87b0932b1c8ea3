using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>What people do with each other's messages, live between two pages and after a reload.</summary>
[Collection(PageTests.Name)]
public sealed class MessageActsTests(Chromium chromium) : IAsyncLifetime
{
    private ServerProcess _server = null!;

    public async Task InitializeAsync() => _server = await ServerProcess.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task An_answer_quotes_what_it_answers_and_leads_there()
    {
        await using var anns = await chromium.PersonAsync();
        await using var bobs = await chromium.PersonAsync();
        var (ann, bob) = await TwoAsync(anns, bobs);
        await bob.SayAsync("shall we meet **at four**?");
        await ann.SeeAsync("shall we meet at four?");
        await ActAsync(ann, "shall we meet at four?", "reply");
        await Assertions.Expect(ann.Page.GetByTestId("replying")).ToContainTextAsync("Bob: shall we meet at four?");
        await Assertions.Expect(ann.Composer).ToBeFocusedAsync();
        await ann.SayAsync("yes");
        await Assertions.Expect(ann.Page.GetByTestId("replying")).ToHaveCountAsync(0);

        await bob.SeeAsync("yes");
        foreach (var tab in new[] { ann, bob })
            await Assertions.Expect(tab.Page.GetByTestId("quote")).ToContainTextAsync("Bobshall we meet at four?");
        await bob.Page.ReloadAsync();
        await bob.Page.GetByTestId("quote").ClickAsync();
        await Assertions.Expect(bob.Page.Locator("article.lit")).ToContainTextAsync("shall we meet");
    }

    [Fact]
    public async Task Reactions_are_counted_by_person_on_every_screen()
    {
        await using var anns = await chromium.PersonAsync();
        await using var bobs = await chromium.PersonAsync();
        var (ann, bob) = await TwoAsync(anns, bobs);
        await bob.SayAsync("cake is ready");
        await ann.SeeAsync("cake is ready");
        await ActAsync(ann, "cake is ready", "react");
        await ann.Page.GetByTestId("quick-reaction").Filter(new() { HasText = "🎉" }).ClickAsync();
        foreach (var tab in new[] { ann, bob })
            await Assertions.Expect(tab.Page.GetByTestId("reaction")).ToHaveTextAsync("🎉 1");
        await Assertions.Expect(ann.Page.GetByTestId("reaction")).ToHaveAttributeAsync("aria-pressed", "true");
        await Assertions.Expect(bob.Page.GetByTestId("reaction")).ToHaveAttributeAsync("aria-label", "🎉: Ann");

        await bob.Page.GetByTestId("reaction").ClickAsync();
        await Assertions.Expect(ann.Page.GetByTestId("reaction")).ToHaveTextAsync("🎉 2");
        await ann.Page.GetByTestId("reaction").ClickAsync();
        await Assertions.Expect(bob.Page.GetByTestId("reaction")).ToHaveTextAsync("🎉 1");
        await ann.Page.ReloadAsync();
        await Assertions.Expect(ann.Page.GetByTestId("reaction")).ToHaveTextAsync("🎉 1");
        await Assertions.Expect(ann.Page.GetByTestId("reaction")).ToHaveAttributeAsync("aria-pressed", "false");
        await bob.Page.GetByTestId("reaction").ClickAsync();
        await Assertions.Expect(ann.Page.GetByTestId("reaction")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_thread_stands_beside_the_room_and_not_in_it()
    {
        await using var anns = await chromium.PersonAsync(1280);
        await using var bobs = await chromium.PersonAsync(1280);
        var (ann, bob) = await TwoAsync(anns, bobs);
        await bob.SayAsync("who brings what?");
        await ann.SeeAsync("who brings what?");
        await ActAsync(ann, "who brings what?", "open-thread");
        await ann.Page.GetByTestId("thread-composer").FillAsync("I bring cake");
        await ann.Page.GetByTestId("thread-composer").PressAsync("Enter");

        await Assertions.Expect(bob.Page.GetByTestId("replies")).ToHaveTextAsync(" 1 reply");
        await Assertions.Expect(bob.Page.GetByTestId("message-list")).Not.ToContainTextAsync("I bring cake");
        await bob.Page.GetByTestId("replies").ClickAsync();
        await Assertions.Expect(bob.Page.GetByTestId("thread")).ToContainTextAsync("I bring cake");
        await bob.Page.GetByTestId("thread-composer").FillAsync("and I plates");
        await bob.Page.GetByTestId("thread-composer").PressAsync("Enter");
        await Assertions.Expect(ann.Page.GetByTestId("thread")).ToContainTextAsync("and I plates");
        await Assertions.Expect(ann.Page.GetByTestId("replies")).ToHaveTextAsync(" 2 replies");

        await ann.Page.ReloadAsync();
        await ann.Page.GetByTestId("replies").ClickAsync();
        await Assertions.Expect(ann.Page.GetByTestId("thread")).ToContainTextAsync("I bring cake");
        await Assertions.Expect(ann.Page.GetByTestId("thread")).ToContainTextAsync("and I plates");
    }

    [Fact]
    public async Task Who_is_mentioned_sees_it_and_has_a_number_beside_the_room()
    {
        await using var anns = await chromium.PersonAsync();
        await using var bobs = await chromium.PersonAsync();
        var (ann, bob) = await TwoAsync(anns, bobs);
        await bob.Composer.PressSequentiallyAsync("look, @an");
        await bob.Composer.PressAsync("Enter");
        await Assertions.Expect(bob.Composer).ToHaveValueAsync("look, @Ann ");
        await bob.Composer.PressSequentiallyAsync("there is cake");
        await bob.Composer.PressAsync("Enter");
        await ann.SeeAsync("look, @Ann there is cake");
        await Assertions.Expect(ann.Page.Locator("article.calls-me .mention")).ToHaveTextAsync("@Ann");
        await Assertions.Expect(bob.Page.Locator("article.calls-me")).ToHaveCountAsync(0);

        await ann.Page.GetByTestId("room-input").FillAsync("elsewhere");
        await ann.Page.GetByTestId("room-open").ClickAsync();
        await Assertions.Expect(ann.Page.GetByRole(AriaRole.Heading, new() { Name = "elsewhere" })).ToBeVisibleAsync();
        await bob.SayAsync("and more for @Ann ");
        await Assertions.Expect(ann.Page.Locator("[data-room=acts] [data-testid=mentions]")).ToContainTextAsync("1 mention");
        await Assertions.Expect(ann.Page).ToHaveTitleAsync("(1) elsewhere – Hubbub");
    }

    [Fact]
    public async Task A_message_that_is_deleted_leaves_a_tombstone_and_its_words_nowhere()
    {
        await using var anns = await chromium.PersonAsync();
        await using var bobs = await chromium.PersonAsync();
        var (ann, bob) = await TwoAsync(anns, bobs);
        await bob.SayAsync("a secret");
        await ann.SeeAsync("a secret");
        await ActAsync(ann, "a secret", "reply");
        await ann.SayAsync("what?");
        await bob.SeeAsync("what?");
        await ActAsync(bob, "a secret", "delete");
        await bob.Page.GetByTestId("delete-confirm").ClickAsync();
        foreach (var tab in new[] { ann, bob })
        {
            await Assertions.Expect(tab.Page.GetByTestId("message-deleted")).ToBeVisibleAsync();
            await Assertions.Expect(tab.Page.GetByTestId("message-list")).Not.ToContainTextAsync("a secret");
            await tab.Page.ReloadAsync();
            await tab.SeeAsync("what?");
            await Assertions.Expect(tab.Page.GetByTestId("message-list")).Not.ToContainTextAsync("a secret");
        }
    }

    private async Task<(ChatTab Ann, ChatTab Bob)> TwoAsync(Person anns, Person bobs)
    {
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "acts");
        var bob = await ChatTab.OpenRoomAsync(bobs, _server.Url, "Bob", "acts");
        await ann.SayAsync("hello");
        await bob.SeeAsync("hello");
        await Assertions.Expect(bob.Page.GetByTestId("here")).ToContainTextAsync("Ann is here", new() { Timeout = 20_000 });
        return (ann, bob);
    }

    /// <summary>Uses one of the buttons that are above a message while the pointer is on it.</summary>
    private static async Task ActAsync(ChatTab tab, string message, string testId)
    {
        var row = tab.Page.GetByTestId("message-list").GetByTestId("message").Filter(new() { Has = tab.Page.GetByTestId("message-text").GetByText(message) }).First;
        await row.HoverAsync();
        await row.GetByTestId(testId).ClickAsync();
    }
}
