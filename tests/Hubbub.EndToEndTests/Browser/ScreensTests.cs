using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>
/// A walk over every screen, by day and by night, at a desk and on a phone: axe finds nothing on any, nothing is wider than the window, and no console has an
/// error. With <c>HUBBUB_SCREENSHOTS</c> set to a folder it leaves a picture of each there; docs/screenshots/make does that.
/// </summary>
[Collection(PageTests.Name)]
public sealed class ScreensTests(Chromium chromium) : IAsyncLifetime
{
    private static readonly string? Pictures = Environment.GetEnvironmentVariable("HUBBUB_SCREENSHOTS") is { Length: > 0 } folder ? folder : null;

    private readonly List<string> _findings = [];
    private ServerProcess _server = null!;

    public async Task InitializeAsync() => _server = await ServerProcess.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData(ColorScheme.Light, "desktop", 1280, 800)]
    [InlineData(ColorScheme.Dark, "desktop", 1280, 800)]
    [InlineData(ColorScheme.Light, "phone", 390, 844)]
    [InlineData(ColorScheme.Dark, "phone", 390, 844)]
    public async Task Every_screen_can_be_used_by_everyone(ColorScheme scheme, string device, int width, int height)
    {
        await using var anns = await chromium.PersonAsync(width, height, scheme);
        var page = await anns.NewPageAsync();
        var screens = new Screens(this, page, $"{device}-{scheme.ToString().ToLowerInvariant()}");
        await TellAsync();

        await page.GotoAsync(_server.Url.ToString());
        await screens.ShowAsync("welcome", page.GetByTestId("name-input"));
        await page.GetByTestId("name-input").FillAsync("Ann Example");
        await page.GetByTestId("name-submit").ClickAsync();
        await screens.ShowAsync("rooms", page.Locator("[data-testid=room-link]").First);

        await page.GotoAsync(new Uri(_server.Url, "/r/garden").ToString());
        await page.GetByTestId("composer").FillAsync("I can bring **cake**, and the long table. :cake:");
        await page.GetByTestId("composer").PressAsync("Enter");
        await page.GetByTestId("composer").FillAsync("Shall we meet at four?");
        await page.GetByTestId("composer").PressAsync("Enter");
        await Assertions.Expect(page.Locator("[data-state=sent].mine")).ToHaveCountAsync(2);
        await screens.ShowAsync("room", page.GetByText("Shall we meet at four?"));
        await page.Locator("[data-testid=message].mine").Last.HoverAsync();
        await screens.ShowAsync("message", page.GetByTestId("edit"));

        await page.GetByTestId("show-details").ClickAsync();
        await screens.ShowAsync("details", page.GetByTestId("details"));
        await page.Keyboard.PressAsync("Escape");
        await page.GetByTestId("show-search").ClickAsync();
        await page.GetByTestId("search-input").FillAsync("somebody from:bob");
        await screens.ShowAsync("search", page.GetByTestId("search-result").First);
        await page.Keyboard.PressAsync("Escape");
        await page.GetByTestId("sender").Last.ClickAsync();
        await screens.ShowAsync("person", page.GetByTestId("person-card"));
        await page.Keyboard.PressAsync("Escape");
        await page.GetByTestId("open-emoji").ClickAsync();
        await screens.ShowAsync("emoji", page.GetByTestId("emoji-picker"));
        await page.Keyboard.PressAsync("Escape");
        await page.GetByTestId("composer").FillAsync(":hea");
        await screens.ShowAsync("suggestions", page.GetByTestId("completions"));
        await page.GetByTestId("composer").FillAsync("");
        await page.Keyboard.PressAsync("Control+k");
        await page.GetByTestId("switcher-input").FillAsync("r");
        await screens.ShowAsync("switcher", page.GetByTestId("switcher"));
        await page.Keyboard.PressAsync("Escape");

        if (device == "phone")
            await page.Locator(".back").ClickAsync();
        await page.GetByTestId("open-connection").ClickAsync();
        await screens.ShowAsync("connection", page.GetByTestId("connection").GetByText(" ms"));
        await page.Keyboard.PressAsync("Escape");
        await page.GetByTestId("open-directory").ClickAsync();
        await screens.ShowAsync("directory", page.GetByTestId("directory-rooms").GetByRole(AriaRole.Link).First);
        await page.Keyboard.PressAsync("Escape");
        await page.GetByTestId("open-settings").ClickAsync();
        await screens.ShowAsync("settings", page.GetByTestId("settings"));
        await page.Keyboard.PressAsync("Escape");

        // A room of one's own has more that can be changed.
        await page.GotoAsync(new Uri(_server.Url, "/r/kitchen").ToString());
        await page.GetByTestId("show-details").ClickAsync();
        await page.GetByTestId("archive").ScrollIntoViewIfNeededAsync();
        await screens.ShowAsync("room-settings", page.GetByTestId("archive"));

        anns.Expect("404");
        await page.GotoAsync(new Uri(_server.Url, "/i/no-such-invitation").ToString());
        await screens.ShowAsync("invitation-refused", page.GetByRole(AriaRole.Alert));

        await page.GotoAsync(new Uri(_server.Url, "/r/garden").ToString());
        await Assertions.Expect(page.GetByText("Shall we meet at four?")).ToBeVisibleAsync();
        await _server.KillAsync();
        await page.GetByTestId("composer").FillAsync("Is anybody there?");
        await page.GetByTestId("composer").PressAsync("Enter");
        await Assertions.Expect(page.GetByTestId("failure")).ToBeVisibleAsync(new() { Timeout = 20_000 });
        await screens.ShowAsync("offline", page.GetByTestId("reconnecting"));
        Assert.True(_findings.Count == 0, string.Join("\n\n", _findings.Distinct()));
    }

    /// <summary>What there is to see.</summary>
    private async Task TellAsync()
    {
        using var bob = await HttpApi.GuestAsync(_server.Url, "Bob Builder");
        using var carol = await HttpApi.GuestAsync(_server.Url, "Carol");
        await bob.PostAsync("/api/rooms", new { id = "garden", name = "Garden party" });
        await carol.PostAsync("/api/rooms", new { id = "engineering", name = "Engineering" });
        await carol.PostAsync("/api/rooms", new { id = "random", name = "Random" });
        await carol.PostAsync("/api/rooms", new { id = "board", name = "Board", visibility = "private" });
        await carol.SayAsync("engineering", "The build is green.");
        await bob.SayAsync("garden", "Who comes on Saturday?");
        await bob.SayAsync("garden", "We need:\n1. chairs\n2. somebody with *good* music\n3. sun");
        await carol.SayAsync("garden", "> somebody with good music\n\nThat would be me. The list is at https://example.org/songs.");
        await carol.SayAsync("garden", "And this opens the gate:\n```ts\n// Only on Saturdays.\nconst gate = await open('garden', { until: 23 });\n```");
        await bob.SayAsync("garden", "/me dances");
        await bob.SayAsync("garden", "🎉");
    }

    private sealed class Screens(ScreensTests test, IPage page, string variant)
    {
        /// <summary>Waits until this is on the screen, has axe look at it, and takes its picture.</summary>
        public async Task ShowAsync(string name, ILocator shown)
        {
            await Assertions.Expect(shown).ToBeVisibleAsync(new() { Timeout = 15_000 });
            var overhang = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            if (overhang > 0)
                test._findings.Add($"{name}-{variant} is {overhang} pixels wider than the window.");
            test._findings.AddRange((await Axe.FindingsAsync(page)).Select(finding => $"{name}-{variant}: {finding}"));
            if (Pictures is not null)
                await page.ScreenshotAsync(new() { Path = Path.Combine(Pictures, $"{name}-{variant}.png") });
        }
    }
}
