using System.Diagnostics;
using System.Text;
using Hubbub.Client;
using Hubbub.Protocol;
using Hubbub.TestKit.Servers;

namespace Hubbub.EndToEndTests.CommandLine;

/// <summary><c>hubbub cluster</c> under a load that rises and falls: the nodes follow it, and everybody stays in the conversation.</summary>
public sealed class ClusterCommandTests
{
    /// <summary>As large as <c>./test</c> has time for; the whole is <c>HUBBUB_CLUSTER_TARGET=500</c>, which is 1 800 clients.</summary>
    private static readonly int Target = int.TryParse(Environment.GetEnvironmentVariable("HUBBUB_CLUSTER_TARGET"), out var target) ? target : 20;

    private static readonly int Most = Target * 18 / 5;

    [Fact]
    public async Task The_nodes_follow_the_load_and_every_client_stays_in_the_conversation()
    {
        using var cluster = ServerProcess.Begin("cluster", "--with-services", "--min", "1", "--max", "4", "--target", $"{Target}");
        var output = new ReadLines(cluster);
        var clients = new List<Follower>();
        try
        {
            var url = new Uri((await output.FindAsync("The cluster is ready. Open "))[^1]);
            await using var speaker = await Follower.JoinAsync(url, "speaker");
            var said = 0;
            for (var i = 0; i < Most; i++)
            {
                clients.Add(await Follower.JoinAsync(url, $"client {i}"));
                if (i % (Target / 10) == 0)
                    await SayAsync();
            }

            await Eventually.UntilAsync("four nodes are up", () => output.Count(" is up") == 3, TimeSpan.FromSeconds(90));
            await SayAsync();
            for (var i = Most - 1; i >= Target / 4; i--)
            {
                await clients[i].HasAllAsync(said);
                await clients[i].DisposeAsync();
                clients.RemoveAt(i);
            }

            await Eventually.UntilAsync("one node is left", async () =>
            {
                await SayAsync();
                return output.Count(" has gone") == 3;
            }, TimeSpan.FromSeconds(120));
            await SayAsync();
            foreach (var client in clients.Append(speaker))
            {
                await client.HasAllAsync(said);
                Assert.Equal(0, client.Reconnects);
            }

            async Task SayAsync() => await speaker.Room.Post($"{++said}").Posted;
        }
        finally
        {
            foreach (var client in clients)
                await client.DisposeAsync();
            LocalCluster.Services.ProcessTree.Signal(cluster.Id, LocalCluster.Services.ProcessTree.Terminate);
            await Eventually.WithinAsync("the cluster has ended", cluster.WaitForExitAsync(), TimeSpan.FromSeconds(60));
        }
    }

    /// <summary>A client that checks for itself that nothing is missing.</summary>
    private sealed class Follower : IAsyncDisposable
    {
        private readonly HubbubClient _client;
        private Task _reading = Task.CompletedTask;
        private int _heard;
        private int _reconnects;

        private Follower(HubbubClient client)
        {
            _client = client;
            Room = client.Join(RoomId.Parse("room1"), RoomStart.Beginning);
            client.StateChanged += (state, _) => _reconnects += state == ConnectionState.Reconnecting ? 1 : 0;
        }

        public RoomSubscription Room { get; }

        public int Reconnects => _reconnects;

        public static async Task<Follower> JoinAsync(Uri url, string name)
        {
            var follower = new Follower(new HubbubClient(new HubbubClientOptions { Url = url, GuestName = name, Transports = [TransportName.WebSocket] }));
            await Eventually.WithinAsync($"{name} is online", follower._client.ConnectAsync());
            follower._reading = follower.ReadAsync();
            return follower;
        }

        public Task HasAllAsync(int said) => Eventually.UntilAsync($"message {said} has come", () => Volatile.Read(ref _heard) == said, TimeSpan.FromSeconds(30));

        public async ValueTask DisposeAsync()
        {
            await _client.DisposeAsync();
            await _reading;
        }

        private async Task ReadAsync()
        {
            await foreach (var update in Room.ReadAsync())
            {
                if (update is RoomUpdate.Happened { Event.Content: MessagePosted message })
                {
                    Assert.Equal($"{_heard + 1}", message.Text);
                    Volatile.Write(ref _heard, _heard + 1);
                }
                else
                {
                    Assert.True(update is RoomUpdate.Happened, $"Nothing but events was to be told, and this was: {update}");
                }
            }
        }
    }

    /// <summary>What the command says, as it says it.</summary>
    private sealed class ReadLines
    {
        private readonly StringBuilder _all;

        public ReadLines(Process process) => _all = ServerProcess.OutputOf(process);

        public int Count(string part) => Text.Split('\n').Count(line => line.TrimEnd().EndsWith(part, StringComparison.Ordinal));

        public Task<string[]> FindAsync(string part) => Eventually.FindAsync(
            $"it says '{part}'",
            () => Task.FromResult(Text.Split('\n').FirstOrDefault(line => line.Contains(part, StringComparison.Ordinal))?.TrimEnd().Split(' ')),
            TimeSpan.FromSeconds(60));

        private string Text
        {
            get
            {
                lock (_all)
                    return _all.ToString();
            }
        }
    }
}
