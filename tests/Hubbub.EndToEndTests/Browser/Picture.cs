using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>What a screenshot looks like, roughly: enough to tell a page from an empty one, and a dark one from a light one.</summary>
/// <param name="Colours">How many different ones there are.</param>
/// <param name="Brightness">The mean over all pixels, 0 (black) to 1 (white).</param>
public sealed record Picture(int Colours, double Brightness)
{
    /// <summary>Takes a screenshot of the visible part and has a browser decode it.</summary>
    public static async Task<Picture> TakeAsync(IPage page)
    {
        ArgumentNullException.ThrowIfNull(page);
        var png = Convert.ToBase64String(await page.ScreenshotAsync());

        // On an empty page, whose policy does not stand in the way.
        var bench = await page.Context.NewPageAsync();
        var measured = await bench.EvaluateAsync<double[]>(
            """
            async (png) => {
              const image = new Image();
              image.src = 'data:image/png;base64,' + png;
              await image.decode();
              const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
              canvas.drawImage(image, 0, 0);
              const { data } = canvas.getImageData(0, 0, image.width, image.height);
              const colours = new Set();
              let light = 0;
              for (let i = 0; i < data.length; i += 4) {
                colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
                light += data[i] + data[i + 1] + data[i + 2];
              }
              return [colours.size, light / (data.length / 4) / 765];
            }
            """,
            png);
        await bench.CloseAsync();
        return new Picture((int)measured[0], measured[1]);
    }
}
