using System.Net;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Xunit;

namespace Hubbub.ConformanceTests.Servers;

public class ServerProcessTests
{
    [Fact]
    public async Task The_executable_keeps_what_it_acknowledged_when_it_is_killed_and_started_again()
    {
        await using var server = await ServerProcess.StartAsync();
        using var ada = await HttpApi.GuestAsync(server.Url, "Ada");
        var posted = await ada.SayAsync("room1", "before the kill", key: "k1");
        var (folder, url, pid) = (server.Folder, server.Url, server.Pid);

        await server.KillAsync();
        await server.RestartAsync();

        Assert.Equal(url, server.Url);
        Assert.NotEqual(pid, server.Pid);
        var page = await ada.EventsAsync("room1", "after=0");
        Assert.Equal("before the kill", page.Json.GetProperty("events").EnumerateArray().Last().GetProperty("message").GetString());
        var repeated = await ada.SayAsync("room1", "before the kill", key: "k1");
        Assert.Equal(HttpStatusCode.OK, repeated.Status);
        Assert.Equal(posted.Body, repeated.Body);
        await server.DisposeAsync();
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task The_executable_stops_in_good_order_and_tells_its_sockets()
    {
        await using var server = await ServerProcess.StartAsync(["--store", "memory"]);
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.JoinAsync("room1");

        Assert.Equal(0, await server.StopAsync());

        Assert.Equal(1001, (await socket.ExpectAsync("closing")).GetProperty("payload").GetProperty("code").GetInt32());
        Assert.Equal(1001, await socket.EndAsync());
    }

    [Theory]
    [InlineData("loop")]
    [InlineData("stream")]
    public async Task The_executable_stops_in_good_order_though_its_peers_do_not_answer_its_close(string carrier)
    {
        await using var server = await ServerProcess.StartAsync(["--store", "memory", "--carrier", carrier]);
        await using var deaf = await RawSocket.UpgradeAsync(server.Url);

        // It waits two seconds for an answer that does not come, which must not cut short what else a node does when it stops.
        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task A_plain_client_chats_with_two_frames()
    {
        await using var server = await InProcessServer.StartAsync();
        await using var ada = await PlainWebSocket.ConnectAsync(server.Url);
        await using var bob = await PlainWebSocket.ConnectAsync(server.Url);
        await ada.JoinAsync("room1");
        await bob.JoinAsync("room1");

        await ada.SendTextAsync("""{"type":"message","payload":{"message":"Hello"}}""");

        foreach (var reader in new[] { ada, bob })
            Assert.Equal("Hello", (await reader.ExpectAsync("message")).GetProperty("payload").GetProperty("message").GetString());
        Assert.Empty(server.Log.Errors);
    }
}
