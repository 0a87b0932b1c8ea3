using System.Net;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Transports.Readers;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Transports;

/// <summary>The log itself says where a removed reader's story ends, however closely other events follow, and whoever comes back reads on.</summary>
public class RemovalTests
{
    private const int Rounds = 20;

    public static TheoryData<string> Streams => [.. Transport.All.Where(t => t.IsStream).Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task What_was_committed_together_with_a_removal_is_not_told_to_the_removed(string name)
    {
        var transport = Transport.All.Single(t => t.Name == name);
        await using var store = SharedStore.InMemory();
        var log = new TroubledLog(store.Log);
        await using var server = await InProcessServer.StartAsync(s => (s.Store, s.Services) = (store, services => services.AddSingleton<IRoomLog>(log)));
        using var ada = await server.GuestAsync("Ada");
        using var bob = await server.GuestAsync("Bob");
        var appender = server.Services.GetRequiredService<Appender>();

        for (var round = 0; round < Rounds; round++)
        {
            var room = $"room{round}";
            await ada.SayAsync(room, "hello");
            await using var reader = await transport.Open(bob, room, Start.Head);

            // The first is in the store's hands; removal and secret wait together, so they become one batch.
            log.Hold();
            var appends = log.Appends;
            var first = ada.SayAsync(room, "for both");
            await Eventually.UntilAsync("the first is on its way", () => log.Appends > appends);
            var removing = ada.DeleteAsync($"/api/rooms/{room}/members/{bob.UserId}");
            await Eventually.UntilAsync("the removal waits", () => appender.QueueLength == 1);
            var secret = ada.SayAsync(room, "secret");
            await Eventually.UntilAsync("the secret waits", () => appender.QueueLength == 2);
            log.Release();
            await Task.WhenAll(first, removing, secret);

            // The removal may overtake what was committed just before it; nothing that was committed after it may be told.
            var told = await reader.NextAsync();
            if (told.IsEvent)
            {
                Assert.Equal("for both", told.Text("message"));
                told = await reader.NextAsync();
            }

            Assert.Equal("left", told.Type);
            Assert.Equal("removed", told.Text("reason"));
            Assert.DoesNotContain(await reader.RestAsync(), t => t.IsEvent);
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_reader_that_finds_its_own_removal_in_the_store_reads_no_further(string name)
    {
        const int Messages = 600; // 9 MB, compressed 7: more than the kernel keeps for a connection, so the reader falls off its lane
        var transport = Transport.All.Single(t => t.Name == name);
        var text = Noise.OfLength(15_000);
        await using var store = SharedStore.InMemory();
        var log = new TroubledLog(store.Log);
        await using var server = await InProcessServer.StartAsync(s =>
            (s.Store, s.Options, s.Services) = (store, o => o.LaneFrames = 8, services => services.AddSingleton<IRoomLog>(log)));
        using var ada = await server.GuestAsync("Ada");
        using var bob = await server.GuestAsync("Bob");
        var appender = server.Services.GetRequiredService<Appender>();
        await ada.SayAsync("room1", "hello");
        await using var reader = await transport.Open(bob, "room1", Start.Head);
        for (var i = 0; i < Messages - 1; i++)
            await ada.SayAsync("room1", text);

        // Removal and secret are one batch, which the store has and the room has not heard of.
        log.Hold();
        var appends = log.Appends;
        var last = ada.SayAsync("room1", text);
        await Eventually.UntilAsync("the last is on its way", () => log.Appends > appends);
        var removing = ada.DeleteAsync($"/api/rooms/room1/members/{bob.UserId}");
        await Eventually.UntilAsync("the removal waits", () => appender.QueueLength == 1);
        var secret = ada.SayAsync("room1", "secret");
        await Eventually.UntilAsync("the secret waits", () => appender.QueueLength == 2);
        log.HoldReports();
        log.Release();
        await last;
        await Eventually.UntilAsync("the secret is stored", async () => (await store.Log.HeadsAsync([RoomId.Parse("room1")], default))[0]!.Value.Sequence == Messages + 4);

        Assert.All(await reader.MessagesAsync(Messages), message => Assert.Equal(text, message));
        var told = await reader.NextAsync();
        log.ReleaseReports();
        await Task.WhenAll(removing, secret);
        Assert.Equal("left", told.Type);
        Assert.Equal("removed", told.Text("reason"));
        Assert.DoesNotContain(await reader.RestAsync(), t => t.IsEvent);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Whoever_left_and_came_back_reads_past_the_own_leaving(string name)
    {
        var transport = Transport.All.Single(t => t.Name == name);
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        using var bob = await server.GuestAsync("Bob");
        await ada.SayAsync("room1", "hello");
        for (var i = 0; i < 3; i++)
        {
            (await bob.PutAsync("/api/rooms/room1/members/me")).Expect(HttpStatusCode.OK);
            (await bob.DeleteAsync("/api/rooms/room1/members/me")).Expect(HttpStatusCode.NoContent);
        }

        (await bob.PutAsync("/api/rooms/room1/members/me")).Expect(HttpStatusCode.OK);
        await using var reader = await transport.Open(bob, "room1", Start.Behind("0"));
        await ada.SayAsync("room1", "welcome back");

        var events = await reader.EventsAsync(10);
        Assert.Equal(3, events.Count(e => e.Type == "member_left"));
        Assert.Equal("welcome back", events[^1].Text("message"));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_slow_reader_that_is_removed_is_not_told_what_came_after(string name)
    {
        var transport = Transport.All.Single(t => t.Name == name);
        var text = Noise.OfLength(15_000);
        await using var server = await InProcessServer.StartAsync(s => s.Options = o => o.LaneFrames = 8);
        using var ada = await server.GuestAsync("Ada");
        using var bob = await server.GuestAsync("Bob");
        await ada.SayAsync("room1", "hello");
        await using var reader = await transport.Open(bob, "room1", Start.Head);
        for (var i = 0; i < 600; i++)
            await ada.SayAsync("room1", text);

        (await ada.DeleteAsync($"/api/rooms/room1/members/{bob.UserId}")).Expect(HttpStatusCode.NoContent);
        await ada.SayAsync("room1", "secret");

        Told told;
        while ((told = await reader.NextAsync()).IsEvent)
            Assert.Equal(text, told.Text("message"));
        Assert.Equal("left", told.Type);
        Assert.DoesNotContain(await reader.RestAsync(), t => t.IsEvent);
    }
}
