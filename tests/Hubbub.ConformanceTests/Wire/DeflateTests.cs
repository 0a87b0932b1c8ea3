using System.IO.Compression;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Hubbub.ConformanceTests.Servers;
using Hubbub.Server;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>permessage-deflate over a real socket, on both carriers: who gets it, that a room reads the same with it, and that it opens no door.</summary>
public class DeflateTests
{
    private const string Answer = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    public static TheoryData<Carrier> Carriers => [Carrier.Loop, Carrier.Stream];

    [Theory]
    [MemberData(nameof(Carriers))]
    public async Task An_offer_is_answered_and_a_bad_one_passed_over(Carrier carrier)
    {
        await using var server = await StartAsync(carrier);

        Assert.Contains($"{Answer}\r\n", await HeadAsync(server, "permessage-deflate; client_max_window_bits"), StringComparison.Ordinal);
        Assert.Contains(
            $"{Answer}; server_max_window_bits=9; client_max_window_bits=8\r\n", await HeadAsync(server, "permessage-deflate; server_max_window_bits=9; client_max_window_bits=8"), StringComparison.Ordinal);
        foreach (var bad in new[] { "permessage-deflate; server_max_window_bits=7", "permessage-deflate; x", "foo", $"permessage-deflate, {new string('x', 2000)}" })
        {
            var head = await HeadAsync(server, bad);
            Assert.StartsWith("HTTP/1.1 101", head, StringComparison.Ordinal);
            Assert.DoesNotContain("Sec-WebSocket-Extensions", head, StringComparison.OrdinalIgnoreCase);
        }

        Assert.DoesNotContain("Sec-WebSocket-Extensions", await HeadAsync(server, null), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [MemberData(nameof(Carriers))]
    public async Task A_header_against_the_grammar_fails_the_handshake(Carrier carrier)
    {
        await using var server = await StartAsync(carrier);
        Assert.StartsWith("HTTP/1.1 400", await HeadAsync(server, "permessage-deflate;;"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400", await HeadAsync(server, "permessage-deflate; client_max_window_bits=\""), StringComparison.Ordinal);
        await server.AssertWellAsync();
    }

    [Theory]
    [MemberData(nameof(Carriers))]
    public async Task A_header_against_the_grammar_is_what_fails_the_handshake_also_of_whoever_comes_with_a_ticket(Carrier carrier)
    {
        await using var server = await StartAsync(carrier);
        using var ada = await server.GuestAsync("Ada");
        var ticket = (await ada.PostAsync("/api/tickets")).Text("ticket");
        await using var socket = await RawSocket.ConnectAsync(server.Url);
        await socket.SendAsync(RawSocket.Handshake(server.Url, $"/ws?ticket={ticket}", Headers("permessage-deflate;;", null)));
        Assert.StartsWith("HTTP/1.1 400", await socket.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Carriers))]
    public async Task Nothing_is_inflated_for_a_stranger_who_may_be_nobody(Carrier carrier)
    {
        await using var store = SharedStore.InMemory();
        await using var open = await InProcessServer.StartAsync(s => s.Store = store);
        using var ada = await open.GuestAsync("Ada");
        await using var server = await StartAsync(carrier, s =>
        {
            s.Store = store;
            s.Tokens = t => t.AllowGuests = false;
        });

        Assert.DoesNotContain("Sec-WebSocket-Extensions", await HeadAsync(server, "permessage-deflate"), StringComparison.OrdinalIgnoreCase);
        Assert.Contains(Answer, await HeadAsync(server, "permessage-deflate", ada.Token!), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Carriers))]
    public async Task A_room_reads_the_same_compressed_and_not(Carrier carrier)
    {
        await using var server = await StartAsync(carrier);
        using var ada = await server.GuestAsync("Ada");
        await ada.SayAsync("room1", "the first, which the page from the store brings");
        await using var compressed = await UpgradeAsync(server, ada.Token!, "permessage-deflate");
        await using var narrow = await UpgradeAsync(server, ada.Token!, "permessage-deflate; server_max_window_bits=9");
        await using var plain = await UpgradeAsync(server, ada.Token!, null);
        RawSocket[] all = [compressed, narrow, plain];

        // The clients compress as well, where it was agreed.
        var join = """{"type":"join","payload":{"roomId":"room1","after":"0"}}"""u8.ToArray();
        await compressed.SendAsync(Deflated.Frame(Deflated.Pack(join)));
        await narrow.SendAsync(Deflated.Frame(Deflated.Pack(join), 5));
        await plain.SendAsync(RawSocket.Frame(1, join));
        foreach (var socket in all)
        {
            // The welcome may hold a token, so it is not compressed; nor is what one reader alone asks for.
            var welcome = await socket.ReadFrameAsync();
            Assert.Contains("welcome", welcome.AsText, StringComparison.Ordinal);
            Assert.Contains("joined", (await socket.ReadFrameAsync()).AsText, StringComparison.Ordinal);
            Assert.Contains("room_created", (await socket.ReadFrameAsync()).AsText, StringComparison.Ordinal);
            Assert.Contains("the first", (await socket.ReadFrameAsync()).AsText, StringComparison.Ordinal);
        }

        for (var i = 0; i < 50; i++)
            await ada.SayAsync("room1", $"{i} {string.Concat(Enumerable.Repeat("something to say, 世界; ", 1 + (i * 7 % 40)))}");
        for (var i = 0; i < 50; i++)
        {
            var (a, b, c) = (await compressed.ReadFrameAsync(), await narrow.ReadFrameAsync(), await plain.ReadFrameAsync());
            Assert.Equal(0, c.Reserved);
            Assert.True(a.IsCompressed);
            Assert.Equal(c.Payload.Length <= 512, b.IsCompressed);
            Assert.True(a.Payload.Length < c.Payload.Length);
            Assert.Equal(c.AsText, TextOf(a));
            Assert.Equal(c.AsText, TextOf(b));
            using var told = JsonDocument.Parse(c.Payload);
            Assert.StartsWith($"{i} ", told.RootElement.GetProperty("payload").GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Carriers))]
    public async Task The_frameworks_own_client_talks_with_every_window(Carrier carrier)
    {
        await using var server = await StartAsync(carrier);
        var sockets = new List<PlainWebSocket>();
        for (var bits = 9; bits <= 15; bits++)
        {
            var options = new WebSocketDeflateOptions { ClientMaxWindowBits = bits, ServerMaxWindowBits = bits };
            sockets.Add(await PlainWebSocket.ConnectAsync(server.Url, configure: o => o.DangerousDeflateOptions = options));
            await sockets[^1].JoinAsync("room1");
        }

        for (var i = 0; i < sockets.Count; i++)
        {
            var text = string.Concat(Enumerable.Repeat($"socket {i} says it; ", 100));
            await sockets[i].SendAsync("message", new { roomId = "room1", message = text }, id: "m");
            foreach (var socket in sockets)
                Assert.Equal(text, (await socket.ExpectAsync("message")).GetProperty("payload").GetProperty("message").GetString());
        }

        foreach (var socket in sockets)
            await socket.DisposeAsync();
        await server.AssertWellAsync();
    }

