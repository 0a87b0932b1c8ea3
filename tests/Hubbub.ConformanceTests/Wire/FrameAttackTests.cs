using System.Text;
using Hubbub.ConformanceTests.Servers;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>Bytes that no proper WebSocket client sends (RFC 6455): each ends its connection with the right code, and hurts nobody else.</summary>
public class FrameAttackTests
{
    private const int Limit = 64 * 1024;
    private static readonly byte[] Mask = [1, 2, 3, 4];

    /// <summary>Name, bytes, and the close code they deserve.</summary>
    private static readonly Dictionary<string, (byte[] Bytes, int Code)> Attacks = new()
    {
        ["a length of 2^63-1"] = ([0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, .. Mask], 1009),
        ["a length of 2^64-1"] = ([0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, .. Mask], 1009),
        ["a length of 2^31"] = ([0x81, 0xFF, 0, 0, 0, 0, 0x80, 0, 0, 0, .. Mask], 1009),
        ["a declared GiB and then nothing"] = ([0x81, 0xFF, 0, 0, 0, 0, 0x40, 0, 0, 0, .. Mask, (byte)'{'], 1009),
        ["a short length in two bytes"] = ([0x81, 0xFE, 0, 5, .. Mask, 0, 0, 0, 0, 0], 1002),
        ["a short length in eight bytes"] = ([0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 5, .. Mask, 0, 0, 0, 0, 0], 1002),
        ["one byte more than the limit"] = (RawSocket.Frame(1, Spaces(Limit + 1)), 1009),
        ["fragments that pass the limit together"] = (
            [.. RawSocket.Frame(1, Spaces(40_000), final: false), .. RawSocket.Frame(0, Spaces(20_000), final: false), .. RawSocket.Frame(0, Spaces(5_537))], 1009),
        ["an unmasked frame"] = (RawSocket.Frame(1, "{}"u8, masked: false), 1002),
        ["the first reserved bit, as of compression"] = (RawSocket.Frame(1, [0xAA, 0x56, 0x4A, 0x04], reserved: 0x40), 1002),
        ["the second reserved bit"] = (RawSocket.Frame(1, "{}"u8, reserved: 0x20), 1002),
        ["the third reserved bit"] = (RawSocket.Frame(1, "{}"u8, reserved: 0x10), 1002),
        ["a reserved bit on a ping"] = (RawSocket.Frame(9, [], reserved: 0x40), 1002),
        ["a compressed bomb"] = (RawSocket.Frame(1, Bomb(), reserved: 0x40), 1002),
        ["a binary message"] = (RawSocket.Frame(2, [1, 2, 3]), 1003),
        ["a fragment of a binary message"] = (RawSocket.Frame(2, [1, 2, 3], final: false), 1003),
        ["the reserved opcode 3"] = (RawSocket.Frame(3, []), 1002),
        ["the reserved opcode 7"] = (RawSocket.Frame(7, []), 1002),
        ["the reserved opcode 11"] = (RawSocket.Frame(11, []), 1002),
        ["the reserved opcode 15"] = (RawSocket.Frame(15, []), 1002),
        ["a ping of 126 bytes"] = (RawSocket.Frame(9, Spaces(126)), 1002),
        ["a ping of 70 000 bytes"] = (RawSocket.Frame(9, Spaces(70_000)), 1002),
        ["a fragmented ping"] = (RawSocket.Frame(9, [1], final: false), 1002),
        ["a fragmented close"] = (RawSocket.Frame(8, [3, 0xE8], final: false), 1002),
        ["a close of one byte"] = (RawSocket.Frame(8, [3]), 1002),
        ["a close reason that is not UTF-8"] = (RawSocket.Frame(8, [3, 0xE8, 0xC3, 0x28]), 1007),
        ["a continuation of nothing"] = (RawSocket.Frame(0, "{}"u8), 1002),
        ["a new message inside another"] = ([.. RawSocket.TextFrame("{", final: false), .. RawSocket.TextFrame("}")], 1002),
        ["a stray byte of UTF-8"] = (RawSocket.Frame(1, [0xC3, 0x28]), 1007),
        ["an overlong form of UTF-8"] = (RawSocket.Frame(1, [0xC0, 0xAF]), 1007),
        ["a surrogate in UTF-8"] = (RawSocket.Frame(1, [0x22, 0xED, 0xA0, 0x80, 0x22]), 1007),
        ["more than Unicode in UTF-8"] = (RawSocket.Frame(1, [0xF4, 0x90, 0x80, 0x80]), 1007),
        ["UTF-8 that is cut"] = (RawSocket.Frame(1, [0x22, 0xE4, 0xB8]), 1007),
        ["UTF-8 that is cut over two fragments"] = ([.. RawSocket.Frame(1, [0x22, 0xE4], final: false), .. RawSocket.Frame(0, [0xB8])], 1007),
        ["129 fragments"] = ([.. RawSocket.TextFrame("{", final: false), .. Repeat(RawSocket.Frame(0, " "u8, final: false), 128)], 1008),
        ["empty continuations without end"] = ([.. RawSocket.TextFrame("{", final: false), .. Repeat(RawSocket.Frame(0, [], final: false), 5000)], 1008),
        ["an empty start and empty continuations"] = ([.. RawSocket.Frame(1, [], final: false), .. Repeat(RawSocket.Frame(0, [], final: false), 200)], 1008),
        ["a flood of pings"] = (Repeat(RawSocket.Frame(9, Spaces(125)), 5000), 1008),
        ["a flood of pongs that nobody asked for"] = (Repeat(RawSocket.Frame(10, []), 5000), 1008),
    };

