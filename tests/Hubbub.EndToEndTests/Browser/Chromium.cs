using System.Security.Cryptography;
using Hubbub.TestKit;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>
/// The system's Chromium, headless, one for all tests of the collection. Each person is a context of its own (storage, cookies); each tab of theirs a page.
/// </summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    private IBrowser Running => _browser ?? throw new InvalidOperationException("Chromium does not run.");

    public async Task InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Find(),
            // No sandbox: in a container the tests run as root, whom Chromium's sandbox refuses.
            Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", $"--ignore-certificate-errors-spki-list={FingerprintOfTestCertificate()}"],
        });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>Somebody with a browser of their own.</summary>
    /// <param name="width">Of the window, in CSS pixels.</param>
    /// <param name="height">Of the window. A list draws only what is visible, so a test that reads all of a conversation has a high window.</param>
    /// <param name="scheme">Light or dark.</param>
    /// <param name="language">What the browser says it speaks.</param>
    public async Task<Person> PersonAsync(int width = 1000, int height = 800, ColorScheme scheme = ColorScheme.Light, string language = "en-US") =>
        new(await Running.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = scheme,
            Locale = language,
            ReducedMotion = ReducedMotion.Reduce,
        }));

    /// <summary>Of its public key, as Chromium wants it.</summary>
    private static string FingerprintOfTestCertificate() =>
        Convert.ToBase64String(SHA256.HashData(TestCertificate.Shared.PublicKey.ExportSubjectPublicKeyInfo()));

    private static string Find()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return Names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"No Chromium on the PATH (looked for {string.Join(", ", Names)}): install your system's package.");
    }
}

/// <summary>The tests of conversations, which share one browser and run one after the other: most of their time they wait.</summary>
[CollectionDefinition(Name)]
public sealed class BrowserTests : ICollectionFixture<Chromium>
{
    public const string Name = "browser";
}

/// <summary>The tests of the page itself, in a browser of their own beside those.</summary>
[CollectionDefinition(Name)]
public sealed class PageTests : ICollectionFixture<Chromium>
{
    public const string Name = "page";
}