    [Theory]
    [MemberData(nameof(Carriers))]
    public async Task A_compressed_reader_that_takes_nothing_for_a_while_gets_everything(Carrier carrier)
    {
        await using var server = await StartAsync(carrier);
        using var ada = await server.GuestAsync("Ada");
        await ada.SayAsync("room1", "hello");
        await using var reader = await UpgradeAsync(server, ada.Token!, "permessage-deflate", receiveBuffer: 4 * 1024);
        await reader.SendAsync(RawSocket.TextFrame("""{"type":"join","payload":{"roomId":"room1"}}"""));
        await reader.ReadFrameAsync();
        await reader.ReadFrameAsync();

        // Texts that hardly shrink, so that the sockets' buffers fill up and frames are cut.
        var random = new Random(20261125);
        var texts = Enumerable.Range(0, 600).Select(_ => string.Create(15_000, random, static (span, r) => r.GetItems("abcdefghijklmnopqrstuvwxyz012345"u8.ToArray().Select(b => (char)b).ToArray(), span))).ToArray();
        foreach (var text in texts)
            await ada.SayAsync("room1", text);
        foreach (var text in texts)
        {
            using var told = JsonDocument.Parse(TextOf(await reader.ReadFrameAsync()));
            Assert.Equal(text, told.RootElement.GetProperty("payload").GetProperty("message").GetString());
        }
    }

