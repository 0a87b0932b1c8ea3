using Hubbub.LocalCluster.Services;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Xunit;

namespace Hubbub.ConformanceTests.Brokers.Postgres;

/// <summary>Two processes that are told of one database, and of nothing else, are a cluster.</summary>
[Collection(PostgresBrokerTests.Name)]
public sealed class NoOtherServiceTests(PostgresService service)
{
    private PostgresServer Server => (PostgresServer)service.Process;

    [Fact]
    public async Task Two_processes_with_one_database_hear_each_other_through_it()
    {
        var store = PostgresServer.Url(await Server.CreateDatabaseAsync());
        await using var here = await ServerProcess.StartAsync(["--store", store]);
        await using var there = await ServerProcess.StartAsync(["--store", store]);
        using var ann = await HttpApi.GuestAsync(here.Url, "Ann");
        using var bob = await HttpApi.GuestAsync(there.Url, "Bob");
        await ann.SayAsync("room1", "the first");
        await using var socket = await PlainWebSocket.ConnectAsync(there.Url, bob.Token);
        await using var typist = await PlainWebSocket.ConnectAsync(here.Url, ann.Token);
        await socket.JoinAsync("room1");
        await typist.JoinAsync("room1");
        foreach (var node in new[] { ann, bob })
            await Eventually.UntilAsync("the node has its broker", async () => (await node.GetAsync("/health/ready")).Text("broker") == "up");

        await ann.SayAsync("room1", "Hello");
        Assert.Equal("Hello", (await socket.NextEventAsync()).GetProperty("payload").GetProperty("message").GetString());

        // No sweep finds typing: only a broker brings it.
        await typist.SendAsync("typing", new { roomId = "room1" });
        await socket.ExpectAsync("typing");
    }

    [Fact]
    public async Task A_process_that_may_be_one_of_several_does_not_start_with_a_broker_of_its_own()
    {
        var store = PostgresServer.Url(await Server.CreateDatabaseAsync());

        var (exitCode, output) = await ServerProcess.RunAsync("serve", "--urls", "http://127.0.0.1:0", "--store", store, "--broker", "memory");

        Assert.Equal(1, exitCode);
        Assert.Contains("reaches none but this one", output, StringComparison.Ordinal);
        Assert.DoesNotContain(Uri.EscapeDataString(Server.Password), output, StringComparison.Ordinal);
    }
}
