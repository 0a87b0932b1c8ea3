using System.Text;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Transports.Readers;
using Hubbub.Server.Transports;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>Peers that take or send too slowly: they cost themselves their connection, and others nothing.</summary>
public class SlowPeerTests
{
    private static readonly string Text = Noise.OfLength(15_000);

    [Theory]
    [InlineData("WebSocket")]
    [InlineData("server-sent events")]
    [InlineData("lines")]
    public async Task A_reader_that_takes_nothing_for_ten_seconds_is_dropped_and_others_hear_everything(string name)
    {
        const int Messages = 600; // 9 MB, compressed 7: more than the kernel keeps for a connection
        var transport = Transport.All.Single(t => t.Name == name);
        var clock = new JumpingClock();
        await using var server = await InProcessServer.StartAsync(s => (s.Time, s.Options) = (clock, o => o.LaneFrames = 16));
        using var ada = await server.GuestAsync("Ada");
        await ada.SayAsync("room1", "hello");
        await using var stuck = await transport.Open(ada, "room1", Start.Head);
        await using var other = await Transport.Lines.Open(ada, "room1", Start.Head);
        var hearing = other.MessagesAsync(Messages);
        for (var i = 1; i <= Messages; i++)
            await ada.SayAsync("room1", $"{i} {Text}");
        await hearing;
        await server.ConnectionsAsync(2);

        await Eventually.UntilAsync("the one that takes nothing is dropped", () =>
        {
            clock.Jump(TimeSpan.FromSeconds(11)); // again and again, as the write that gets stuck may begin only now
            return server.Services.GetRequiredService<Connections>().Count == 1;
        });
        Assert.Equal(Enumerable.Range(1, Messages).Select(i => $"{i} {Text}"), await hearing);

        // It lost nothing: what it had taken in tells it where to go on.
        var heard = new List<string>();
        try
        {
            while ((await stuck.NextAsync()) is { IsEvent: true } told)
                heard.Add(told.Text("message"));
        }
        catch (IOException)
        {
            // Its connection is gone.
        }

        await using var again = await transport.Open(ada, "room1", Start.Behind(stuck.Position));
        heard.AddRange(await again.MessagesAsync(Messages - heard.Count));
        Assert.Equal(Enumerable.Range(1, Messages).Select(i => $"{i} {Text}"), heard);
        await server.AssertWellAsync();
    }

    [Fact]
    public async Task A_client_that_asks_and_never_listens_is_held_back_and_then_dropped()
    {
        var clock = new JumpingClock();
        await using var server = await InProcessServer.StartAsync(s => s.Time = clock);
        await using var socket = await RawSocket.UpgradeAsync(server.Url, receiveBuffer: 4096);
        var pings = Encoding.UTF8.GetBytes($$"""{"type":"ping","id":"{{new string('i', 64)}}"}""");
        byte[] burst = [.. Enumerable.Repeat(RawSocket.Frame(1, pings), 1000).SelectMany(b => b)];

        // Its answers fill every buffer on the way; then it is read from no more, and its own writes get stuck.
        var flooding = FloodAsync();
        await Eventually.UntilAsync("the client that never listens is dropped", () =>
        {
            clock.Jump(TimeSpan.FromSeconds(5)); // never long enough to pass for a dead peer
            return flooding.IsCompleted;
        }, TimeSpan.FromSeconds(40));

        await server.ConnectionsAsync(0);
        await server.AssertWellAsync();

        async Task FloodAsync()
        {
            for (var i = 0; i < 1000; i++)
            {
                try
                {
                    await socket.SendAsync(burst);
                }
                catch (Exception e) when (e is IOException or TimeoutException)
                {
                    return;
                }
            }

            throw new InvalidOperationException("The server took 90 MB of requests without an answer being read.");
        }
    }

    [Fact]
    public async Task A_silent_peer_is_pinged_and_a_dead_one_dropped()
    {
        var clock = new JumpingClock();
        await using var server = await InProcessServer.StartAsync(s => s.Time = clock);
        await using var socket = await RawSocket.UpgradeAsync(server.Url);

        clock.Jump(TimeSpan.FromSeconds(16));
        Assert.Equal(RawFrame.Ping, (await socket.ReadFrameAsync()).Opcode);
        await socket.SendAsync(RawSocket.Frame(RawFrame.Pong, []));
        await socket.SendAsync(RawSocket.TextFrame("""{"type":"ping"}"""));
        await socket.ReadFrameAsync();

        // It was heard just now, so its time begins anew.
        clock.Jump(TimeSpan.FromSeconds(30));
        RawFrame frame;
        while ((frame = await socket.ReadFrameAsync()).Opcode != RawFrame.Ping)
            Assert.Equal(RawFrame.Text, frame.Opcode);
        await server.ConnectionsAsync(1);
        clock.Jump(TimeSpan.FromSeconds(12));

        Assert.Equal(0, await socket.ReadCloseCodeAsync());
        await server.ConnectionsAsync(0);
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/x-ndjson")]
    public async Task A_quiet_stream_says_from_time_to_time_that_it_lives(string mediaType)
    {
        var clock = new JumpingClock();
        await using var server = await InProcessServer.StartAsync(s => s.Time = clock);
        using var ada = await server.GuestAsync("Ada");
        await using var stream = await ada.StreamAsync("/api/rooms/room1/events", mediaType);
        await stream.NextAsync();

        for (var i = 1; i <= 3; i++)
        {
            clock.Jump(TimeSpan.FromSeconds(16));
            await stream.KeepAliveAsync();
            Assert.Equal(i, stream.KeepAlives);
        }
    }

    [Fact]
    public async Task Slow_headers_and_slow_bodies_are_cut_off_by_the_executable()
    {
        await using var server = await ServerProcess.StartAsync(["--store", "memory"]);
        using var ada = await HttpApi.GuestAsync(server.Url, "Ada");
        await using var headers = await RawSocket.ConnectAsync(server.Url);
        await using var body = await RawSocket.ConnectAsync(server.Url);
        await headers.SendAsync($"GET /health/live HTTP/1.1\r\nHost: {server.Url.Authority}\r\nX-Slow: ");
        await body.SendAsync(
            $"POST /api/rooms/room1/messages HTTP/1.1\r\nHost: {server.Url.Authority}\r\nAuthorization: Bearer {ada.Token}\r\n"
            + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"message\":");

        // Ten seconds for headers, five of grace for a body: both at once.
        var deadline = TimeSpan.FromSeconds(15);
        var answers = await Task.WhenAll(headers.ReadToEndAsync(deadline), body.ReadToEndAsync(deadline));

        Assert.StartsWith("HTTP/1.1 408", Encoding.ASCII.GetString(answers[0]), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 408", Encoding.ASCII.GetString(answers[1]), StringComparison.Ordinal);
        Assert.Equal("ready", (await ada.GetAsync("/health/ready")).Text("status"));
    }
}
