using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>A guest becomes an account, comes back from another browser, and signs out everywhere.</summary>
[Collection(PageTests.Name)]
public sealed class AccountTests(Chromium chromium) : IAsyncLifetime
{
    private const string Password = "correct horse";

    private ServerProcess _server = null!;

    public async Task InitializeAsync() => _server = await ServerProcess.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_guest_who_makes_an_account_keeps_what_they_wrote_in_any_browser_until_they_sign_out_everywhere()
    {
        await using var atHome = await chromium.PersonAsync();
        await using var atWork = await chromium.PersonAsync();
        atWork.Expect("403");
        atWork.Expect("401");
        atHome.Expect("401");
        var home = await ChatTab.OpenRoomAsync(atHome, _server.Url, "Ann", "room1");
        await home.SayAsync("as a guest");
        await home.SeeAsync("as a guest");
        await home.Page.GetByTestId("open-settings").ClickAsync();
        await home.Page.GetByTestId("make-account").ClickAsync();
        await home.Page.GetByTestId("new-password").FillAsync(Password);
        await home.Page.GetByTestId("account-submit").ClickAsync();
        await Assertions.Expect(home.Page.GetByTestId("sign-out").Or(home.Page.GetByTestId("composer")).First).ToBeVisibleAsync();
        await home.SeeAsync("as a guest");
        await Assertions.Expect(home.Page.Locator("article.mine")).ToContainTextAsync("as a guest");

        // Somewhere else, with a slip of the finger first.
        var work = await atWork.NewPageAsync();
        await work.GotoAsync(new Uri(_server.Url, "/r/room1").ToString());
        await work.GetByTestId("gate-other-way").ClickAsync();
        await work.GetByTestId("name-input").FillAsync("Ann");
        await work.GetByTestId("password-input").FillAsync("wrong horse");
        await work.GetByTestId("name-submit").ClickAsync();
        await Assertions.Expect(work.GetByRole(AriaRole.Alert)).ToHaveTextAsync("No account has this name and password.");
        await work.GetByTestId("password-input").FillAsync(Password);
        await work.GetByTestId("name-submit").ClickAsync();
        await Assertions.Expect(work.Locator("article.mine")).ToContainTextAsync("as a guest");
        await work.ReloadAsync();
        await Assertions.Expect(work.Locator("article.mine")).ToContainTextAsync("as a guest");

        await work.GetByTestId("open-settings").ClickAsync();
        await work.GetByTestId("sign-out-everywhere").ClickAsync();
        await Assertions.Expect(work.GetByTestId("name-input")).ToBeVisibleAsync();
        await Assertions.Expect(home.Page.GetByText("You were signed out.")).ToBeVisibleAsync(new() { Timeout = 20_000 });
        await home.Page.GetByTestId("name-input").FillAsync("Ann");
        await home.Page.GetByTestId("password-input").FillAsync(Password);
        await home.Page.GetByTestId("name-submit").ClickAsync();
        await Assertions.Expect(home.Page.Locator("article.mine")).ToContainTextAsync("as a guest");
    }
}
