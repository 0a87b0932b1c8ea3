using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>
/// Somebody with a browser of their own. Whoever leaves must have seen no error in any tab's console: exceptions, answers of 400 and above, violations of
/// the page's own policy. Only a network that fails is no fault of the page's.
/// </summary>
public sealed class Person : IAsyncDisposable
{
    private static readonly string[] OfTheNetwork = ["net::ERR_", "WebSocket connection to", "status of 502", "status of 503", "status of 504"];

    private readonly List<string> _complaints = [];
    private readonly List<string> _allowed = [];

    internal Person(IBrowserContext browser)
    {
        Browser = browser;
        browser.Console += (_, message) => Complain(message.Type == "error" ? $"{message.Text} ({message.Location})" : null);
        browser.WebError += (_, error) => Complain(error.Error);
    }

    public IBrowserContext Browser { get; }

    /// <summary>Errors in the consoles so far, but for those of the network.</summary>
    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (_complaints)
                return [.. _complaints.Where(c => !_allowed.Any(a => c.Contains(a, StringComparison.Ordinal)))];
        }
    }

    public Task<IPage> NewPageAsync() => Browser.NewPageAsync();

    /// <summary>The test causes errors with this in them on purpose.</summary>
    public void Expect(string complaint) => _allowed.Add(complaint);

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        Assert.True(Complaints.Count == 0, $"In the console stands: {string.Join('\n', Complaints)}");
    }

    private void Complain(string? complaint)
    {
        if (complaint is null || OfTheNetwork.Any(word => complaint.Contains(word, StringComparison.Ordinal)))
            return;
        lock (_complaints)
            _complaints.Add(complaint);
    }
}
