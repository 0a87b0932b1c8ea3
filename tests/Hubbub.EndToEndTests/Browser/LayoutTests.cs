using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>The page on the narrowest telephone, by day and by night.</summary>
[Collection(PageTests.Name)]
public sealed class LayoutTests(Chromium chromium)
{
    /// <summary>Text on a plain ground: its edges alone have dozens of shades.</summary>
    private const int FewColours = 20;

    private static readonly string LongWord = new('m', 400);

    [Theory]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 360)]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    public async Task Every_screen_is_drawn_in_its_scheme_and_fits_the_width(ColorScheme scheme, int width)
    {
        await using var server = await ServerProcess.StartAsync();
        await using var anns = await chromium.PersonAsync(width, 640, scheme);
        var page = await anns.NewPageAsync();
        await page.GotoAsync(server.Url.ToString());
        await Assertions.Expect(page.GetByTestId("name-input")).ToBeVisibleAsync();
        await ExpectGoodLooksAsync(page, scheme);

        await page.GetByTestId("name-input").FillAsync(LongWord[..64]);
        await page.GetByTestId("name-submit").ClickAsync();
        await Assertions.Expect(page.GetByTestId("room-input")).ToBeVisibleAsync();
        await ExpectGoodLooksAsync(page, scheme);

        await page.GetByTestId("room-input").FillAsync(LongWord[..64]);
        await page.GetByTestId("room-open").ClickAsync();
        await page.GetByTestId("composer").FillAsync(LongWord);
        await page.GetByTestId("send").ClickAsync();
        await Assertions.Expect(page.Locator("[data-testid=message][data-state=sent]")).ToBeVisibleAsync();
        await ExpectGoodLooksAsync(page, scheme);
        await ExpectWithinAsync(page, "composer");
        await ExpectWithinAsync(page, "send");
        await ExpectWithinAsync(page, "copy-link");
    }

    private static async Task ExpectGoodLooksAsync(IPage page, ColorScheme scheme)
    {
        var overhang = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(overhang <= 0, $"{page.Url} is {overhang} pixels wider than the window.");
        var picture = await Picture.TakeAsync(page);
        Assert.True(picture.Colours > FewColours, $"{page.Url} looks empty: {picture}");
        Assert.True(scheme == ColorScheme.Dark ? picture.Brightness < 0.4 : picture.Brightness > 0.6, $"{page.Url} is not {scheme}: {picture}");
    }

    private static async Task ExpectWithinAsync(IPage page, string testId)
    {
        var box = await page.GetByTestId(testId).BoundingBoxAsync();
        Assert.NotNull(box);
        var (width, height) = (page.ViewportSize!.Width, page.ViewportSize.Height);
        Assert.True(
            box.X >= 0 && box.Y >= 0 && box.X + box.Width <= width && box.Y + box.Height <= height,
            $"{testId} stands at {box.X},{box.Y} with {box.Width} × {box.Height}, outside {width} × {height}.");
    }
}
