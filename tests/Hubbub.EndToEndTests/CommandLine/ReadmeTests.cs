using System.Diagnostics;
using System.Text.RegularExpressions;
using Hubbub.EndToEndTests.Browser;
using Hubbub.TestKit;
using Hubbub.TestKit.Servers;

namespace Hubbub.EndToEndTests.CommandLine;

/// <summary>What README.md tells a newcomer to type is typed here, as it stands there, but for the address.</summary>
[Collection(BrowserTests.Name)]
public sealed partial class ReadmeTests(Chromium chromium)
{
    private const string Address = "localhost:5080";

    [Fact]
    public async Task The_conversation_by_curl_stores_repeats_and_waits_as_its_comments_say()
    {
        await using var server = await ServerProcess.StartAsync();
        var script = At(server, Block("bash"));
        var start = new ProcessStartInfo("bash", ["-eu", "-c", script]) { RedirectStandardOutput = true };
        Curl.TrustTestCertificate(start);
        using var bash = Process.Start(start)!;
        var output = await Eventually.WithinAsync("the conversation ends", bash.StandardOutput.ReadToEndAsync());
        await bash.WaitForExitAsync();

        Assert.Equal(0, bash.ExitCode);

        // The last two write at the same time, and the end of one's line may come behind the other's.
        var lines = output.Replace("}{", "}\n{", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(5, lines.Length);
        Assert.Contains("\"sequence\":2,", lines[0], StringComparison.Ordinal);
        Assert.Equal(lines[0], lines[1]);
        Assert.Contains("\"head\":2", lines[2], StringComparison.Ordinal);

        // The post and the poll that waited for it end in either order.
        Assert.Contains(lines[3..], l => l.StartsWith("{\"events\":[{\"type\":\"message\"", StringComparison.Ordinal) && l.Contains("How are you?", StringComparison.Ordinal));
        Assert.Contains(lines[3..], l => l.StartsWith("{\"room\":\"room1\",\"sequence\":3,", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_plain_websocket_conversation_hears_its_own_hello()
    {
        await using var server = await ServerProcess.StartAsync();
        await using var anns = await chromium.PersonAsync();
        var page = await anns.NewPageAsync();
        var hello = new TaskCompletionSource<string>();
        page.Console += (_, message) =>
        {
            if (message.Text.Contains("\"message\":\"Hello\"", StringComparison.Ordinal))
                hello.TrySetResult(message.Text);
        };
        await page.GotoAsync(server.Url.ToString());
        await page.EvaluateAsync($"() => {{ {At(server, Block("js"))} }}");
        var frame = await Eventually.WithinAsync("the console shows Hello", hello.Task);
        Assert.Contains("\"roomId\":\"room1\"", frame, StringComparison.Ordinal);
    }

    private static string At(ServerProcess server, string text)
    {
        // What a run over TLS changes in an address is its scheme.
        if (Variant.Tls)
            text = text.Replace($"http://{Address}", $"https://{Address}", StringComparison.Ordinal).Replace($"ws://{Address}", $"wss://{Address}", StringComparison.Ordinal);
        return text.Replace(Address, server.Url.Authority, StringComparison.Ordinal);
    }

    /// <summary>The first block of README.md in this language.</summary>
    private static string Block(string language) =>
        Fenced().Matches(Readme()).First(m => m.Groups[1].Value == language).Groups[2].Value;

    private static string Readme()
    {
        using var reader = new StreamReader(typeof(ReadmeTests).Assembly.GetManifestResourceStream("README.md")!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("^```(\\w*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();
}
