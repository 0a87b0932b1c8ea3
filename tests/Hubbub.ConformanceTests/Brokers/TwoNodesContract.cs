using System.Diagnostics.Metrics;
using Hubbub.ConformanceTests.Servers;
using Hubbub.Core.Broker;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Brokers;

/// <summary>Two whole nodes that share a store and a real broker: what is said at one is read at the other, with the broker and without it.</summary>
public abstract class TwoNodesContract(BrokerService service)
{
    [Fact]
    public async Task What_is_said_at_one_node_is_read_at_the_other_also_while_the_broker_is_dead()
    {
        await using var store = SharedStore.InMemory();
        var url = service.NewCluster();
        await using var here = await InProcessServer.StartAsync(s => (s.Store, s.Broker) = (store, url));
        await using var there = await InProcessServer.StartAsync(s => (s.Store, s.Broker) = (store, url));
        using var ann = await here.GuestAsync("Ann");
        using var bob = await there.GuestAsync("Bob");
        await ann.SayAsync("room1", "the first");
        await using var socket = await PlainWebSocket.ConnectAsync(there.Url, bob.Token);
        await socket.JoinAsync("room1");
        await BothAreAsync("up");

        // By announcement: the other node has heard of it.
        var received = Received(there);
        await SayAndReadAsync("with the broker");
        Assert.True(Received(there) > received);

        await service.Process.KillAsync();
        await BothAreAsync("down");
        received = Received(there);
        await SayAndReadAsync("without it, by the sweep");
        Assert.Equal(received, Received(there));
        Assert.Equal(2, Metric(there, "hubbub.broker.state"));

        await service.Process.RestartAsync();
        await BothAreAsync("up");
        await SayAndReadAsync("with it again");
        await Eventually.UntilAsync("announcements flow again", async () =>
        {
            await SayAndReadAsync("and again");
            return Received(there) > received;
        });
        Assert.Equal(0, Metric(there, "hubbub.broker.state"));
        Assert.Equal(1, Metric(there, "hubbub.broker.reconnects"));
        Assert.Empty(here.Log.Errors.Concat(there.Log.Errors));

        async Task SayAndReadAsync(string text)
        {
            await ann.SayAsync("room1", text);
            Assert.Equal(text, (await socket.NextEventAsync()).GetProperty("payload").GetProperty("message").GetString());
        }

        Task BothAreAsync(string state) => Eventually.UntilAsync(
            $"both nodes are ready and say that the broker is {state}",
            async () => await SaysAsync(ann, state) && await SaysAsync(bob, state),
            TimeSpan.FromSeconds(40));
    }

    [Fact]
    public async Task What_two_nodes_say_at_once_is_read_in_one_order_at_both()
    {
        const int Each = 100;
        await using var store = SharedStore.InMemory();
        var url = service.NewCluster();
        await using var here = await InProcessServer.StartAsync(s => (s.Store, s.Broker) = (store, url));
        await using var there = await InProcessServer.StartAsync(s => (s.Store, s.Broker) = (store, url));
        using var ann = await here.GuestAsync("Ann");
        using var bob = await there.GuestAsync("Bob");
        await ann.SayAsync("room1", "the first");
        await using var left = await PlainWebSocket.ConnectAsync(here.Url, ann.Token);
        await using var right = await PlainWebSocket.ConnectAsync(there.Url, bob.Token);
        await left.JoinAsync("room1");
        await right.JoinAsync("room1");

        await Task.WhenAll(SayAsync(ann), SayAsync(bob));

        var (leftRead, rightRead) = (await ReadAsync(left), await ReadAsync(right));
        Assert.Equal(leftRead, rightRead);
        Assert.Equal(Enumerable.Range(0, 2 * Each).Select(i => (long)i + leftRead[0].Sequence), leftRead.Select(e => e.Sequence));

        async Task SayAsync(HttpApi who)
        {
            for (var i = 0; i < Each; i++)
                await who.SayAsync("room1", $"{who.UserId} {i}");
        }

        async Task<List<(long Sequence, string Text)>> ReadAsync(PlainWebSocket socket)
        {
            var read = new List<(long Sequence, string Text)>();
            while (read.Count < 2 * Each)
            {
                var e = (await socket.NextEventAsync()).GetProperty("payload");
                if (e.TryGetProperty("message", out var message))
                    read.Add((e.GetProperty("sequence").GetInt64(), message.GetString()!));
            }

            return read;
        }
    }

