using System.Net.Sockets;
using Hubbub.ConformanceTests.Servers;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>How a node ends: what it has taken in is stored first, its streams are told, and a loop that has died ends it rather than leave it half alive.</summary>
public class StopTests
{
    [Fact]
    public async Task A_stopping_node_stores_what_it_has_taken_in_before_it_lets_go_of_the_store()
    {
        await using var store = SharedStore.InMemory();
        var log = new TroubledLog(store.Log);
        await using var server = await InProcessServer.StartAsync(s => (s.Store, s.Services) = (store, services => services.AddSingleton<IRoomLog>(log)));
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.JoinAsync("room1");
        log.Hold();
        var appends = log.Appends;
        await socket.SendAsync("message", new { message = "first", key = "1" });
        await Eventually.UntilAsync("the first is in the store's hands", () => log.Appends > appends);
        await socket.SendAsync("message", new { message = "second", key = "2" });
        await Eventually.UntilAsync("the second waits", () => server.Services.GetRequiredService<Appender>().QueueLength == 1);

        var stopping = server.StopAsync();
        await Eventually.UntilAsync("the node takes no connections any more", async () =>
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(server.Url.Host, server.Url.Port);
                return false;
            }
            catch (SocketException)
            {
                return true;
            }
        });
        Assert.Equal(1001, await socket.EndAsync());
        await server.ConnectionsAsync(0);
        Assert.False(stopping.IsCompleted, "The node let go of the store while it was writing.");
        log.Release();
        await stopping;

        var page = await store.Log.ReadAsync(RoomId.Parse("room1"), 1, 10, default);
        Assert.Equal(["first", "second"], page!.Events.Select(e => ((MessagePosted)e.Content).Text));
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/x-ndjson")]
    public async Task A_stopping_node_tells_its_streams_and_answers_its_polls(string form)
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        await ada.SayAsync("room1", "hello");
        await using var stream = await ada.StreamAsync("/api/rooms/room1/events", form);
        await stream.NextAsync();
        var polling = ada.EventsAsync("room1", "wait=60");
        await server.ConnectionsAsync(2);

        await server.StopAsync();

        var closing = (await stream.NextAsync())!.Value;
        Assert.Equal("closing", closing.GetProperty("type").GetString());
        Assert.Equal(1001, closing.GetProperty("payload").GetProperty("code").GetInt32());
        Assert.Null(await stream.NextAsync());
        Assert.Empty((await polling).Json.GetProperty("events").EnumerateArray());
    }

    [Fact]
    public async Task A_node_of_which_a_loop_has_died_stops_rather_than_live_on_by_half()
    {
        var clock = new JumpingClock();
        await using var store = SharedStore.InMemory();
        var log = new BrokenLog(store.Log);
        await using var server = await InProcessServer.StartAsync(s =>
            (s.Store, s.Time, s.Services) = (store, clock, services => services.AddSingleton<IRoomLog>(log)));
        using var ada = await server.GuestAsync("Ada");
        await ada.SayAsync("room1", "hello");
        await using var stream = await ada.StreamAsync("/api/rooms/room1/events", "text/event-stream");
        await stream.NextAsync();

        log.IsBroken = true;
        clock.Jump(TimeSpan.FromSeconds(6)); // the sweep looks at the heads

        await Eventually.UntilAsync("the node stops", () => server.Stopping.IsCancellationRequested);
    }

    /// <summary>A log with a bug, which throws what a store never throws.</summary>
    private sealed class BrokenLog(IRoomLog inner) : IRoomLog
    {
        public volatile bool IsBroken;

        public ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct) => inner.AppendAsync(batch, ct);

        public ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct) => inner.ReadAsync(room, after, limit, ct);

        public ValueTask<IReadOnlyList<Position?>> HeadsAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct) =>
            IsBroken ? throw new InvalidOperationException("A bug.") : inner.HeadsAsync(rooms, ct);
    }
}
