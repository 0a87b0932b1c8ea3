using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;

namespace Hubbub.PageBench;

/// <summary>The run: a browser, a person, the room opened again and again, and once scrolled through.</summary>
internal static class PageRun
{
    /// <summary>The list draws what is in sight and little more, however long the room is; with more nodes than these it is broken.</summary>
    private const int MostMessages = 300;

    private const int Width = 1280;
    private const int Height = 800;

    private static readonly string[] Browsers = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

    /// <summary>
    /// In each frame a flick of the wheel up. A frame that is late is the time in which nothing moved under the reader's hand. Told are all frames, and the most message nodes there were in any.
    /// </summary>
    private const string Scrolling = """
        (milliseconds) => new Promise((done) => {
          const list = document.querySelector('[data-testid=message-list]');
          const frames = [];
          let most = 0, began, last, pushed = 0;
          const frame = (now) => {
            began ??= now;
            if (last !== undefined) frames.push(now - last);
            last = now;
            most = Math.max(most, list.querySelectorAll('[data-testid=message]').length);
            if (now - began >= milliseconds) return done({ frames, most, pushed });
            const before = list.scrollTop;
            list.scrollTop -= 120;
            pushed += before - list.scrollTop;
            requestAnimationFrame(frame);
          };
          requestAnimationFrame(frame);
        })
        """;

    public static async Task<int> MeasureAsync(PageOptions options, CancellationToken ct)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Seeding {options.Messages:#,0} messages of {options.Members:#,0} members …"));
        await using var server = await SeededServer.StartAsync(options, ct);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = FindBrowser(), Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
        await using var person = await browser.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = Width, Height = Height } });
        var page = await person.NewPageAsync();

        // Once for the name, and for whatever is cached after a first visit.
        await page.GotoAsync(server.Room.ToString());
        await page.GetByTestId("name-input").FillAsync("Reader");
        await page.GetByTestId("name-input").PressAsync("Enter");
        await ShownAsync(page);

        var opened = new List<double>();
        for (var i = 0; i < options.Opens; i++)
        {
            await page.GotoAsync("about:blank");
            var began = Stopwatch.GetTimestamp();
            await page.GotoAsync(server.Room.ToString(), new() { WaitUntil = WaitUntilState.Commit });
            await ShownAsync(page);
            opened.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        var cdp = await person.NewCDPSessionAsync(page);
        await cdp.SendAsync("Performance.enable");
        var atFirst = await MemoryAsync(cdp);
        var scrolled = await page.EvaluateAsync<JsonElement>(Scrolling, options.Scrolled.TotalMilliseconds);
        var atLast = await MemoryAsync(cdp);
        return Print(options, opened, scrolled, atFirst, atLast);
    }

    /// <summary>Until messages are drawn, and what stands there is where a reader would find it.</summary>
    private static Task ShownAsync(IPage page) => page.Locator("[data-testid=message]").Last.WaitForAsync(new() { State = WaitForSelectorState.Visible, Timeout = 30_000 });

    private static async Task<(double Megabytes, long Nodes)> MemoryAsync(ICDPSession cdp)
    {
        await cdp.SendAsync("HeapProfiler.collectGarbage");
        var metrics = (await cdp.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics").EnumerateArray()
            .ToDictionary(m => m.GetProperty("name").GetString()!, m => m.GetProperty("value").GetDouble());
        return (metrics["JSHeapUsedSize"] / 1e6, (long)metrics["Nodes"]);
    }

    private static int Print(PageOptions options, List<double> opened, JsonElement scrolled, (double Megabytes, long Nodes) atFirst, (double Megabytes, long Nodes) atLast)
    {
        var frames = scrolled.GetProperty("frames").EnumerateArray().Select(f => f.GetDouble()).Order().ToList();
        var most = scrolled.GetProperty("most").GetInt32();
        opened.Sort();
        frames.Sort();
        Write($"opening a room of {options.Messages:#,0} messages   median {At(opened, 0.5):0} ms, slowest {opened[^1]:0} ms of {opened.Count}");
        Write($"frames while scrolling               {frames.Count:#,0} in {frames.Sum() / 1000:0.0} s over {scrolled.GetProperty("pushed").GetDouble():#,0} pixels: p50 {At(frames, 0.5):0.0} ms, p95 {At(frames, 0.95):0.0} ms, p99 {At(frames, 0.99):0.0} ms, longest {frames[^1]:0} ms");
        Write($"memory of the page's scripts         {atFirst.Megabytes:0.0} MB opened, {atLast.Megabytes:0.0} MB after scrolling");
        Write($"nodes of the document                {atFirst.Nodes:#,0} opened, {atLast.Nodes:#,0} after scrolling");
        Write($"message nodes, the most at once      {most}");
        Write($"{(most <= MostMessages ? "holds" : "FAILS")}: at most {MostMessages} message nodes at any moment");
        return most <= MostMessages ? 0 : 1;

        static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

        static double At(List<double> sorted, double part) => sorted[(int)Math.Min(sorted.Count - 1, Math.Floor(sorted.Count * part))];
    }

    private static string FindBrowser()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return Browsers.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"No Chromium on the PATH (looked for {string.Join(", ", Browsers)}): install your system's package.");
    }
}
