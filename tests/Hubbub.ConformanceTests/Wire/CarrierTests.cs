using System.Globalization;
using System.Text;
using System.Text.Json;
using Hubbub.ConformanceTests.Servers;
using Hubbub.Server;
using Hubbub.Server.Transports.Loops;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>Who carries what: plain-text upgrades live on the loops, everybody else on Kestrel's streams, on one port and with the same frames.</summary>
public class CarrierTests
{
    private static readonly string Text = Noise.OfLength(15_000);

    [Fact]
    public async Task A_plain_upgrade_is_carried_by_a_loop_and_its_end_leaves_nothing_behind()
    {
        await using var server = await LoopsAsync();
        await using (var socket = await PlainWebSocket.ConnectAsync(server.Url))
        {
            await socket.JoinAsync("room1");
            Assert.Equal(OfPlain(1), OnLoops(server));
        }

        await Eventually.UntilAsync("the loop has forgotten it", () => OnLoops(server) == 0);
        await server.ConnectionsAsync(0);
        await server.AssertWellAsync();
    }

    [Fact]
    public async Task Nothing_is_on_a_loop_where_streams_are_asked_for()
    {
        await using var server = await InProcessServer.StartAsync(s => s.Options = o => o.Carrier = Carrier.Stream);
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.JoinAsync("room1");
        Assert.Equal(0, OnLoops(server));
        await server.AssertWellAsync();
    }

