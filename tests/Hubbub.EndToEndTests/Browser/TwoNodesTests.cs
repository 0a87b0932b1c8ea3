using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hubbub.LocalCluster.Balancers;
using Hubbub.LocalCluster.Services;
using Hubbub.TestKit.Servers;
using Microsoft.Playwright;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>Two people whose pages are on different nodes of one cluster, behind the real NGINX, round-robin and without stickiness.</summary>
[Collection(BrowserTests.Name)]
public sealed partial class TwoNodesTests(Chromium chromium) : IAsyncLifetime
{
    private const string Operator = "an operator's token";

    private static readonly string[] People = ["ann", "bob"];

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
        await using var nginx = await NginxBalancer.StartAsync([.. _nodes.Select(n => n.Url)], "round-robin", text => EachPersonsPollsInTurn(text).Replace(
            "client_max_body_size 64k;", $"client_max_body_size 64k;\n{Blocked(transport)}", StringComparison.Ordinal));
        await using var anns = await chromium.PersonAsync(height: 2000);
        await using var bobs = await chromium.PersonAsync(height: 2000);
        foreach (var person in new[] { anns, bobs })
        {
            // What the balancer blocks here on purpose.
            person.Expect("status of 404");
            person.Expect("status of 406");
        }

        await anns.Browser.SetExtraHTTPHeadersAsync(new Dictionary<string, string> { ["X-Person"] = "ann" });
        await bobs.Browser.SetExtraHTTPHeadersAsync(new Dictionary<string, string> { ["X-Person"] = "bob" });
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
            foreach (var person in People)
            {
                var polls = PollsOf(nginx, person).ToArray();
                Assert.True(polls.Length > 6, $"{person} polled {polls.Length} times.");
                Assert.All(polls.Zip(polls.Skip(1)), two => Assert.NotEqual(two.First, two.Second));
            }
        }
    }

    /// <summary>NGINX gives requests to its nodes in turn, whosever they are; here the waiting polls of each person have a turn of their own, so that no two that follow each other meet the same node.</summary>
    private static string EachPersonsPollsInTurn(string configuration)
    {
        var nodes = Upstream().Match(configuration).Value;
        Assert.NotEmpty(nodes);
        var polls = string.Concat(People.Select(person => nodes.Replace("hubbub", $"polls_{person}", StringComparison.Ordinal) + "\n"));
        return configuration
            .Replace(nodes, nodes + "\n" + polls, StringComparison.Ordinal)
            .Replace("proxy_pass http://hubbub;", "proxy_pass http://$turn;", StringComparison.Ordinal)
            .Replace(
                "client_max_body_size 64k;",
                "client_max_body_size 64k;\nset $turn hubbub;\nif ($args ~ wait=25) { set $turn polls_$http_x_person; }",
                StringComparison.Ordinal);
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
        .Where(words => words[0] == person && words[2].StartsWith("/api/events?", StringComparison.Ordinal) && words[2].EndsWith("wait=25", StringComparison.Ordinal))
        .Select(words => words[4]);

    [GeneratedRegex(@"upstream hubbub \{[^}]*\}")]
    private static partial Regex Upstream();

    private static async Task<int> ConnectionsAsync(ServerProcess node)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Operator);
        using var answer = JsonDocument.Parse(await http.GetStringAsync(new Uri(node.Url, "/api/nodes")));
        return answer.RootElement.GetProperty("nodes").EnumerateArray().Single(n => n.GetProperty("self").GetBoolean()).GetProperty("connections").GetInt32();
    }
}