    public static TheoryData<string> Names => [.. Attacks.Keys];

    public static TheoryData<int> ForbiddenCloseCodes => [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Broken_framing_ends_its_own_connection_with_the_right_code(string attack)
    {
        var (bytes, code) = Attacks[attack];
        await using var server = await InProcessServer.StartAsync();

        // Compression that nobody agreed to is a broken rule, also where others may have it.
        string[] headers = attack.Contains("compress", StringComparison.Ordinal) ? ["Sec-WebSocket-Extensions: unknown"] : [];
        await using var socket = await RawSocket.UpgradeAsync(server.Url, headers: headers);

        var sending = socket.TrySendAsync(bytes);

        Assert.Equal(code, await ReadClosingAsync(socket));
        await socket.DisposeAsync();
        await sending;
        await server.ConnectionsAsync(0);
        await server.AssertWellAsync();
    }

    [Theory]
    [MemberData(nameof(ForbiddenCloseCodes))]
    public async Task A_close_code_that_may_not_be_sent_is_a_broken_rule(int code)
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await RawSocket.UpgradeAsync(server.Url);

        await socket.SendAsync(RawSocket.Frame(RawFrame.Close, [(byte)(code >> 8), (byte)code]));

        Assert.Equal(1002, await socket.ReadCloseCodeAsync());
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(1014)]
    [InlineData(3000)]
    [InlineData(4999)]
    public async Task A_proper_close_is_answered_and_what_follows_it_is_not(int code)
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await RawSocket.UpgradeAsync(server.Url);

        await socket.SendAsync((byte[])[.. RawSocket.Frame(RawFrame.Close, [(byte)(code >> 8), (byte)code, .. "bye"u8]), .. RawSocket.TextFrame("""{"type":"ping"}""")]);

