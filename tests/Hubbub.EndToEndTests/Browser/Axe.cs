using System.Text.Json;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>axe-core, which finds what keeps people with impairments from using a page. It comes with the page's development dependencies.</summary>
internal static class Axe
{
    private static readonly Lazy<string> Script = new(() => File.ReadAllText(Find()));

    /// <summary>What it finds on the page as it stands: each with its rule, its help and the elements.</summary>
    public static async Task<IReadOnlyList<string>> FindingsAsync(IPage page)
    {
        // Through the debugger, which the page's policy does not bind.
        await page.EvaluateAsync(Script.Value + "; undefined");
        var json = await page.EvaluateAsync<string>(
            "async () => JSON.stringify((await axe.run(document, { resultTypes: ['violations'] })).violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.failureSummary} at ${n.html}`)))");
        return JsonSerializer.Deserialize<List<string>>(json)!;
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "web", "node_modules", "axe-core", "axe.min.js");
            if (File.Exists(file))
                return file;
        }

        throw new InvalidOperationException("axe-core is not installed: run `npm ci` in web/.");
    }
}
