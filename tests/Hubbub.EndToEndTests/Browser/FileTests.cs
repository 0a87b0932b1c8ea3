using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>Files in the page: chosen, pasted and dropped, on their way, shown and saved.</summary>
[Collection(PageTests.Name)]
public sealed class FileTests(Chromium chromium) : BesideBob
{
    private static readonly FilePayload Notes = new() { Name = "notes.txt", MimeType = "text/plain", Buffer = "four o'clock"u8.ToArray() };

    private static readonly FilePayload Drawing = new()
    {
        Name = "drawing.svg",
        MimeType = "image/svg+xml",
        Buffer = "<svg xmlns='http://www.w3.org/2000/svg'><script>parent.hacked = true</script></svg>"u8.ToArray(),
    };

    [Fact]
    public async Task Files_are_sent_with_a_message_shown_in_their_place_and_saved()
    {
        await using var anns = await chromium.PersonAsync();
        await using var carols = await chromium.PersonAsync(320, 640, ColorScheme.Dark);
        var ann = await ChatTab.OpenRoomAsync(anns, Server.Url, "Ann", "room1");
        var carol = await ChatTab.OpenRoomAsync(carols, Server.Url, "Carol", "room1");
        await ann.Page.GetByTestId("composer-files").SetInputFilesAsync([await PictureAsync(ann.Page, 900, 600), Notes, Drawing]);
        await Assertions.Expect(Attachments(ann, "done")).ToHaveCountAsync(3);
        Assert.Empty(await Axe.FindingsAsync(ann.Page));
        await ann.SayAsync("look");
        await Assertions.Expect(Attachments(ann)).ToHaveCountAsync(0);

        // The picture's place is what it will take, whether or not it is there already, and it is shown by a smaller one of its own page.
        await carol.SeeAsync("look");
        foreach (var tab in new[] { ann, carol })
        {
            var picture = tab.Page.GetByTestId("picture");
            await Assertions.Expect(picture.Locator("img")).ToHaveJSPropertyAsync("naturalWidth", 480);
            Assert.StartsWith("blob:", await picture.Locator("img").GetAttributeAsync("src"), StringComparison.Ordinal);
            var box = (await picture.BoundingBoxAsync())!;
            Assert.InRange(box.Width / box.Height, 1.4, 1.6);
            Assert.InRange(box.X + box.Width, 100, tab.Page.ViewportSize!.Width);
            await Assertions.Expect(tab.Page.GetByTestId("file-card")).ToHaveCountAsync(2);
            Assert.True(await tab.Page.EvaluateAsync<bool>("() => window.hacked === undefined && document.documentElement.scrollWidth <= innerWidth"));
        }

        Assert.Empty(await Axe.FindingsAsync(carol.Page));
        await SaveAsync(carol.Page, "files-phone-dark");
        await SaveAsync(ann.Page, "files-desktop-light");
        await carol.Page.GetByTestId("picture").ClickAsync();
        await Assertions.Expect(carol.Page.GetByTestId("picture-dialog").Locator("img")).ToHaveJSPropertyAsync("naturalWidth", 900);
        Assert.Empty(await Axe.FindingsAsync(carol.Page));
        await carol.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(carol.Page.GetByTestId("picture")).ToBeFocusedAsync();

        var saved = await carol.Page.RunAndWaitForDownloadAsync(() => carol.Page.GetByTestId("file-card").Filter(new() { HasText = "notes.txt" }).ClickAsync());
        Assert.Equal("notes.txt", saved.SuggestedFilename);
        Assert.Equal("four o'clock", await File.ReadAllTextAsync(await saved.PathAsync()));

        // It goes with its message.
        await ann.Page.GetByTestId("message").HoverAsync();
        await ann.Page.GetByTestId("delete").ClickAsync();
        await ann.Page.GetByTestId("delete-confirm").ClickAsync();
        await Assertions.Expect(carol.Page.GetByTestId("message-deleted")).ToBeVisibleAsync();
        await Assertions.Expect(carol.Page.GetByTestId("picture").Or(carol.Page.GetByTestId("file-card"))).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_message_waits_for_its_files_which_can_be_cancelled_and_tried_again_and_a_reload_says_what_it_has_cut_off()
    {
        await using var anns = await chromium.PersonAsync();
        var ann = await ChatTab.OpenRoomAsync(anns, Server.Url, "Ann", "room1");
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await ann.Page.RouteAsync("**/api/rooms/room1/files?name=slow*", async route =>
        {
            await held.Task;
            await route.ContinueAsync();
        });
        var fails = true;
        await ann.Page.RouteAsync("**/api/rooms/room1/files?name=bad*", route => fails ? route.AbortAsync() : route.ContinueAsync());

        // Dropped on the conversation, and pasted into the field.
        await HandOverAsync(ann.Page, "main", "drop", "slow.txt");
        await HandOverAsync(ann.Page, "#composer", "paste", "bad.txt");
        await Assertions.Expect(Attachments(ann, "failed")).ToContainTextAsync("bad.txt");
        await Assertions.Expect(ann.Page.GetByTestId("send")).ToBeDisabledAsync();
        fails = false;
        await Attachments(ann, "failed").GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();
        await Assertions.Expect(Attachments(ann, "done")).ToContainTextAsync("bad.txt");
        await ann.SayAsync("both");
        await Assertions.Expect(ann.Page.GetByTestId("waiting-for-files")).ToBeVisibleAsync();
        held.SetResult();
        await ann.SeeAsync("both");
        await Assertions.Expect(ann.Page.GetByTestId("file-card")).ToHaveTextAsync([new System.Text.RegularExpressions.Regex("slow.txt"), new System.Text.RegularExpressions.Regex("bad.txt")]);

        // One is cancelled, one is up, and one is on its way when the page is reloaded.
        await ann.Page.UnrouteAllAsync();
        await ann.Page.RouteAsync("**/api/rooms/room1/files?name=never*", _ => { });
        await ann.Page.GetByTestId("composer-files").SetInputFilesAsync([Notes, Named("never1.txt"), Named("never2.txt")]);
        await Assertions.Expect(Attachments(ann, "done")).ToHaveCountAsync(1);
        await Attachments(ann).Filter(new() { HasText = "never1.txt" }).GetByTestId("attachment-remove").ClickAsync();
        await Assertions.Expect(Attachments(ann, "uploading")).ToContainTextAsync("never2.txt");
        await ann.Page.ReloadAsync();
        await Assertions.Expect(ann.Page.GetByTestId("files-lost")).ToContainTextAsync("never2.txt");
        await Assertions.Expect(Attachments(ann, "done")).ToContainTextAsync("notes.txt");
        await ann.Composer.PressAsync("Enter");
        await Assertions.Expect(ann.Page.GetByTestId("file-card")).ToHaveCountAsync(3);
        await Assertions.Expect(Attachments(ann)).ToHaveCountAsync(0);
    }

    private static ILocator Attachments(ChatTab tab, string? state = null) =>
        state is null ? tab.Page.GetByTestId("attachment") : tab.Page.Locator($"[data-testid=attachment][data-state={state}]");

    private static FilePayload Named(string name) => new() { Name = name, MimeType = "text/plain", Buffer = [1] };

    /// <summary>A real picture of many bytes, drawn by the browser.</summary>
    private static async Task<FilePayload> PictureAsync(IPage page, int width, int height)
    {
        var png = await page.EvaluateAsync<string>(
            """
            async ([width, height]) => {
              const canvas = document.createElement('canvas');
              [canvas.width, canvas.height] = [width, height];
              const drawing = canvas.getContext('2d');
              for (let y = 0; y < height; y += 4) {
                for (let x = 0; x < width; x += 4) {
                  drawing.fillStyle = `rgb(${[x, y, x + y].map((n) => (n / 4 + Math.random() * 120) & 255)})`;
                  drawing.fillRect(x, y, 4, 4);
                }
              }
              return canvas.toDataURL('image/png').split(',')[1];
            }
            """,
            new[] { width, height });
        return new FilePayload { Name = "picture.png", MimeType = "image/png", Buffer = Convert.FromBase64String(png) };
    }

    /// <summary>As a hand or a clipboard does it, with a file in it.</summary>
    private static async Task HandOverAsync(IPage page, string to, string how, string name) => await page.EvaluateAsync(
        """
        ([to, how, name]) => {
          const data = new DataTransfer();
          data.items.add(new File(['content'], name, { type: 'text/plain' }));
          const happens = { bubbles: true, cancelable: true };
          document.querySelector(to).dispatchEvent(how === 'paste' ? new ClipboardEvent('paste', { ...happens, clipboardData: data }) : new DragEvent('drop', { ...happens, dataTransfer: data }));
        }
        """,
        new[] { to, how, name });

    private static async Task SaveAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("HUBBUB_SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png") });
    }
}
