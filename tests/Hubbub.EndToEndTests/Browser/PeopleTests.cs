using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>Who people are to each other, and how those who keep order do so, live between two pages.</summary>
[Collection(PageTests.Name)]
public sealed class PeopleTests(Chromium chromium) : IAsyncLifetime
{
    /// <summary>One red pixel.</summary>
    private const string RedPixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

    private ServerProcess _server = null!;

    public async Task InitializeAsync() => _server = await ServerProcess.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_person_has_a_face_and_a_card_and_can_be_blocked()
    {
        await using var anns = await chromium.PersonAsync(1280);
        await using var bobs = await chromium.PersonAsync(1280);
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "order");
        await ann.SayAsync("welcome");
        var bob = await ChatTab.OpenRoomAsync(bobs, _server.Url, "Bob", "order");
        await bob.SeeAsync("welcome");

        await bob.Page.GetByTestId("open-settings").ClickAsync();
        await bob.Page.GetByTestId("picture-file").SetInputFilesAsync(new FilePayload { Name = "face.png", MimeType = "image/png", Buffer = Convert.FromBase64String(RedPixel) });
        await Assertions.Expect(bob.Page.GetByTestId("picture-preview")).ToBeVisibleAsync();
        await bob.Page.GetByTestId("profile-name").FillAsync("Bobby");
        await bob.Page.GetByTestId("profile-save").ClickAsync();
        await Assertions.Expect(bob.Page.GetByTestId("profile")).ToContainTextAsync("Saved.");
        await bob.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(bob.Page.Locator(".whoami")).ToContainTextAsync("Bobby");
        await Assertions.Expect(bob.Page.Locator(".whoami img.face-picture")).ToBeVisibleAsync();

        await bob.SayAsync("with a picture");
        await ann.SeeAsync("with a picture");
        var face = ann.Page.GetByTestId("message-list").Locator("img.face-picture");
        await Assertions.Expect(face).ToBeVisibleAsync();
        await Assertions.Expect(face).ToHaveJSPropertyAsync("naturalWidth", 256);
        await ann.Page.GetByTestId("sender").ClickAsync();
        var card = ann.Page.GetByTestId("person-card");
        await Assertions.Expect(card).ToContainTextAsync("Bobby");
        await Assertions.Expect(ann.Page.GetByTestId("person-seen")).ToHaveTextAsync("In this room now");

        await ann.Page.GetByTestId("block").ClickAsync();
        await Assertions.Expect(ann.Page.GetByTestId("message-blocked")).ToBeVisibleAsync();
        Assert.DoesNotContain(await ann.LookAsync(), shown => shown.Text == "with a picture");
        await ann.Page.Keyboard.PressAsync("Escape");
        await ann.Page.ReloadAsync();
        await ann.Page.GetByTestId("message-blocked").GetByRole(AriaRole.Button).ClickAsync();
        await ann.SeeAsync("with a picture");
        await ann.Page.GetByTestId("sender").ClickAsync();
        await ann.Page.GetByTestId("unblock").ClickAsync();
        await ann.Page.Keyboard.PressAsync("Escape");
        await bob.SayAsync("heard again");
        await ann.SeeAsync("heard again");

        // The two of them alone, from the card; and hidden again.
        await ann.Page.GetByTestId("sender").First.ClickAsync();
        await ann.Page.GetByTestId("message-person").ClickAsync();
        // The card is called by that name too: it must be gone before anything is typed.
        await ann.Page.WaitForURLAsync("**/r/direct.*");
        await Assertions.Expect(ann.Page.GetByTestId("person-card")).ToHaveCountAsync(0);
        await Assertions.Expect(ann.Page.GetByRole(AriaRole.Heading, new() { Name = "Bobby" })).ToBeVisibleAsync();
        await ann.SayAsync("just the two of us");
        await ann.SeeAsync("just the two of us");
        Assert.Single(await ann.LookAsync());
        await Assertions.Expect(ann.Page.Locator("[data-section=direct]")).ToContainTextAsync("Bobby");
        await bob.Page.ReloadAsync();
        var link = bob.Page.Locator("[data-section=direct]").GetByTestId("room-link");
        await Assertions.Expect(link).ToContainTextAsync("Ann");
        await link.ClickAsync();
        await bob.SeeAsync("just the two of us");
        await bob.Page.GetByTestId("show-details").ClickAsync();
        await Assertions.Expect(bob.Page.GetByTestId("members").GetByTestId("person")).ToHaveCountAsync(2);
        await bob.Page.GetByTestId("leave-room").ClickAsync();
        await bob.Page.GetByTestId("leave-confirm").ClickAsync();
        await Assertions.Expect(link).ToHaveCountAsync(0);

