using Hubbub.LocalCluster;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>Full text over all rooms, from the page, and the way from a result to its place.</summary>
[Collection(PageTests.Name)]
public sealed class SearchTests(Chromium chromium)
{
    [Fact]
    public async Task What_is_found_is_marked_and_leads_to_its_place_in_its_room()
    {
        await using var server = await ServerProcess.StartAsync();
        using var bob = await HttpApi.GuestAsync(server.Url, "Bob");
        await bob.SayAsync("garden", "the rhubarb is ripe");
        for (var i = 0; i < 150; i++)
            await bob.SayAsync("garden", $"something else {i}");
        await using var anns = await chromium.PersonAsync(1280);
        var ann = await ChatTab.OpenRoomAsync(anns, server.Url, "Ann", "kitchen");
        await ann.SayAsync("who has rhubarb?");
        await ann.SeeAsync("who has rhubarb?");

        await ann.Page.GetByTestId("show-search").ClickAsync();
        await Assertions.Expect(ann.Page.GetByTestId("search-input")).ToBeFocusedAsync();
        var results = ann.Page.GetByTestId("search-result");
        await Eventually.UntilAsync("both messages are found", async () =>
        {
            await ann.Page.GetByTestId("search-input").FillAsync("");
            await ann.Page.GetByTestId("search-input").FillAsync("rhubarb");
            await results.First.WaitForAsync();
            return await results.CountAsync() == 2;
        });
        await Assertions.Expect(results.Nth(1).Locator("mark")).ToHaveTextAsync("rhubarb");
        await results.Nth(1).ClickAsync();
        await Assertions.Expect(ann.Page.Locator("article.lit")).ToContainTextAsync("the rhubarb is ripe");
        Assert.EndsWith("/r/garden", ann.Page.Url, StringComparison.Ordinal);
        await ann.Page.GetByTestId("show-search").ClickAsync();
        await ann.Page.GetByTestId("search-input").FillAsync("nothinglikethis");
        await Assertions.Expect(ann.Page.GetByTestId("search")).ToContainTextAsync("Nothing was found.");
    }
}