    [Theory]
    [MemberData(nameof(Carriers))]
    public async Task What_is_broken_or_a_bomb_ends_its_own_connection_with_the_right_code(Carrier carrier)
    {
        var hello = Deflated.Pack("""{"type":"ping"}"""u8);
        var bomb = Deflated.Pack(new byte[32 * 1024 * 1024], CompressionLevel.SmallestSize);
        var blocks = Deflated.Pack(new byte[2 * 1024 * 1024], piece: 4096);
        (byte[] Bytes, int Code)[] attacks =
        [
            (Deflated.Frame(bomb), 1009),
            (Deflated.Frame(bomb, 1000), 1009),
            (Deflated.Frame(blocks), 1009),
            (Deflated.Frame(Deflated.Pack(Encoding.UTF8.GetBytes(new string(' ', (64 * 1024) + 1)))), 1009),
            (Deflated.Frame(hello.AsSpan(0, 5)), 1007),
            (Deflated.Frame([6, 0]), 1007),
            (Deflated.Frame(Deflated.Pack([0x22, 0xC3, 0x28])), 1007),
            (RawSocket.Frame(2, hello, reserved: Deflated.Bit), 1003),
            (RawSocket.Frame(9, [], reserved: Deflated.Bit), 1002),
            ([.. RawSocket.Frame(1, hello.AsSpan(0, 5), final: false, reserved: Deflated.Bit), .. RawSocket.Frame(0, hello.AsSpan(5), reserved: Deflated.Bit)], 1002),
        ];
        await using var server = await StartAsync(carrier);
        using var ada = await server.GuestAsync("Ada");

        foreach (var (bytes, code) in attacks)
        {
            await using var socket = await UpgradeAsync(server, ada.Token!, "permessage-deflate");
            var sending = socket.TrySendAsync(bytes);
            Assert.Equal(code, await socket.ReadCloseCodeAsync());
            await socket.DisposeAsync();
            await sending;
        }

        await server.ConnectionsAsync(0);
        await server.AssertWellAsync();
    }

    private static Task<InProcessServer> StartAsync(Carrier carrier, Action<InProcessSettings>? more = null) => InProcessServer.StartAsync(s =>
    {
        s.Options = o => (o.Deflate, o.Carrier) = (true, carrier);
        more?.Invoke(s);
    });

    private static async Task<string> HeadAsync(InProcessServer server, string? offer, string? token = null)
    {
        await using var socket = await RawSocket.ConnectAsync(server.Url);
        await socket.SendAsync(RawSocket.Handshake(server.Url, headers: Headers(offer, token)));
        return await socket.ReadHeadAsync();
    }

    /// <summary>Offers this and nothing else, whatever the run asks for, and gives the frames as they come.</summary>
    private static async Task<RawSocket> UpgradeAsync(InProcessServer server, string token, string? offer, int receiveBuffer = 0)
    {
        var socket = await RawSocket.ConnectAsync(server.Url, receiveBuffer);
        await socket.SendAsync(RawSocket.Handshake(server.Url, headers: Headers(offer, token)));
        Assert.StartsWith("HTTP/1.1 101", await socket.ReadHeadAsync(), StringComparison.Ordinal);
        return socket;
    }

    private static string[] Headers(string? offer, string? token) =>
    [
        .. offer is null ? Array.Empty<string>() : [$"Sec-WebSocket-Extensions: {offer}"],
        .. token is null ? Array.Empty<string>() : [$"Authorization: Bearer {token}"],
    ];

    private static string TextOf(RawFrame frame) => frame.IsCompressed ? Encoding.UTF8.GetString(Deflated.Unpack(frame.Payload)) : frame.AsText;
}
