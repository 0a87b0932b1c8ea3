using System.Net;
using System.Text.RegularExpressions;
using Hubbub.LocalCluster.Balancers;
using Hubbub.LocalCluster.Services;
using Hubbub.Server.Operations;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Balancers;

/// <summary>The files of <c>deploy/nginx</c> in the real NGINX, in front of real nodes.</summary>
public sealed partial class NginxTests : IAsyncLifetime
{
    private BalancedNodes _nodes = null!;

    public async Task InitializeAsync() => _nodes = await BalancedNodes.StartAsync(2);

    public async Task DisposeAsync() => await _nodes.DisposeAsync();

    [Theory]
    [InlineData("least-conn")]
    [InlineData("round-robin")]
    public async Task Sockets_are_spread_evenly_and_talk_to_each_other_over_all_nodes(string upstream)
    {
        await using var nginx = await NginxBalancer.StartAsync(_nodes.Urls, upstream);
        var sockets = await _nodes.ConnectAsync(nginx.Url, 8);

        Assert.All(_nodes.Counts, count => Assert.InRange(count, 3, 5));
        await sockets[0].SendAsync("message", new { message = "to all" });
        foreach (var socket in sockets)
            Assert.Equal("to all", (await socket.ExpectAsync("message")).GetProperty("payload").GetProperty("message").GetString());
        await EndAsync(sockets);
    }

    [Fact]
    public async Task An_address_goes_to_one_node_by_its_hash()
    {
        await using var nginx = await NginxBalancer.StartAsync(_nodes.Urls, "ip-hash");
        var sockets = await _nodes.ConnectAsync(nginx.Url, 4);
        Assert.Equal([0, 4], _nodes.Counts.Order());
        await EndAsync(sockets);
    }

    [Fact]
    public async Task A_rooms_sockets_streams_and_requests_meet_on_one_node()
    {
        await using var nginx = await NginxBalancer.StartAsync(_nodes.Urls, "room");
        using var ada = await HttpApi.GuestAsync(nginx.Url, "Ada");
        var used = new HashSet<string>();
        for (var room = 0; room < 12; room++)
        {
            var sockets = await _nodes.ConnectAsync(nginx.Url, 2, $"/ws?room=room{room}");
            Assert.Equal([0, 2], _nodes.Counts.Order());
            await EndAsync(sockets);
            await Eventually.UntilAsync("they have gone", () => _nodes.Counts.Sum() == 0);
            await ada.SayAsync($"room{room}", "hello");
            await ada.EventsAsync($"room{room}", "last=1");
        }

        await Eventually.UntilAsync("all is in the log", () => File.ReadLines(nginx.AccessLog).Count(l => l.Contains("/api/rooms/", StringComparison.Ordinal)) == 24);
        foreach (var room in File.ReadLines(nginx.AccessLog).Select(l => RoomAndNode().Match(l)).Where(m => m.Success).GroupBy(m => m.Groups[1].Value))
            used.Add(Assert.Single(room.Select(m => m.Groups[2].Value).Distinct()));
        Assert.Equal(2, used.Count);
    }

    [Fact]
    public async Task A_node_that_drains_gets_nobody_and_the_client_does_not_hear_of_it()
    {
        await using var nginx = await NginxBalancer.StartAsync(_nodes.Urls, "round-robin");
        var draining = _nodes.Nodes[0].Services.GetRequiredService<Drain>().RunAsync();
        await Eventually.WithinAsync("it has drained", draining);

        var sockets = await _nodes.ConnectAsync(nginx.Url, 6);

        Assert.Equal([0, 6], _nodes.Counts);
        using var ada = await HttpApi.GuestAsync(nginx.Url, "Ada");
        for (var i = 0; i < 6; i++)
        {
            await using var stream = await ada.StreamAsync("/api/rooms/room1/events", "text/event-stream");
            Assert.Equal("joined", (await stream.NextAsync())!.Value.GetProperty("type").GetString());
        }

        await EndAsync(sockets);
    }

    [Fact]
    public async Task Event_streams_come_through_as_they_are_written_and_polls_may_wait()
    {
        await using var nginx = await NginxBalancer.StartAsync(_nodes.Urls);
        using var ada = await HttpApi.GuestAsync(nginx.Url, "Ada");
        await ada.SayAsync("room1", "before");
        await using var stream = await ada.StreamAsync("/api/rooms/room1/events", "text/event-stream");
        await stream.NextAsync();
        var polling = ada.EventsAsync("room1", "wait=30");
        await Eventually.UntilAsync("both wait", () => _nodes.Counts.Sum() == 2);

        await ada.SayAsync("room1", "now");

        Assert.Equal("now", (await stream.NextAsync())!.Value.GetProperty("payload").GetProperty("message").GetString());
        Assert.Single((await polling).Json.GetProperty("events").EnumerateArray());
    }