        // And without the picture.
        await bob.Page.GetByTestId("open-settings").ClickAsync();
        await bob.Page.GetByTestId("remove-picture").ClickAsync();
        await bob.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(bob.Page.Locator(".whoami img.face-picture")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_owner_keeps_order_and_everybody_sees_what_they_may_still_do()
    {
        await using var anns = await chromium.PersonAsync(1280);
        await using var bobs = await chromium.PersonAsync(1280);
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "strict");
        await ann.SayAsync("welcome");
        var bob = await ChatTab.OpenRoomAsync(bobs, _server.Url, "Bob", "strict");
        await bob.SayAsync("hello");
        await ann.SeeAsync("hello");

        // A visitor becomes a member, and is one on the owner's panel.
        await ann.Page.GetByTestId("show-details").ClickAsync();
        await Assertions.Expect(ann.Page.GetByTestId("visitors")).ToContainTextAsync("Bob", new() { Timeout = 15_000 });
        await bob.Page.GetByTestId("show-details").ClickAsync();
        await Assertions.Expect(bob.Page.GetByTestId("room-settings")).ToHaveCountAsync(0);
        await bob.Page.GetByTestId("join-room").ClickAsync();
        await Assertions.Expect(ann.Page.GetByTestId("members")).ToContainTextAsync("Bob");
        await bob.Page.GetByTestId("panel-close").ClickAsync();

        // Muted, and not.
        await ann.Page.GetByTestId("members").GetByText("Bob").ClickAsync();
        var mayNotWrite = bob.Page.GetByTestId("cannot-write");
        await ann.Page.GetByTestId("mute-600").ClickAsync();
        await Assertions.Expect(mayNotWrite).ToContainTextAsync("You may not write here until");
        await ann.Page.GetByTestId("unmute").ClickAsync();
        await Assertions.Expect(bob.Composer).ToBeVisibleAsync();

        // Reported, and deleted for it.
        await ann.Page.Keyboard.PressAsync("Escape");
        await ann.SayAsync("something rude");
        await bob.SeeAsync("something rude");
        await bob.Page.GetByTestId("message").Filter(new() { HasText = "something rude" }).HoverAsync();
        await bob.Page.GetByTestId("report").ClickAsync();
        await bob.Page.GetByTestId("report-reason").FillAsync("not nice");
        await bob.Page.GetByTestId("report-send").ClickAsync();
        await Assertions.Expect(bob.Page.GetByTestId("report-dialog")).ToHaveCountAsync(0);
        await ann.Page.ReloadAsync();
        await Assertions.Expect(ann.Page.GetByTestId("reports-waiting")).ToHaveTextAsync("1");
        await ann.Page.GetByTestId("show-details").ClickAsync();
        await Assertions.Expect(ann.Page.GetByTestId("report")).ToContainTextAsync("not nice");
        Assert.Empty(await Axe.FindingsAsync(ann.Page));
        await ann.Page.GetByTestId("report-delete").ClickAsync();
        await Assertions.Expect(bob.Page.GetByTestId("message-deleted")).ToBeVisibleAsync();
        await Assertions.Expect(ann.Page.GetByTestId("reports-waiting")).ToHaveCountAsync(0);

        // To read only, and back.
        await ann.Page.GetByTestId("members").GetByText("Bob").ClickAsync();
        await ann.Page.GetByTestId("person-card").GetByLabel("reader").ClickAsync();
        await Assertions.Expect(mayNotWrite).ToHaveTextAsync("You may read here and not write.");
        await ann.Page.GetByTestId("person-card").GetByLabel("member", new() { Exact = true }).ClickAsync();
        await Assertions.Expect(bob.Composer).ToBeVisibleAsync();
        await ann.Page.Keyboard.PressAsync("Escape");

        // Slow for those who keep no order.
        await ann.Page.GetByTestId("slow-mode").SelectOptionAsync("3600");
        await Assertions.Expect(bob.Page.GetByTestId("composer-limit")).ToContainTextAsync("This room is slow:");
        await bob.Composer.FillAsync("too soon");
        await Assertions.Expect(bob.Page.GetByTestId("send")).ToBeDisabledAsync();
        await ann.SayAsync("I may");
        await bob.SeeAsync("I may");
        await ann.Page.GetByTestId("slow-mode").SelectOptionAsync("0");
        await bob.Composer.PressAsync("Enter");
        await ann.SeeAsync("too soon");

        await ann.Page.GetByTestId("archive").ClickAsync();
        await ann.Page.GetByTestId("archive-confirm").ClickAsync();
        await Assertions.Expect(mayNotWrite).ToContainTextAsync("archived");
        await ann.Page.GetByTestId("unarchive").ClickAsync();
        await Assertions.Expect(bob.Composer).ToBeVisibleAsync();

        // Out for good; what was asked in that very moment is refused.
        bobs.Expect("403");
        await ann.Page.GetByTestId("members").GetByText("Bob").ClickAsync();
        await ann.Page.GetByTestId("ban").ClickAsync();
        await ann.Page.GetByTestId("ban-confirm").ClickAsync();
        await Assertions.Expect(bob.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("You were removed from this room.");
        await Assertions.Expect(ann.Page.GetByTestId("members")).Not.ToContainTextAsync("Bob");

        // The room is found by those who look for it.
        await bob.Page.GetByTestId("open-directory").ClickAsync();
        await bob.Page.GetByTestId("directory-input").FillAsync("TRIC");
        await Assertions.Expect(bob.Page.GetByTestId("directory-rooms").GetByRole(AriaRole.Link)).ToHaveTextAsync(["strict"]);
    }
}
