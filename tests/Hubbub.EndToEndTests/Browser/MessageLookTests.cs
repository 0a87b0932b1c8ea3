using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>What somebody wrote is shown as they meant it, and can do nothing else.</summary>
[Collection(PageTests.Name)]
public sealed class MessageLookTests(Chromium chromium) : IAsyncLifetime
{
    /// <summary>Ways in which pages have been made to run, load or open what a message said.</summary>
    private static readonly string[] Attacks =
    [
        "<script>window.hit = 1</script>",
        "<img src=x onerror=\"window.hit = 2\">",
        "<svg onload=window.hit=3>",
        "[click](javascript:window.hit=4)",
        "[click](  javascript:window.hit=5)",
        "[click](data:text/html,<script>window.hit=6</script>)",
        "![image](https://evil.example/track.png)",
        "https://a.example/\"onmouseover=\"window.hit=7",
        "[x](https://a.example/\"onmouseover=\"window.hit=8)",
        "`<b>`</code><script>window.hit=9</script>",
        "```\"><script>window.hit=10</script>\n```",
        "> <iframe srcdoc='<script>parent.hit=11</script>'>",
        "- <style>*{display:none}</style>",
        "<a href=https://evil.example>trust me</a>",
        "\u202e[moc.knab](https://evil.example/)",
        "{{constructor.constructor('window.hit=12')()}}",
        "__proto__ **constructor** :__proto__: :constructor:",
    ];

    private ServerProcess _server = null!;

    public async Task InitializeAsync() => _server = await ServerProcess.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Markdown_is_drawn_as_elements()
    {
        await using var anns = await chromium.PersonAsync(height: 1200);
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "look");
        using var bob = await HttpApi.GuestAsync(_server.Url, "Bob");
        await bob.SayAsync("look", "**bold** *soft* ~~gone~~ `code` [the page](https://a.example/b)\n\n> quoted\n\n1. one\n2. two\n\n```js\nconst a = 1; // why\n```");
        await bob.SayAsync("look", "/me waves");
        await ann.SeeAsync("waves");

        var message = ann.Page.GetByTestId("message-text").First;
        foreach (var (selector, text) in new[] { ("strong", "bold"), ("em", "soft"), ("del", "gone"), ("p > code", "code"), ("blockquote", "quoted"), ("ol > li:nth-child(2)", "two"), (".code-keyword", "const"), (".code-comment", "// why") })
            await Assertions.Expect(message.Locator(selector)).ToHaveTextAsync(text);
        var link = message.GetByRole(AriaRole.Link);
        Assert.Equal("https://a.example/b", await link.GetAttributeAsync("href"));
        Assert.Equal("noopener noreferrer nofollow", await link.GetAttributeAsync("rel"));
        await Assertions.Expect(ann.Page.Locator("article.action")).ToContainTextAsync("Bob waves");
    }

    [Fact]
    public async Task Nothing_that_a_message_says_is_run_loaded_or_opened()
    {
        await using var anns = await chromium.PersonAsync(height: 3000);
        var ann = await ChatTab.OpenRoomAsync(anns, _server.Url, "Ann", "attacks");
        var elsewhere = new List<string>();
        ann.Page.Request += (_, request) =>
        {
            if (new Uri(request.Url).Authority != _server.Url.Authority)
                elsewhere.Add(request.Url);
        };
        using var mallory = await HttpApi.GuestAsync(_server.Url, "<b onclick=window.hit=13>Mallory</b>");
        foreach (var attack in Attacks)
            await mallory.SayAsync("attacks", attack);
        await mallory.SayAsync("attacks", "the end");
        await ann.SeeAsync("the end");
        foreach (var row in await ann.Page.GetByTestId("message").AllAsync())
            await row.HoverAsync();

        Assert.Null(await ann.Page.EvaluateAsync<int?>("() => window.hit ?? null"));
        Assert.Equal(0, await ann.Page.Locator("[data-testid=message-list] :is(script, img, iframe, style, object, embed, [onclick], [onerror], [onload], [onmouseover])").CountAsync());
        var targets = await ann.Page.Locator("[data-testid=message-list] a").EvaluateAllAsync<string[]>("links => links.map((link) => link.href)");
        Assert.All(targets, target => Assert.StartsWith("https://", target, StringComparison.Ordinal));
        Assert.Empty(elsewhere);
        Assert.Equal(Attacks.Length + 1, (await ann.LookAsync()).Count);
    }
}