        var answer = await socket.ReadFrameAsync();
        Assert.Equal(RawFrame.Close, answer.Opcode);
        Assert.Equal(1000, answer.CloseCode);
        Assert.Empty(await socket.ReadToEndAsync());
        await server.ConnectionsAsync(0);
    }

    [Fact]
    public async Task A_message_of_just_the_limit_is_taken_in_one_frame_and_in_128_fragments()
    {
        var text = """{"type":"ping","id":"p"}""".PadRight(Limit);
        var bytes = Encoding.UTF8.GetBytes(text);
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await RawSocket.UpgradeAsync(server.Url);

        await socket.SendAsync(RawSocket.Frame(1, bytes));
        for (var i = 0; i < 128; i++)
            await socket.SendAsync(RawSocket.Frame((byte)(i == 0 ? 1 : 0), bytes.AsSpan(i * 512, 512), final: i == 127));

        Assert.Contains("welcome", (await socket.ReadFrameAsync()).AsText, StringComparison.Ordinal);
        for (var i = 0; i < 2; i++)
            Assert.Equal("""{"type":"pong","id":"p","payload":{}}""", (await socket.ReadFrameAsync()).AsText);
    }

    [Fact]
    public async Task A_message_may_come_byte_by_byte_split_inside_a_letter_and_with_a_ping_between()
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await RawSocket.UpgradeAsync(server.Url);
        var json = """{"type":"ping","id":"世界"}"""u8.ToArray();
        var middle = json.Length - 4; // inside the second letter
        byte[] all =
        [
            .. RawSocket.Frame(1, json.AsSpan(0, middle), final: false), .. RawSocket.Frame(9, "are you there"u8), .. RawSocket.Frame(0, [], final: false),
            .. RawSocket.Frame(0, json.AsSpan(middle)),
        ];

        foreach (var one in all)
            await socket.SendAsync(new[] { one });

        var texts = new List<string>();
        while (texts.Count < 3)
        {
            var frame = await socket.ReadFrameAsync();
            Assert.True(frame.Final);
            Assert.False(frame.Masked);
            texts.Add($"{frame.Opcode} {frame.AsText}");
        }

        Assert.Contains("10 are you there", texts);
        Assert.Contains("""1 {"type":"pong","id":"世界","payload":{}}""", texts);
    }

    [Fact]
    public async Task Many_frames_in_one_packet_are_all_answered_in_order()
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await RawSocket.UpgradeAsync(server.Url);

        await socket.SendAsync((byte[])[.. Enumerable.Range(1, 100).SelectMany(i => RawSocket.TextFrame($$"""{"type":"ping","id":{{i}}}"""))]);

        await socket.ReadFrameAsync(); // welcome
        for (var i = 1; i <= 100; i++)
            Assert.Equal($$$"""{"type":"pong","id":{{{i}}},"payload":{}}""", (await socket.ReadFrameAsync()).AsText);
    }

    [Theory]
    [InlineData("reset in the middle of a frame")]
    [InlineData("end in the middle of a frame")]
    [InlineData("end without a close frame")]
    [InlineData("reset while idle")]
    public async Task A_peer_that_vanishes_leaves_nothing_behind(string how)
    {
        await using var server = await InProcessServer.StartAsync();
        await using var socket = await RawSocket.UpgradeAsync(server.Url);
        await socket.SendAsync(RawSocket.TextFrame("""{"type":"join","payload":{"roomId":"room1"}}"""));
        await socket.ReadFrameAsync();
        await server.ConnectionsAsync(1);
        if (how.Contains("middle", StringComparison.Ordinal))
            await socket.SendAsync(RawSocket.TextFrame("""{"type":"ping"}""").AsMemory(0, 9));

        if (how.StartsWith("reset", StringComparison.Ordinal))
            socket.Reset();
        else
            socket.FinishSending();

        await server.ConnectionsAsync(0);
        await server.AssertWellAsync();
    }

    [Fact]
    public async Task Hundreds_of_peers_that_come_and_go_at_once_leave_nothing_behind()
    {
        await using var server = await InProcessServer.StartAsync(s => s.Options = o => o.MaxConnectionsPerUser = 300);
        using var ada = await server.GuestAsync("Ada");
        await ada.SayAsync("room1", "hello");

        await Parallel.ForAsync(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            if (i % 3 == 0)
            {
                await using var stream = await ada.StreamAsync("/api/rooms/room1/events", i % 2 == 0 ? "text/event-stream" : "application/x-ndjson");
                await stream.NextAsync();
                return;
            }

            await using var socket = await RawSocket.UpgradeAsync(server.Url, ada.Token);
            await socket.SendAsync(RawSocket.TextFrame("""{"type":"join","payload":{"roomId":"room1"}}"""));
            if (i % 2 == 0)
                await socket.ReadFrameAsync();
            socket.Reset();
        });

        await server.ConnectionsAsync(0);
        await server.AssertWellAsync();
    }

    [Fact]
    public async Task Compression_is_not_negotiated_unless_the_operator_wants_it()
    {
        await using var server = await InProcessServer.StartAsync(s => s.Options = o => o.Deflate = false);
        await using var socket = await RawSocket.ConnectAsync(server.Url);

        await socket.SendAsync(RawSocket.Handshake(
            server.Url, headers: ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99; server_no_context_takeover=x, foo;;;"]));

        var head = await socket.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 101", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Sec-WebSocket-Extensions", head, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Reads to the close frame, before which a <c>closing</c> frame must have said the same.</summary>
    private static async Task<int> ReadClosingAsync(RawSocket socket)
    {
        RawFrame frame, before = new(0, true, false, []);
        while ((frame = await socket.ReadFrameAsync()).Opcode != RawFrame.Close)
            before = frame.Opcode == RawFrame.Text ? frame : before;
        Assert.StartsWith($$$"""{"type":"closing","payload":{"code":{{{frame.CloseCode}}},"reason":""", before.AsText, StringComparison.Ordinal);
        return frame.CloseCode;
    }

    private static byte[] Spaces(int count) => [.. Enumerable.Repeat((byte)' ', count)];

    private static byte[] Repeat(byte[] bytes, int times) => [.. Enumerable.Repeat(bytes, times).SelectMany(b => b)];

    private static byte[] Bomb()
    {
        using var packed = new MemoryStream();
        using (var deflate = new System.IO.Compression.DeflateStream(packed, System.IO.Compression.CompressionLevel.SmallestSize))
            deflate.Write(new byte[32 * 1024 * 1024]);
        return packed.ToArray();
    }
}
