using Hubbub.Brokers;
using Hubbub.Brokers.Announcements;
using Hubbub.Core.Broker;
using Hubbub.Protocol;
using Hubbub.TestKit;
using Xunit;

namespace Hubbub.ConformanceTests.Brokers;

/// <summary>What a node does when its real broker dies, stands still, refuses it, is not there yet, or is used by strangers: it goes on, says so, and heals by itself.</summary>
public abstract class BrokerFailureContract(BrokerService service)
{
    private static readonly RoomId Lobby = RoomId.Parse("lobby");
    private static readonly BrokerOptions Impatient = new() { PingInterval = TimeSpan.FromSeconds(1), ConnectTimeout = TimeSpan.FromSeconds(3), LongestRetry = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task A_broker_that_was_killed_is_used_again_when_it_is_back_also_by_a_node_that_began_meanwhile()
    {
        var url = service.NewCluster();
        await using var first = new RunningBroker(service, url, Impatient, Lobby);
        await using var second = new RunningBroker(service, url, Impatient, Lobby);
        await first.IsAsync(BrokerState.Up);
        await second.IsAsync(BrokerState.Up);
        await first.ReachesAsync(second, Lobby, "before");
        first.Subscribed.Clear();

        await service.Process.KillAsync();
        await first.IsAsync(BrokerState.Down);
        await second.IsAsync(BrokerState.Down);
        Assert.NotNull(first.Broker.Status.Trouble);
        first.Broker.Announce(new HeadAnnounced(Lobby, new Position(new Epoch(1), 1)));
        await using var third = new RunningBroker(service, url, Impatient, Lobby);

        await service.Process.RestartAsync();
        foreach (var node in new[] { first, second, third })
            await node.IsAsync(BrokerState.Up);
        Assert.Equal((1, 0), (first.Broker.Status.Reconnects, third.Broker.Status.Reconnects));
        Assert.Contains(first.Subscribed, rooms => rooms.Contains(Lobby));
        await first.ReachesAsync(second, Lobby, "after");
        await third.ReachesAsync(first, Lobby, "third");
        await second.ReachesAsync(third, Lobby, "second");
    }

    [Fact]
    public async Task A_broker_that_stands_still_becomes_suspect_and_is_used_again_when_it_goes_on()
    {
        var url = service.NewCluster();
        await using var first = new RunningBroker(service, url, Impatient, Lobby);
        await using var second = new RunningBroker(service, url, Impatient, Lobby);
        await first.IsAsync(BrokerState.Up);
        await second.IsAsync(BrokerState.Up);
        first.Subscribed.Clear();

        service.Process.Pause();
        try
        {
            await first.IsAsync(BrokerState.Suspect);
            Assert.Contains("pings", first.Broker.Status.Trouble, StringComparison.Ordinal);
            await first.IsAsync(BrokerState.Down);
            await second.IsAsync(BrokerState.Down);
            for (var i = 0; i < 10_000; i++)
                first.Broker.Announce(new HeadAnnounced(Lobby, new Position(new Epoch(1), i + 1)));
            Assert.InRange(first.Broker.Status.Dropped, 10_000 - Impatient.QueueLength, 10_000);
        }
        finally
        {
            service.Process.Resume();
        }

        await first.IsAsync(BrokerState.Up);
        await second.IsAsync(BrokerState.Up);
        Assert.Contains(first.Subscribed, rooms => rooms.Contains(Lobby));
        await first.ReachesAsync(second, Lobby, "after");
        await second.ReachesAsync(first, Lobby, "too");
    }

    [Fact]
    public async Task A_wrong_password_is_told_once_and_not_shown()
    {
        var (url, password) = service.WrongUrl;
        await using var node = new RunningBroker(service, url, Impatient with { LongestRetry = TimeSpan.FromMilliseconds(50) });
        await node.BecomesAsync("it is told", status => status.Trouble?.Contains("refuses", StringComparison.Ordinal) == true);

        // Told once, though it is tried on: the story ends with the same line after some more attempts.
        await using var other = new RunningBroker(service, service.NewCluster(), Impatient);
        await other.IsAsync(BrokerState.Up);
        Assert.Equal(BrokerState.Down, node.Broker.Status.State);
        Assert.Single(node.Story);
        Assert.DoesNotContain(password, string.Join('\n', node.Story) + node.Broker.Status.Trouble, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_strangers_send_is_ignored_and_told_once()
    {
        var cluster = BrokerService.NewName();
        var url = BrokerService.InCluster(service.Url, cluster);
        await using var first = new RunningBroker(service, url, Impatient, Lobby);
        await using var second = new RunningBroker(service, url, Impatient, Lobby);
        await first.IsAsync(BrokerState.Up);
        await second.IsAsync(BrokerState.Up);

        byte[][] strange = ["hello"u8.ToArray(), "{\"node\":7}"u8.ToArray(), "[[[[[["u8.ToArray(), [0xff, 0xfe, 0xfd], new byte[5000]];
        foreach (var payload in strange)
            await service.SendAsync(cluster, Envelope.OfRoom(Lobby), payload);
        await service.SendAsync(cluster, Envelope.OfRoom(Lobby), EnvelopeJson.Write(new Envelope("stranger", new HeadAnnounced(Lobby, new Position(new Epoch(1), 7)))));

        await Eventually.UntilAsync("what is well formed is heard", () => first.Heard.Any(a => a is HeadAnnounced { Head.Sequence: 7 }));
        await first.ReachesAsync(second, Lobby, "still");
        Assert.All(first.Heard, a => Assert.Equal(Lobby, a.Room));
        Assert.Single(first.Story, line => line.Contains("no node would send", StringComparison.Ordinal));
        Assert.Equal((BrokerState.Up, 0), (first.Broker.Status.State, first.Broker.Status.Reconnects));
    }
}
