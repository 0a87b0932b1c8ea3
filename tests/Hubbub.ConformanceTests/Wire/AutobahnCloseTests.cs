using System.Text;
using Hubbub.ConformanceTests.Servers;
using Hubbub.Server;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>
/// The cases of the Autobahn testsuite that are about pongs (section 2) and closing (section 7), and those whose broken rule must end the connection, over a real socket on both carriers. The suite's echo is
/// a ping frame of Hubbub's own here, and its pong. All other cases are played against the reader (<c>AutobahnTests</c> of the unit tests).
/// </summary>
public class AutobahnCloseTests(AutobahnCloseTests.Servers servers) : IClassFixture<AutobahnCloseTests.Servers>
{
    private static readonly byte[] Message = RawSocket.TextFrame("""{"type":"ping","id":"m"}""");
    private static readonly byte[] Ping = RawSocket.Frame(9, "ping"u8);
    private static readonly byte[] CloseNormally = Close(1000);

    private static readonly string Echo = """Text {"type":"pong","id":"m","payload":{}}""";

    /// <summary>Name, what is sent, and all that is answered: pongs, texts, and the close code. Behind it the server ends the connection.</summary>
    private static readonly Dictionary<string, (byte[] Sent, string[] Answers)> Cases = All().ToDictionary(c => c.Name, c => (c.Sent, c.Answers));