    [Fact]
    public async Task Who_is_at_one_node_and_who_types_there_is_told_at_the_other_and_who_has_gone_too()
    {
        await using var store = SharedStore.InMemory();
        var url = service.NewCluster();
        await using var here = await StartAsync();
        await using var there = await StartAsync();
        using var ann = await here.GuestAsync("Ann");
        using var bob = await there.GuestAsync("Bob");
        await ann.SayAsync("room1", "the first");
        await Eventually.UntilAsync("both brokers are up", async () => await SaysAsync(ann, "up") && await SaysAsync(bob, "up"), TimeSpan.FromSeconds(40));
        await using var left = await PlainWebSocket.ConnectAsync(here.Url, ann.Token);
        await left.JoinAsync("room1");
        await using (var right = await PlainWebSocket.ConnectAsync(there.Url, bob.Token))
        {
            await right.JoinAsync("room1");
            Assert.Equal(bob.UserId, await ToldAsync("joined"));
            await AreThereAsync(ann.UserId, bob.UserId);

            await Eventually.UntilAsync("that Bob types is told at the other node", async () =>
            {
                await bob.PostAsync("/api/rooms/room1/typing");
                return left.Inbox.Any(f => f.GetProperty("type").GetString() == "typing");
            });
        }

        Assert.Equal(bob.UserId, await ToldAsync("left"));
        await AreThereAsync(ann.UserId);
        Assert.Empty(here.Log.Errors.Concat(there.Log.Errors));

        Task<InProcessServer> StartAsync() => InProcessServer.StartAsync(s =>
        {
            (s.Store, s.Broker) = (store, url);
            s.Options = options => options.PresenceGrace = TimeSpan.FromSeconds(1);
        });

        // Passing over what is told of Ann herself, among others.
        async Task<string> ToldAsync(string list)
        {
            while (true)
            {
                var payload = (await left.ExpectAsync("presence", TimeSpan.FromSeconds(20))).GetProperty("payload");
                if (payload.GetProperty(list).EnumerateArray().Select(u => u.GetProperty("id").GetString()!).Except([ann.UserId]).SingleOrDefault() is { } told)
                    return told;
            }
        }

        Task AreThereAsync(params string[] expected) => Eventually.UntilAsync("both nodes say who is there", async () =>
        {
            foreach (var who in new[] { ann, bob })
            {
                var presence = await who.GetAsync("/api/rooms/room1/presence");
                var users = presence.Json.GetProperty("users").EnumerateArray().Select(u => u.GetProperty("id").GetString()!).Order(StringComparer.Ordinal);
                if (!users.SequenceEqual(expected.Order(StringComparer.Ordinal)) || presence.Number("count") != expected.Length)
                    return false;
            }

            return true;
        });
    }

    [Fact]
    public async Task What_is_read_at_one_node_is_told_to_the_readers_own_connections_at_the_other_and_to_nobody_else()
    {
        await using var store = SharedStore.InMemory();
        var url = service.NewCluster();
        await using var here = await InProcessServer.StartAsync(s => (s.Store, s.Broker) = (store, url));
        await using var there = await InProcessServer.StartAsync(s => (s.Store, s.Broker) = (store, url));
        using var ann = await here.GuestAsync("Ann");
        using var bob = await here.GuestAsync("Bob");
        var head = (await ann.SayAsync("room1", "the first")).Text("id");
        await Eventually.UntilAsync("both brokers are up", async () => await SaysAsync(ann, "up"), TimeSpan.FromSeconds(40));
        await using var anns = await PlainWebSocket.ConnectAsync(there.Url, ann.Token);
        await using var bobs = await PlainWebSocket.ConnectAsync(there.Url, bob.Token);
        await anns.JoinAsync("room1");
        await bobs.JoinAsync("room1");

        await Eventually.UntilAsync("Ann's connection at the other node is told", async () =>
        {
            // Announcements may be lost while the other node's subscription takes effect; a mark that does not move is not told again.
            head = (await bob.SayAsync("room1", "another")).Text("id");
            await ann.PutAsync("/api/rooms/room1/read", new { position = head });
            return anns.Inbox.Any(f => f.GetProperty("type").ValueEquals("read"));
        });
        var read = (await anns.ExpectAsync("read")).GetProperty("payload");
        Assert.Equal(("room1", ann.UserId), (read.GetProperty("roomId").GetString(), read.GetProperty("user").GetProperty("id").GetString()));

        // A fence: what comes later has come, and no mark of Ann's with it.
        await ann.SayAsync("room1", "the fence");
        await Eventually.UntilAsync("Bob has read the fence", () => bobs.Inbox.Any(f =>
            f.GetProperty("payload").TryGetProperty("message", out var text) && text.ValueEquals("the fence")));
        Assert.DoesNotContain(bobs.Inbox, f => f.GetProperty("type").ValueEquals("read"));
    }

    private static async Task<bool> SaysAsync(HttpApi node, string state)
    {
        var ready = await node.GetAsync("/health/ready");
        Assert.Equal("ready", ready.Text("status"));
        return ready.Text("broker") == state;
    }

    private static long Received(InProcessServer node) => node.Services.GetRequiredService<IBroker>().Status.Received;

    /// <summary>What whoever collects the node's metrics gets.</summary>
    private static long Metric(InProcessServer node, string name)
    {
        var meters = node.Services.GetRequiredService<IMeterFactory>();
        long? value = null;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Name == name && instrument.Meter.Scope == meters)
                listening.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, measured, _, _) => value = measured);
        listener.SetMeasurementEventCallback<int>((_, measured, _, _) => value = measured);
        listener.Start();
        listener.RecordObservableInstruments();
        return value ?? throw new InvalidOperationException($"There is no metric {name}.");
    }
}
