using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Transports.Readers;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Xunit;

namespace Hubbub.ConformanceTests.Transports;

/// <summary>A position is good everywhere: on another transport, and in a process that knows nothing of the reader.</summary>
public class ChangeOfTransportTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task At_every_cut_a_reader_may_go_on_by_another_transport(int seed)
    {
        const int Messages = 200;
        var random = new Random(seed);
        await using var server = await InProcessServer.StartAsync(s => s.Options = o => o.LaneFrames = 16);
        using var ada = await server.GuestAsync("Ada");
        await ada.SayAsync("room1", "0");
        var position = (await ada.GetAsync("/api/rooms/room1")).Text("position");
        var writing = WriteAsync();
        var heard = new List<string>();
        var route = new List<string>();
        while (heard.Count < Messages)
        {
            var transport = Transport.All[random.Next(Transport.All.Count)];
            route.Add($"{transport} at {position}");
            await using var reader = await transport.Open(ada, "room1", Start.Behind(position));
            heard.AddRange(await reader.MessagesAsync(Math.Min(random.Next(0, 20), Messages - heard.Count)));
            position = reader.Position;
        }

        await writing;
        Assert.True(Enumerable.Range(1, Messages).Select(i => $"{i}").SequenceEqual(heard), $"Seed {seed}, by {string.Join(", ", route)}: {string.Join(' ', heard)}");

        async Task WriteAsync()
        {
            for (var i = 1; i <= Messages; i++)
                await ada.SayAsync("room1", $"{i}");
        }
    }

    [Fact]
    public async Task After_a_kill_every_transport_goes_on_in_the_new_process_and_nothing_acknowledged_is_missing()
    {
        await using var server = await ServerProcess.StartAsync();
        using var ada = await HttpApi.GuestAsync(server.Url, "Ada");
        await ada.SayAsync("room1", "0");
        var readers = new List<(Transport Transport, Reader Reader, List<string> Heard)>();
        foreach (var transport in Transport.All)
            readers.Add((transport, await transport.Open(ada, "room1", Start.Head), []));
        for (var i = 1; i <= 20; i++)
            await ada.SayAsync("room1", $"{i}", key: $"k{i}");
        foreach (var (_, reader, heard) in readers)
            heard.AddRange(await reader.MessagesAsync(12));

        await server.KillAsync();
        foreach (var (_, reader, _) in readers)
            await reader.DisposeAsync();
        await server.RestartAsync();
        using var again = new HttpApi(server.Url, ada.Token);
        await again.SayAsync("room1", "20", key: "k20"); // repeated: its first acknowledgement may have been lost
        await again.SayAsync("room1", "21", key: "k21");

        foreach (var (transport, reader, heard) in readers)
        {
            await using var resumed = await transport.Open(again, "room1", Start.Behind(reader.Position));
            heard.AddRange(await resumed.MessagesAsync(9));
            Assert.Equal(Enumerable.Range(1, 21).Select(i => $"{i}"), heard);
        }
    }
}