    public static TheoryData<Carrier, string> Names
    {
        get
        {
            var names = new TheoryData<Carrier, string>();
            foreach (var name in Cases.Keys)
            {
                names.Add(Carrier.Loop, name);
                names.Add(Carrier.Stream, name);
            }

            return names;
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_case_of_the_suite_is_answered_and_closed_as_it_should_be(Carrier carrier, string name)
    {
        var (sent, answers) = Cases[name];
        await using var socket = await servers.ConnectAsync(carrier);

        await socket.SendAsync(sent);

        Assert.Equal(answers, await AnswersAsync(socket));

        // Where the server closed first, it waits for the answer.
        await socket.TrySendAsync(CloseNormally);
        Assert.Empty(await socket.ReadToEndAsync());
    }

    [Theory]
    [InlineData(Carrier.Loop)]
    [InlineData(Carrier.Stream)]
    public async Task Case_2_6_and_2_11_pings_that_come_byte_by_byte_are_all_answered(Carrier carrier)
    {
        await using var socket = await servers.ConnectAsync(carrier);
        byte[] all = [.. Enumerable.Range(0, 10).SelectMany(i => RawSocket.Frame(9, Encoding.ASCII.GetBytes($"payload-{i}"))), .. RawSocket.Frame(9, new byte[125]), .. CloseNormally];

        foreach (var one in all)
            await socket.SendAsync(new[] { one });

        Assert.Equal([.. Enumerable.Range(0, 10).Select(i => $"Pong payload-{i}"), $"Pong {new string('\0', 125)}", "1000"], await AnswersAsync(socket));
    }

    [Theory]
    [InlineData(Carrier.Loop)]
    [InlineData(Carrier.Stream)]
    public async Task Case_6_4_1_bad_text_is_refused_with_the_fragment_that_brings_it(Carrier carrier)
    {
        await using var socket = await servers.ConnectAsync(carrier);

        await socket.SendAsync(RawSocket.Frame(1, [0xCE, 0xBA, 0xF4], final: false));
        await socket.SendAsync(Ping);
        Assert.Equal("ping", (await socket.ReadFrameAsync()).AsText);
        await socket.SendAsync(RawSocket.Frame(0, [0x90], final: false));

        Assert.Equal(1007, await socket.ReadCloseCodeAsync());
    }

    private static IEnumerable<(string Name, byte[] Sent, string[] Answers)> All()
    {
        byte[] binary = [0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF];
        string[] ten = [.. Enumerable.Range(0, 10).Select(i => $"payload-{i}")];
        yield return ("Case_2_1", [.. RawSocket.Frame(9, []), .. CloseNormally], ["Pong ", "1000"]);
        yield return ("Case_2_2", [.. RawSocket.Frame(9, "Hello, world!"u8), .. CloseNormally], ["Pong Hello, world!", "1000"]);
        yield return ("Case_2_3", [.. RawSocket.Frame(9, binary), .. CloseNormally], [$"Pong {Encoding.Latin1.GetString(binary)}", "1000"]);
        yield return ("Case_2_4", [.. RawSocket.Frame(9, [.. Enumerable.Repeat((byte)0xFE, 125)]), .. CloseNormally], [$"Pong {new string('\u00FE', 125)}", "1000"]);
        yield return ("Case_2_5", RawSocket.Frame(9, new byte[126]), ["1002"]);
        yield return ("Case_2_7", [.. RawSocket.Frame(10, []), .. CloseNormally], ["1000"]);
        yield return ("Case_2_8", [.. RawSocket.Frame(10, "unsolicited"u8), .. CloseNormally], ["1000"]);
        yield return ("Case_2_9", [.. RawSocket.Frame(10, "unsolicited"u8), .. Ping, .. CloseNormally], ["Pong ping", "1000"]);
        yield return ("Case_2_10", [.. ten.SelectMany(p => RawSocket.Frame(9, Encoding.ASCII.GetBytes(p))), .. CloseNormally], [.. ten.Select(p => $"Pong {p}"), "1000"]);

        // What comes before a broken rule is answered, what comes behind it is not.
        yield return ("Case_3_2", [.. Message, .. RawSocket.Frame(1, "{}"u8, reserved: 0x20), .. Ping], [Echo, "1002"]);
        yield return ("Case_4_1_3", [.. Message, .. RawSocket.Frame(5, []), .. Ping], [Echo, "1002"]);
        yield return ("Case_4_2_4", [.. Message, .. RawSocket.Frame(14, "reserved"u8), .. Ping], [Echo, "1002"]);
        yield return ("Case_5_15", [.. RawSocket.TextFrame("""{"type":"ping",""", final: false), .. RawSocket.Frame(0, "\"id\":\"m\"}"u8), .. RawSocket.Frame(0, "stray"u8, final: false), .. Message], [Echo, "1002"]);

        byte[] begun = RawSocket.TextFrame("fragment1", final: false), ended = RawSocket.Frame(0, "fragment2"u8);
        yield return ("Case_7_1_1", [.. Message, .. CloseNormally], [Echo, "1000"]);
        yield return ("Case_7_1_2", [.. CloseNormally, .. CloseNormally], ["1000"]);
        yield return ("Case_7_1_3", [.. CloseNormally, .. Ping], ["1000"]);
        yield return ("Case_7_1_4", [.. CloseNormally, .. Message], ["1000"]);
        yield return ("Case_7_1_5", [.. begun, .. CloseNormally, .. ended], ["1000"]);

        // 256 KiB in the suite; as much as Hubbub takes here.
        var large = RawSocket.TextFrame("""{"type":"ping","id":"m"}""".PadRight(64 * 1024));
        yield return ("Case_7_1_6", [.. large, .. Message, .. CloseNormally, .. Ping], [Echo, Echo, "1000"]);
        yield return ("Case_7_3_1", RawSocket.Frame(8, []), ["1000"]);
        yield return ("Case_7_3_2", RawSocket.Frame(8, "a"u8), ["1002"]);
        yield return ("Case_7_3_3", CloseNormally, ["1000"]);
        yield return ("Case_7_3_4", Close(1000, "Hello, world!"), ["1000"]);
        yield return ("Case_7_3_5", Close(1000, new string('*', 123)), ["1000"]);
        yield return ("Case_7_3_6", Close(1000, new string('*', 124)), ["1002"]);
        yield return ("Case_7_5_1", RawSocket.Frame(8, [3, 0xE8, 0xCE, 0xBA, 0xED, 0xA0, 0x80]), ["1007"]);
        int[] valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
        for (var i = 0; i < valid.Length; i++)
            yield return ($"Case_7_7_{i + 1}", Close(valid[i]), ["1000"]);
        int[] invalid = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
        for (var i = 0; i < invalid.Length; i++)
            yield return ($"Case_7_9_{i + 1}", Close(invalid[i]), ["1002"]);
        yield return ("Case_7_13_1", Close(5000), ["1002"]);
        yield return ("Case_7_13_2", Close(65_535), ["1002"]);
    }

    private static byte[] Close(int code, string reason = "") => RawSocket.Frame(8, [(byte)(code >> 8), (byte)code, .. Encoding.ASCII.GetBytes(reason)]);

    /// <summary>Everything up to the close frame, but for what Hubbub says by itself: the welcome, and the closing that proxies would eat.</summary>
    private static async Task<List<string>> AnswersAsync(RawSocket socket)
    {
        var answers = new List<string>();
        while (true)
        {
            var frame = await socket.ReadFrameAsync();
            switch (frame.Opcode)
            {
                case RawFrame.Close:
                    answers.Add($"{frame.CloseCode}");
                    return answers;
                case RawFrame.Pong:
                    answers.Add($"Pong {Encoding.Latin1.GetString(frame.Payload)}");
                    break;
                case RawFrame.Text when !frame.AsText.StartsWith("""{"type":"closing",""", StringComparison.Ordinal):
                    answers.Add($"Text {frame.AsText}");
                    break;
            }
        }
    }

    /// <summary>One server a carrier, for all cases.</summary>
    public sealed class Servers : IAsyncLifetime
    {
        private readonly Dictionary<Carrier, InProcessServer> _servers = [];
        private HttpApi _ada = null!;

        public async Task InitializeAsync()
        {
            var store = SharedStore.InMemory();
            foreach (var carrier in new[] { Carrier.Loop, Carrier.Stream })
                _servers[carrier] = await InProcessServer.StartAsync(s => (s.Store, s.Options) = (store, o => o.Carrier = carrier));
            _ada = await _servers[Carrier.Loop].GuestAsync("Ada");
        }

        public async Task DisposeAsync()
        {
            _ada.Dispose();
            foreach (var server in _servers.Values)
                await server.DisposeAsync();
        }

        /// <summary>A socket that has been welcomed.</summary>
        internal async Task<RawSocket> ConnectAsync(Carrier carrier)
        {
            var socket = await RawSocket.UpgradeAsync(_servers[carrier].Url, _ada.Token);
            Assert.Contains("welcome", (await socket.ReadFrameAsync()).AsText, StringComparison.Ordinal);
            return socket;
        }
    }
}
