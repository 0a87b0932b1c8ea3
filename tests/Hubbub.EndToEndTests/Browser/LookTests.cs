using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>Panes, colours, language and writing direction.</summary>
[Collection(PageTests.Name)]
public sealed class LookTests(Chromium chromium) : IAsyncLifetime
{
    private const string Ground = "() => { const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number); return (r + g + b) / 765; }";

    private ServerProcess _server = null!;

    public async Task InitializeAsync() => _server = await ServerProcess.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData(1600, 3)]
    [InlineData(1024, 3)]
    [InlineData(1023, 2)]
    [InlineData(768, 2)]
    [InlineData(767, 1)]
    [InlineData(320, 1)]
    public async Task A_window_has_as_many_panes_as_it_has_the_width_for(int width, int panes)
    {
        await using var anns = await chromium.PersonAsync(width, 640);
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "panes");
        await ann.SayAsync("Hello");
        await ann.SeeAsync("Hello");
        await ann.Page.GetByTestId("show-details").ClickAsync();
        var details = ann.Page.GetByTestId("details");
        await Assertions.Expect(details).ToContainTextAsync("Members");

        Assert.Equal(panes >= 2, await ann.Page.Locator(".sidebar").IsVisibleAsync());
        Assert.Equal(width, await ann.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
        if (panes >= 2)
            Assert.InRange((await ann.Page.Locator(".sidebar").BoundingBoxAsync())!.Width, 240, 280);
        var beside = (await details.BoundingBoxAsync())!;
        var room = (await ann.Page.Locator("main.pane").BoundingBoxAsync())!;
        Assert.Equal(panes == 3, beside.X >= room.X + room.Width);

        await ann.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(details).ToHaveCountAsync(0);
        await Assertions.Expect(ann.Page.GetByTestId("show-details")).ToBeFocusedAsync();
        if (panes == 1)
        {
            await ann.Page.GetByRole(AriaRole.Link, new() { Name = "All rooms" }).ClickAsync();
            await Assertions.Expect(ann.Page.Locator("[data-testid=room-link][data-room=panes]")).ToBeVisibleAsync();
            await Assertions.Expect(ann.Composer).ToBeHiddenAsync();
        }
    }

    [Theory]
    [InlineData(ColorScheme.Light, "dark")]
    [InlineData(ColorScheme.Dark, "light")]
    public async Task Colours_that_were_chosen_are_there_before_the_pages_script(ColorScheme system, string chosen)
    {
        await using var anns = await chromium.PersonAsync(scheme: system);
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "colours");
        await ann.Page.GetByTestId("open-settings").ClickAsync();
        await ann.Page.GetByLabel(chosen, new() { Exact = true }).CheckAsync();
        Assert.Equal(chosen == "light", await ann.Page.EvaluateAsync<double>(Ground) > 0.5);

        // The page's own script is held back: what is drawn without it is what would flash.
        await ann.Page.RouteAsync("**/assets/*.js", route => route.AbortAsync());
        await ann.Page.ReloadAsync();
        Assert.Equal("", await ann.Page.Locator("#app").InnerHTMLAsync());
        Assert.Equal(chosen == "light", await ann.Page.EvaluateAsync<double>(Ground) > 0.5);
    }

    [Fact]
    public async Task The_page_speaks_the_browsers_language_or_the_one_that_was_chosen()
    {
        await using var annas = await chromium.PersonAsync(language: "de-AT");
        var anna = await ChatTab.OpenRoomAsync(annas, _server.Url, "Anna", "sprache");
        await Assertions.Expect(anna.Page.GetByTestId("here")).ToHaveTextAsync("Nur du bist hier");
        Assert.Equal("de", await anna.Page.Locator("html").GetAttributeAsync("lang"));

        await anna.Page.GetByTestId("open-settings").ClickAsync();
        await anna.Page.GetByLabel("English").CheckAsync();
        await Assertions.Expect(anna.Page.GetByTestId("here")).ToHaveTextAsync("Only you are here");
        await anna.Page.ReloadAsync();
        await Assertions.Expect(anna.Page.GetByTestId("here")).ToHaveTextAsync("Only you are here");
        Assert.Equal("en", await anna.Page.Locator("html").GetAttributeAsync("lang"));
    }

    [Fact]
    public async Task From_right_to_left_everything_stands_on_the_other_side()
    {
        await using var anns = await chromium.PersonAsync(1280, 640);
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "rtl");
        await ann.SayAsync("mine");
        await ann.SeeAsync("mine");
        await ann.Page.GetByTestId("open-settings").ClickAsync();
        await ann.Page.GetByLabel("right to left").CheckAsync();
        await ann.Page.Keyboard.PressAsync("Escape");
        await ann.Page.GetByTestId("show-details").ClickAsync();

        var sidebar = (await ann.Page.Locator(".sidebar").BoundingBoxAsync())!;
        var room = (await ann.Page.Locator("main.pane").BoundingBoxAsync())!;
        var details = (await ann.Page.GetByTestId("details").BoundingBoxAsync())!;
        var mine = (await ann.Page.Locator(".mine .bubble").BoundingBoxAsync())!;
        Assert.True(details.X < room.X && room.X < sidebar.X, $"details {details.X}, room {room.X}, rooms {sidebar.X}");
        Assert.True(mine.X - room.X < room.X + room.Width - (mine.X + mine.Width), "One's own messages do not stand at the left.");
        Assert.Equal(1280, await ann.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
    }
}
