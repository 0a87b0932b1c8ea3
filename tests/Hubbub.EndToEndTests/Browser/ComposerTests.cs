using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>The field to write in, and what becomes of what was written.</summary>
[Collection(PageTests.Name)]
public sealed class ComposerTests(Chromium chromium) : IAsyncLifetime
{
    private ServerProcess _server = null!;

    public async Task InitializeAsync() => _server = await ServerProcess.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task An_own_message_is_there_in_the_next_drawing_and_is_confirmed_in_its_place()
    {
        await using var anns = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "room1");
        await ann.SayAsync("first");
        await ann.SeeAsync("first");
        await ann.Composer.FillAsync("second");

        // From the key to the drawing, all within the page: is it there, where does it stand, and is it the same element afterwards?
        var seen = await ann.Page.EvaluateAsync<bool[]>(
            """
            async () => {
              const rows = () => [...document.querySelectorAll('[data-testid=message]')].filter((row) => row.textContent.includes('second'));
              document.getElementById('composer').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
              await new Promise((drawn) => requestAnimationFrame(drawn));
              const [pending] = rows();
              if (!pending) return [false];
              const wasPending = pending.dataset.state === 'pending';
              const place = pending.getBoundingClientRect().top;
              let most = 1;
              while (rows()[0]?.dataset.state !== 'sent') {
                await new Promise((drawn) => requestAnimationFrame(drawn));
                most = Math.max(most, rows().length);
              }
              await new Promise((drawn) => requestAnimationFrame(drawn));
              return [true, wasPending, most === 1, Math.abs(rows()[0].getBoundingClientRect().top - place) <= 1];
            }
            """);
        Assert.Equal([true, true, true, true], seen);
    }

    [Fact]
    public async Task Keys_do_what_they_do_in_every_chat()
    {
        await using var anns = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "room1");

        // Enter that ends a word's composition sends nothing.
        await ann.Composer.FillAsync("日本");
        await ann.Composer.EvaluateAsync("field => { field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true })); }");
        await Assertions.Expect(ann.Composer).ToHaveValueAsync("日本");
        await ann.Composer.FillAsync("one");
        await ann.Composer.PressAsync("Shift+Enter");
        await ann.Composer.PressSequentiallyAsync("two");
        await ann.Composer.PressAsync("Enter");
        await ann.SeeAsync("one\ntwo");
        Assert.Single(await ann.LookAsync());

        await ann.Composer.PressAsync("ArrowUp");
        await Assertions.Expect(ann.Composer).ToHaveValueAsync("one\ntwo");
        await ann.Composer.PressAsync("Escape");
        await Assertions.Expect(ann.Composer).ToHaveValueAsync("");
        await ann.Composer.PressAsync("ArrowUp");
        await ann.Composer.FillAsync("three");
        await ann.Composer.PressAsync("Enter");
        await ann.SeeAsync("three");
        await Assertions.Expect(ann.Page.Locator(".edited")).ToHaveTextAsync("edited");
        await Assertions.Expect(ann.Composer).ToBeFocusedAsync();

        // The arrows lead to the messages and their buttons, and Escape back.
        await ann.Page.GetByTestId("message-list").FocusAsync();
        await ann.Page.Keyboard.PressAsync("ArrowUp");
        await ann.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(ann.Page.Locator(".actions button:focus")).ToHaveCountAsync(1);
        await ann.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(ann.Composer).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_draft_stays_in_its_room_over_a_reload_and_a_look_into_another_room()
    {
        await using var anns = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "room1");
        await ann.Composer.FillAsync("half a thought");
        await ann.Page.GetByTestId("room-input").FillAsync("room2");
        await ann.Page.GetByTestId("room-open").ClickAsync();
        await Assertions.Expect(ann.Composer).ToHaveValueAsync("");
        await ann.Composer.FillAsync("another");
        await ann.Page.ReloadAsync();
        await Assertions.Expect(ann.Composer).ToHaveValueAsync("another");
        await ann.Page.Locator("[data-testid=room-link][data-room=room1]").ClickAsync();
        await Assertions.Expect(ann.Composer).ToHaveValueAsync("half a thought");
        await ann.Composer.PressAsync("Enter");
        await ann.SeeAsync("half a thought");
        await ann.Page.ReloadAsync();
        await Assertions.Expect(ann.Composer).ToHaveValueAsync("");
    }

    [Fact]
    public async Task What_cannot_be_sent_for_ten_seconds_says_why_and_can_be_taken_back()
    {
        await using var anns = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "room1");
        await ann.SayAsync("before");
        await ann.SeeAsync("before");
        await _server.KillAsync();
        await ann.SayAsync("never mind");
        await ann.SayAsync("this one");
        await Assertions.Expect(ann.Composer).ToBeEditableAsync();

        await Assertions.Expect(ann.Page.GetByTestId("failure")).ToHaveCountAsync(2, new() { Timeout = 20_000 });
        await Assertions.Expect(ann.Page.GetByTestId("failure").First).ToContainTextAsync("there is no connection");
        await ann.Page.GetByTestId("discard").First.ClickAsync();
        await ann.SeeAsync("one waits", shown => shown is [_, { Text: "this one", State: "pending" }]);
        await _server.RestartAsync();
        await ann.Page.GetByTestId("retry").ClickAsync();
        Assert.Equal(["before", "this one"], (await ann.SeeAsync("this one")).Select(m => m.Text));
        await Assertions.Expect(ann.Page.GetByTestId("failure")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_limit_is_told_before_sending()
    {
        await using var anns = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "room1");
        var limit = ann.Page.GetByTestId("composer-limit");
        await ann.Composer.FillAsync(new string('a', 16_000));
        await Assertions.Expect(limit).ToHaveTextAsync("384 bytes left");
        await ann.Composer.FillAsync(new string('a', 16_385));
        await Assertions.Expect(limit).ToContainTextAsync("Too long by 1 byte.");
        await Assertions.Expect(ann.Page.GetByTestId("send")).ToBeDisabledAsync();
        await ann.Composer.PressAsync("Enter");
        await ann.Composer.FillAsync("short");
        await Assertions.Expect(limit).ToHaveCountAsync(0);
        await ann.Composer.PressAsync("Enter");
        Assert.Equal(["short"], (await ann.SeeAsync("short")).Select(m => m.Text));
    }

    [Fact]
    public async Task Emoji_are_found_by_name_picked_and_sent()
    {
        await using var anns = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "room1");
        await ann.Composer.PressSequentiallyAsync("well :tad");
        await Assertions.Expect(ann.Page.GetByTestId("completions").GetByRole(AriaRole.Option)).ToHaveTextAsync([new System.Text.RegularExpressions.Regex(":tada:")]);
        await ann.Composer.PressAsync("Enter");
        await Assertions.Expect(ann.Composer).ToHaveValueAsync("well 🎉 ");
        await ann.Page.GetByTestId("open-emoji").ClickAsync();
        await ann.Page.GetByTestId("emoji-search").FillAsync("rocket");
        await ann.Page.GetByTestId("emoji-search").PressAsync("Enter");
        await Assertions.Expect(ann.Composer).ToHaveValueAsync("well 🎉 🚀");
        await ann.Composer.PressAsync("Enter");
        await ann.SeeAsync("well 🎉 🚀");
        await ann.SayAsync("by name :heart: ");
        await ann.SeeAsync("by name ❤️");
    }
}
