using System.Net.Http.Headers;
using System.Text.Json;
using Hubbub.LocalCluster.Balancers;
using Hubbub.LocalCluster.Services;
using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>Two people whose pages are on different nodes of one cluster, behind the real NGINX, round-robin and without stickiness.</summary>
[Collection(BrowserTests.Name)]
public sealed class TwoNodesTests(Chromium chromium) : IAsyncLifetime
{
    private const string Operator = "an operator's token";

    private PostgresServer _postgres = null!;
    private ServerProcess[] _nodes = [];

    public async Task InitializeAsync()
    {
        _postgres = await PostgresServer.StartAsync();
        string[] arguments = ["--store", PostgresServer.Url(await _postgres.CreateDatabaseAsync()), "--operator-token", Operator];
        _nodes = [await ServerProcess.StartAsync(arguments, tls: false), await ServerProcess.StartAsync(arguments, tls: false)];
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("sse")]
    [InlineData("longpoll")]
    public async Task Two_pages_on_different_nodes_chat_over(string transport)
    {
        await using var nginx = await NginxBalancer.StartAsync([.. _nodes.Select(n => n.Url)], "round-robin", text => text.Replace(
            "client_max_body_size 64k;", $"client_max_body_size 64k;\n{Blocked(transport)}", StringComparison.Ordinal));
        await using var anns = await chromium.PersonAsync(height: 2000);
        await using var bobs = await chromium.PersonAsync(height: 2000);
        await anns.SetExtraHTTPHeadersAsync(new Dictionary<string, string> { ["X-Person"] = "ann" });
        await bobs.SetExtraHTTPHeadersAsync(new Dictionary<string, string> { ["X-Person"] = "bob" });
        var ann = await ChatTab.OpenRoomAsync(anns, nginx.Url, "Ann", "room1");
        var bob = await ChatTab.OpenRoomAsync(bobs, nginx.Url, "Bob", "room1");

        // Where a connection stays, it may have come to the same node: whoever has the bad luck opens the page anew.
        if (transport != "longpoll")
        {
            await Eventually.UntilAsync(
                "each node has one of the two",
                async () =>
                {
                    if (await ConnectionsAsync(_nodes[0]) == 1 && await ConnectionsAsync(_nodes[1]) == 1)
                        return true;
                    if (await ConnectionsAsync(_nodes[0]) + await ConnectionsAsync(_nodes[1]) == 2)
                        await bob.Page.ReloadAsync();
                    return false;
                },
                TimeSpan.FromSeconds(60));
        }

        for (var i = 0; i < 6; i++)
        {
            await ann.SayAsync($"Ann {i}");
            await bob.SeeAsync($"Ann {i}");
            await bob.SayAsync($"Bob {i}");
            await ann.SeeAsync($"Bob {i}");
        }

        var expected = Enumerable.Range(0, 6).SelectMany(i => new[] { $"Ann {i}", $"Bob {i}" });
        Assert.Equal(expected, (await ann.LookAsync()).Select(m => m.Text));
        Assert.Equal(expected, (await bob.LookAsync()).Select(m => m.Text));
        if (transport == "longpoll")
        {
            foreach (var person in new[] { "ann", "bob" })
                Assert.Equal(_nodes.Select(n => n.Url.Authority).Order(), PollsOf(nginx, person).Distinct().Order());
        }
    }

    private static string Blocked(string transport) => transport switch
    {
        "websocket" => "",
        "sse" => "if ($uri = /ws) { return 404; }",
        _ => "if ($uri = /ws) { return 404; } if ($http_accept ~ event-stream) { return 406; }",
    };

    /// <summary>The nodes that answered this person's waiting polls, one after the other.</summary>
    private static IEnumerable<string> PollsOf(NginxBalancer nginx, string person) => File.ReadLines(nginx.AccessLog)
        .Select(line => line.Split(' '))
        .Where(words => words[0] == person && words[2].StartsWith("/api/events?", StringComparison.Ordinal) && words[2].EndsWith("wait=25", StringComparison.Ordinal) && words[3] == "200")
        .Select(words => words[4]);

    private static async Task<int> ConnectionsAsync(ServerProcess node)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Operator);
        using var answer = JsonDocument.Parse(await http.GetStringAsync(new Uri(node.Url, "/api/nodes")));
        return answer.RootElement.GetProperty("nodes").EnumerateArray().Single(n => n.GetProperty("self").GetBoolean()).GetProperty("connections").GetInt32();
    }
}