    [Fact]
    public async Task A_reload_leaves_open_connections_alone_and_sends_new_ones_to_the_new_nodes()
    {
        await using var nginx = await NginxBalancer.StartAsync([_nodes.Nodes[0].Url]);
        var old = await _nodes.ConnectAsync(nginx.Url, 2);
        Assert.Equal([2, 0], _nodes.Counts);

        await nginx.UseAsync([_nodes.Nodes[1].Url]);
        var sockets = new List<PlainWebSocket>();
        await Eventually.UntilAsync("new ones come to the new node", async () =>
        {
            sockets.AddRange(await _nodes.ConnectAsync(nginx.Url, 1));
            return _nodes.Counts[1] > 0;
        });
        await sockets[^1].SendAsync("message", new { message = "across the reload" });
        foreach (var socket in old)
            await socket.ExpectAsync("message");
        await EndAsync([.. old, .. sockets]);
    }

    [Fact]
    public async Task A_configuration_that_is_wrong_is_not_taken_and_the_old_one_goes_on()
    {
        var isBroken = false;
        await using var nginx = await NginxBalancer.StartAsync(_nodes.Urls, change: text => isBroken ? text + "nonsense;" : text);
        isBroken = true;
        Assert.Contains("nonsense", (await Assert.ThrowsAsync<InvalidOperationException>(() => nginx.UseAsync(_nodes.Urls))).Message, StringComparison.Ordinal);
        await EndAsync(await _nodes.ConnectAsync(nginx.Url, 1));
    }

    [Fact]
    public async Task When_nodes_have_all_they_take_the_one_that_stands_by_is_used()
    {
        var spare = await _nodes.AddAsync();
        await using var nginx = await NginxBalancer.StartAsync([_nodes.Nodes[0].Url, _nodes.Nodes[1].Url], change: text => text
            .Replace("max_conns=18000", "max_conns=2", StringComparison.Ordinal)
            .Replace("# server 10.0.0.19:5080 backup;", $"server {spare.Url.Authority} backup;", StringComparison.Ordinal));

        var sockets = await _nodes.ConnectAsync(nginx.Url, 6);

        Assert.Equal([2, 2, 2], _nodes.Counts);
        await EndAsync(sockets);
    }

    [Fact]
    public async Task It_ends_tls_and_the_nodes_know()
    {
        var folder = Directory.CreateTempSubdirectory("hubbub-tls-");
        try
        {
            var (certificate, key) = (Path.Combine(folder.FullName, "chat.pem"), Path.Combine(folder.FullName, "chat.key"));
            await File.WriteAllTextAsync(certificate, TestCertificate.Shared.ExportCertificatePem());
            await File.WriteAllTextAsync(key, TestCertificate.PrivateKeyPem());
            await using var nginx = await NginxBalancer.StartAsync(_nodes.Urls, change: text => CommentedTls().Replace(text, "    $1")
                .Replace("/etc/ssl/chat.pem", certificate, StringComparison.Ordinal).Replace("/etc/ssl/chat.key", key, StringComparison.Ordinal)
                .Replace("listen 127.0.0.1:", "listen 127.0.0.2:", StringComparison.Ordinal).Replace("listen 443 ssl", $"listen 127.0.0.1:{Port(text)} ssl", StringComparison.Ordinal));
            var address = new Uri($"https://127.0.0.1:{nginx.Port}/");
            using var ada = await HttpApi.GuestAsync(address, "Ada");

            // A page of this origin is at home, which it is only if the nodes know of the TLS.
            await using var socket = await PlainWebSocket.ConnectAsync(address, ada.Token, configure: o => o.SetRequestHeader("Origin", $"https://127.0.0.1:{nginx.Port}"));
            await socket.JoinAsync("room1");
            await ada.SayAsync("room1", "over TLS");
            await socket.ExpectAsync("message");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task At_layer_four_it_passes_everything_on()
    {
        var stream = await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Path, "deploy/nginx/stream.conf"));
        await using var nginx = await NginxServer.StartAsync(server => $$"""
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            pid {{server.Folder}}/nginx.pid;
            user root;
            events { worker_connections 1024; }
            {{stream.Replace("listen 80;", $"listen 127.0.0.1:{server.Port};", StringComparison.Ordinal)
                .Replace("10.0.0.11:5080", _nodes.Urls[0].Authority, StringComparison.Ordinal).Replace("10.0.0.12:5080", _nodes.Urls[1].Authority, StringComparison.Ordinal)
                .Replace("server 10.0.0.13:5080 max_fails=3 fail_timeout=2s;", "", StringComparison.Ordinal)}}
            """);

        var sockets = await _nodes.ConnectAsync(nginx.Url, 6);

        Assert.All(_nodes.Counts, count => Assert.InRange(count, 2, 4));
        using var ada = await HttpApi.GuestAsync(nginx.Url, "Ada");
        await ada.SayAsync("room1", "through layer four");
        foreach (var socket in sockets)
            await socket.ExpectAsync("message");
        await EndAsync(sockets);
    }

    private static string Port(string configuration) => ListenLine().Match(configuration).Groups[1].Value;

    private static async Task EndAsync(IEnumerable<PlainWebSocket> sockets)
    {
        foreach (var socket in sockets)
            await socket.DisposeAsync();
    }

    [GeneratedRegex(@"/(room\d+)/\S* \d+ (\S+)$")]
    private static partial Regex RoomAndNode();

    [GeneratedRegex(@"^    #   (listen 443|ssl_)", RegexOptions.Multiline)]
    private static partial Regex CommentedTls();

    [GeneratedRegex(@"listen 127\.0\.0\.1:(\d+);")]
    private static partial Regex ListenLine();
}
