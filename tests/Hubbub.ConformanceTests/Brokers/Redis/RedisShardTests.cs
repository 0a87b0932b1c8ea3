using Hubbub.Brokers;
using Hubbub.Core.Broker;
using Hubbub.LocalCluster.Services;
using Hubbub.Protocol;
using Hubbub.TestKit;
using Xunit;

namespace Hubbub.ConformanceTests.Brokers.Redis;

/// <summary>Two Redis servers side by side: every room has one of them, and the death of one is felt in its rooms alone.</summary>
public sealed class RedisShardTests : IAsyncLifetime
{
    private static readonly RoomId[] Rooms = [.. Enumerable.Range(0, 40).Select(n => RoomId.Parse($"room{n}"))];

    private readonly RedisService _kind = new();
    private RedisServer[] _servers = [];

    public async Task InitializeAsync() => _servers = [await RedisServer.StartAsync(), await RedisServer.StartAsync()];

    public async Task DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
    }

    [Fact]
    public async Task Every_room_is_on_one_server_and_the_death_of_one_is_felt_in_its_rooms_alone()
    {
        // In either order, as two operators might write it.
        await using var sender = new RunningBroker(_kind, $"redis://127.0.0.1:{_servers[0].Port},127.0.0.1:{_servers[1].Port}", new BrokerOptions());
        await using var receiver = new RunningBroker(_kind, $"redis://127.0.0.1:{_servers[1].Port},127.0.0.1:{_servers[0].Port}", new BrokerOptions(), Rooms);
        await sender.IsAsync(BrokerState.Up);
        await receiver.IsAsync(BrokerState.Up);
        foreach (var room in Rooms)
            await sender.ReachesAsync(receiver, room, "both");

        var (first, second) = (await ChannelsAsync(_servers[0]), await ChannelsAsync(_servers[1]));
        Assert.Equal(Rooms.Select(r => r.Value).Order(), first.Concat(second).Order());
        Assert.NotEmpty(first);
        Assert.NotEmpty(second);

        await _servers[0].KillAsync();
        await sender.IsAsync(BrokerState.Down);
        await receiver.IsAsync(BrokerState.Down);
        foreach (var room in second)
            await sender.ReachesAsync(receiver, RoomId.Parse(room), "one");
        Assert.DoesNotContain(receiver.Heard, a => a is TypingAnnounced { User.Name: "one" } && first.Contains(a.Room.Value));

        receiver.Subscribed.Clear();
        await _servers[0].RestartAsync();
        await sender.IsAsync(BrokerState.Up);
        await receiver.IsAsync(BrokerState.Up);
        Assert.Equal(first.Order(), receiver.Subscribed.SelectMany(rooms => rooms).Select(r => r.Value).Order());
        foreach (var room in first)
            await sender.ReachesAsync(receiver, RoomId.Parse(room), "again");
    }

    private static async Task<string[]> ChannelsAsync(RedisServer server) =>
        [.. (await server.AskAsync("PUBSUB CHANNELS hubbub:room.*")).Split("\r\n").Where(line => line.StartsWith("hubbub:room.", StringComparison.Ordinal)).Select(line => line["hubbub:room.".Length..])];
}