    [Fact]
    public async Task An_upgrade_on_a_connection_that_has_served_a_request_already_stays_with_Kestrel()
    {
        await using var server = await LoopsAsync();
        await using var raw = await RawSocket.ConnectAsync(server.Url);
        await raw.SendAsync($"GET /health/live HTTP/1.1\r\nHost: {server.Url.Authority}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", (await raw.ReadResponseAsync()).Head, StringComparison.Ordinal);

        await raw.SendAsync(RawSocket.Handshake(server.Url));
        Assert.StartsWith("HTTP/1.1 101", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        await ConverseAsync(raw);
        Assert.Equal(0, OnLoops(server));
    }

    [Fact]
    public async Task A_head_that_comes_byte_by_byte_is_waited_for()
    {
        await using var server = await LoopsAsync();
        await using var raw = await RawSocket.ConnectAsync(server.Url);
        foreach (var c in RawSocket.Handshake(server.Url))
            await raw.SendAsync(c.ToString());
        Assert.StartsWith("HTTP/1.1 101", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        await ConverseAsync(raw);
    }

    [Fact]
    public async Task A_head_that_takes_too_long_becomes_Kestrels_and_is_served_even_so()
    {
        var clock = new JumpingClock();
        await using var server = await InProcessServer.StartAsync(s => (s.Time, s.Options) = (clock, o => o.Carrier = Carrier.Loop));
        await using var raw = await RawSocket.ConnectAsync(server.Url);
        var head = RawSocket.Handshake(server.Url);
        await raw.SendAsync(head[..20]);
        for (var i = 0; i < 5; i++)
        {
            clock.Jump(TimeSpan.FromSeconds(1));
            await server.GuestAsync();
        }

        await raw.SendAsync(head[20..]);
        Assert.StartsWith("HTTP/1.1 101", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        await ConverseAsync(raw);
        Assert.Equal(0, OnLoops(server));
    }

    [Fact]
    public async Task Frames_in_one_packet_with_the_head_are_read()
    {
        await using var server = await LoopsAsync();
        await using var raw = await RawSocket.ConnectAsync(server.Url);
        await raw.SendAsync((byte[])[.. Encoding.ASCII.GetBytes(RawSocket.Handshake(server.Url)), .. RawSocket.TextFrame("""{"type":"ping","id":"early"}""")]);
        Assert.StartsWith("HTTP/1.1 101", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        while (!(await raw.ReadFrameAsync()).AsText.Contains("early", StringComparison.Ordinal))
        {
            // The welcome comes first.
        }

        Assert.Equal(OfPlain(1), OnLoops(server));
    }

    [Theory]
    [InlineData(true, "https", true)]
    [InlineData(true, "http", false)]
    [InlineData(false, "https", false)]
    public async Task A_page_behind_a_proxy_that_ends_tls_is_at_home_if_the_proxy_is_believed(bool isBelieved, string forwarded, bool comesIn)
    {
        // A proxy that is not believed leaves it at what the connection itself is.
        comesIn |= !isBelieved && Variant.Tls;
        await using var server = await InProcessServer.StartAsync(s =>
        {
            s.Options = o => o.Carrier = Carrier.Loop;
            s.Configuration[LoopServices.ProxySetting] = isBelieved.ToString();
        });
        await using var raw = await RawSocket.ConnectAsync(server.Url);
        await raw.SendAsync(RawSocket.Handshake(server.Url, headers: [$"Origin: https://{server.Url.Authority}", $"X-Forwarded-Proto: {forwarded}"]));
        Assert.StartsWith(comesIn ? "HTTP/1.1 101" : "HTTP/1.1 403", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        await Eventually.UntilAsync("it is on a loop if it came in", () => OnLoops(server) == (comesIn ? OfPlain(1) : 0));
    }

    [Theory]
    [InlineData(Carrier.Loop)]
    [InlineData(Carrier.Stream)]
    public async Task A_full_node_says_that_it_is_full_also_to_whoever_comes_with_a_ticket(Carrier carrier)
    {
        await using var server = await InProcessServer.StartAsync(s => s.Options = o => (o.Carrier, o.MaxConnections) = (carrier, 1));
        using var ada = await server.GuestAsync("Ada");
        var ticket = (await ada.PostAsync("/api/tickets")).Text("ticket");
        await using var first = await PlainWebSocket.ConnectAsync(server.Url);
        await first.JoinAsync("room1");

        await using var raw = await RawSocket.ConnectAsync(server.Url);
        await raw.SendAsync(RawSocket.Handshake(server.Url, $"/ws?ticket={ticket}"));
        Assert.StartsWith("HTTP/1.1 503", await raw.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_tls_a_socket_is_on_a_stream_on_the_same_frames()
    {
        await using var server = await InProcessServer.StartAsync(s => (s.Certificate, s.Options) = (TestCertificate.Shared, o => o.Carrier = Carrier.Loop));
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.JoinAsync("room1");
        await socket.SendAsync("message", new { message = "over tls" }, id: "m");
        Assert.Equal("over tls", (await socket.ExpectAsync("message")).GetProperty("payload").GetProperty("message").GetString());
        Assert.Equal(0, OnLoops(server));
        Assert.Empty(server.Log.Errors);
    }

    [Fact]
    public async Task Whoever_cannot_take_all_reads_on_from_where_the_kernel_stopped_and_the_others_do_not_wait()
    {
        const int Messages = 400; // 6 MB, compressed 4.5: more than the kernel keeps for a connection, and far more than the lane
        await using var server = await LoopsAsync(o => o.LaneFrames = 16);
        using var ada = await server.GuestAsync("Ada");
        await ada.SayAsync("room1", "hello");
        var slow = new List<RawSocket>();
        for (var i = 0; i < 5; i++)
        {
            slow.Add(await RawSocket.UpgradeAsync(server.Url, receiveBuffer: 4096));
            await slow[i].SendAsync(RawSocket.TextFrame("""{"type":"join","payload":{"roomId":"room1"}}"""));
        }

        await using var fast = await PlainWebSocket.ConnectAsync(server.Url);
        await fast.JoinAsync("room1");
        await Eventually.UntilAsync("all have joined", async () => (await slow[4].ReadFrameAsync()).AsText.Contains("joined", StringComparison.Ordinal));
        for (var i = 1; i <= Messages; i++)
        {
            await ada.SayAsync("room1", $"{i} {Text}");
            Assert.Equal(i, NumberOf(await fast.ExpectAsync("message")));
        }

        Assert.Equal(OfPlain(6), OnLoops(server));
        foreach (var reader in slow)
        {
            for (var next = 1; next <= Messages;)
            {
                using var frame = JsonDocument.Parse((await reader.ReadFrameAsync()).Payload);
                if (frame.RootElement.GetProperty("type").GetString() == "message")
                    Assert.Equal(next++, NumberOf(frame.RootElement));
            }

            await reader.DisposeAsync();
        }

        await server.AssertWellAsync();
    }

    private static Task<InProcessServer> LoopsAsync(Action<HubbubOptions>? more = null) => InProcessServer.StartAsync(s => s.Options = o =>
    {
        o.Carrier = Carrier.Loop;
        more?.Invoke(o);
    });

    /// <summary>How many of so many plain upgrades are on loops: none if they come over TLS.</summary>
    private static int OfPlain(int upgrades) => Variant.Tls ? 0 : upgrades;

    private static int OnLoops(InProcessServer server) => server.Services.GetRequiredService<LoopCarrier>().Connections;

    private static int NumberOf(JsonElement frame) =>
        int.Parse(frame.GetProperty("payload").GetProperty("message").GetString()!.Split(' ')[0], CultureInfo.InvariantCulture);

    private static async Task ConverseAsync(RawSocket raw)
    {
        await raw.SendAsync(RawSocket.TextFrame("""{"type":"join","payload":{"roomId":"room1"}}"""));
        await raw.SendAsync(RawSocket.TextFrame("""{"type":"message","payload":{"message":"Hello"}}"""));
        while (!(await raw.ReadFrameAsync()).AsText.Contains("Hello", StringComparison.Ordinal))
        {
            // Welcome and joined come first.
        }
    }
}
