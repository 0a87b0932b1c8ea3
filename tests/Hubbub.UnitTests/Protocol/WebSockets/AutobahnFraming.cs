using System.Text;
using Hubbub.TestKit.Clients;

namespace Hubbub.UnitTests.Protocol.WebSockets;

/// <summary>Sections 1 to 5 and 7 of the Autobahn testsuite: framing, pings, reserved bits, opcodes, fragments and close frames.</summary>
internal static class AutobahnFraming
{
    private static readonly byte[] Hello = RawSocket.TextFrame("Hello, world!");
    private static readonly byte[] Ping = RawSocket.Frame(9, []);

    public static IEnumerable<AutobahnCase> Cases => [.. Messages(), .. Pings(), .. ReservedBits(), .. Opcodes(), .. Fragments(), .. Closes()];

    private static IEnumerable<AutobahnCase> Messages()
    {
        int[] lengths = [0, 125, 126, 127, 128, 65_535, 65_536, 65_536];
        for (var i = 0; i < lengths.Length; i++)
        {
            var text = new string('*', lengths[i]);
            yield return new($"Case_1_1_{i + 1}", RawSocket.TextFrame(text), [$"Text {text}".Trim()]);

            // Hubbub speaks text: whatever is binary is refused as such.
            yield return new($"Case_1_2_{i + 1}_binary_is_refused", RawSocket.Frame(2, [.. Enumerable.Repeat((byte)0xFE, lengths[i])]), ["1003"]);
        }
    }

    private static IEnumerable<AutobahnCase> Pings()
    {
        byte[] binary = [0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF];
        var longest = new string('\u00FE', 125);
        var ten = Enumerable.Range(0, 10).Select(i => $"payload-{i}").ToArray();
        yield return new("Case_2_1", Ping, ["Ping"]);
        yield return new("Case_2_2", RawSocket.Frame(9, "Hello, world!"u8), ["Ping Hello, world!"]);
        yield return new("Case_2_3", RawSocket.Frame(9, binary), [$"Ping {Encoding.Latin1.GetString(binary)}"]);
        yield return new("Case_2_4", RawSocket.Frame(9, Encoding.Latin1.GetBytes(longest)), [$"Ping {longest}"]);
        yield return new("Case_2_5", RawSocket.Frame(9, new byte[126]), ["1002"]);
        yield return new("Case_2_6", RawSocket.Frame(9, Encoding.Latin1.GetBytes(longest)), [$"Ping {longest}"]);
        yield return new("Case_2_7", RawSocket.Frame(10, []), ["Pong"]);
        yield return new("Case_2_8", RawSocket.Frame(10, "unsolicited"u8), ["Pong unsolicited"]);
        yield return new("Case_2_9", [.. RawSocket.Frame(10, "unsolicited"u8), .. RawSocket.Frame(9, "ping"u8)], ["Pong unsolicited", "Ping ping"]);
        yield return new("Case_2_10", [.. ten.SelectMany(p => RawSocket.Frame(9, Encoding.ASCII.GetBytes(p)))], [.. ten.Select(p => $"Ping {p}")]);
        yield return new("Case_2_11", [.. ten.SelectMany(p => RawSocket.Frame(9, Encoding.ASCII.GetBytes(p)))], [.. ten.Select(p => $"Ping {p}")]);
    }

    private static IEnumerable<AutobahnCase> ReservedBits()
    {
        // The suite counts the three bits as a number, the first the highest.
        yield return new("Case_3_1", RawSocket.Frame(1, "Hello, world!"u8, reserved: 1 << 4), ["1002"]);
        for (byte bits = 2; bits <= 4; bits++)
            yield return new($"Case_3_{bits}", [.. Hello, .. RawSocket.Frame(1, "Hello, world!"u8, reserved: (byte)(bits << 4)), .. Ping], ["Text Hello, world!", "1002"]);
        yield return new("Case_3_5", RawSocket.Frame(2, "Hello, world!"u8, reserved: 5 << 4), ["1002"]);
        yield return new("Case_3_6", RawSocket.Frame(9, "Hello, world!"u8, reserved: 6 << 4), ["1002"]);
        yield return new("Case_3_7", RawSocket.Frame(8, [3, 0xE8], reserved: 7 << 4), ["1002"]);
    }

    private static IEnumerable<AutobahnCase> Opcodes()
    {
        foreach (var (section, first) in new[] { (1, 3), (2, 11) })
        {
            for (var i = 1; i <= 5; i++)
            {
                var frame = RawSocket.Frame((byte)(first + i - 1), i % 2 == 0 ? "reserved"u8 : []);
                yield return i <= 2
                    ? new($"Case_4_{section}_{i}", frame, ["1002"])
                    : new($"Case_4_{section}_{i}", [.. Hello, .. frame, .. Ping], ["Text Hello, world!", "1002"]);
            }
        }
    }

    private static IEnumerable<AutobahnCase> Fragments()
    {
        byte[] first = RawSocket.TextFrame("fragment1", final: false), second = RawSocket.Frame(0, "fragment2"u8), ping = RawSocket.Frame(9, "ping"u8);
        byte[] whole = RawSocket.TextFrame("whole"), stray = RawSocket.Frame(0, "stray"u8), strayStart = RawSocket.Frame(0, "stray"u8, final: false);
        yield return new("Case_5_1", [.. RawSocket.Frame(9, "frag"u8, final: false), .. RawSocket.Frame(0, "ment"u8)], ["1002"]);
        yield return new("Case_5_2", [.. RawSocket.Frame(10, "frag"u8, final: false), .. RawSocket.Frame(0, "ment"u8)], ["1002"]);

        // The next ones differ in how the bytes are chopped, and each case here is chopped everywhere.
        for (var i = 3; i <= 5; i++)
            yield return new($"Case_5_{i}", [.. first, .. second], ["Text fragment1fragment2"]);
        for (var i = 6; i <= 8; i++)
            yield return new($"Case_5_{i}", [.. first, .. ping, .. second], ["Ping ping", "Text fragment1fragment2"]);
        for (var i = 9; i <= 11; i++)
            yield return new($"Case_5_{i}", [.. stray, .. whole], ["1002"]);
        for (var i = 12; i <= 14; i++)
            yield return new($"Case_5_{i}", [.. strayStart, .. whole], ["1002"]);
        yield return new("Case_5_15", [.. first, .. second, .. strayStart, .. whole], ["Text fragment1fragment2", "1002"]);
        yield return new("Case_5_16", [.. strayStart, .. first, .. second, .. strayStart, .. first, .. second], ["1002"]);
        yield return new("Case_5_17", [.. stray, .. first, .. second, .. stray, .. first, .. second], ["1002"]);
        yield return new("Case_5_18", [.. first, .. RawSocket.TextFrame("fragment2")], ["1002"]);
        byte[] five =
        [
            .. first, .. RawSocket.Frame(0, "fragment2"u8, final: false), .. RawSocket.Frame(9, "pongme 1!"u8), .. RawSocket.Frame(0, "fragment3"u8, final: false),
            .. RawSocket.Frame(0, "fragment4"u8, final: false), .. RawSocket.Frame(9, "pongme 2!"u8), .. RawSocket.Frame(0, "fragment5"u8),
        ];
        for (var i = 19; i <= 20; i++)
            yield return new($"Case_5_{i}", five, ["Ping pongme 1!", "Ping pongme 2!", "Text fragment1fragment2fragment3fragment4fragment5"]);
    }

    private static IEnumerable<AutobahnCase> Closes()
    {
        yield return new("Case_7_3_1", RawSocket.Frame(8, []), ["Close"]);
        yield return new("Case_7_3_2", RawSocket.Frame(8, "a"u8), ["1002"]);
        yield return new("Case_7_3_3", Close(1000), ["Close 1000"]);
        yield return new("Case_7_3_4", Close(1000, "Hello, world!"u8), ["Close 1000 Hello, world!"]);
        yield return new("Case_7_3_5", Close(1000, Encoding.ASCII.GetBytes(new string('*', 123))), [$"Close 1000 {new string('*', 123)}"]);
        yield return new("Case_7_3_6", Close(1000, Encoding.ASCII.GetBytes(new string('*', 124))), ["1002"]);
        yield return new("Case_7_5_1", Close(1000, [0xCE, 0xBA, 0xED, 0xA0, 0x80, 0x65]), ["1007"]);
        int[] valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
        for (var i = 0; i < valid.Length; i++)
            yield return new($"Case_7_7_{i + 1}", Close(valid[i]), [$"Close {valid[i]}"]);
        int[] invalid = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
        for (var i = 0; i < invalid.Length; i++)
            yield return new($"Case_7_9_{i + 1}", Close(invalid[i]), ["1002"]);

        // Left open by the RFC; they are no codes either.
        yield return new("Case_7_13_1", Close(5000), ["1002"]);
        yield return new("Case_7_13_2", Close(65_535), ["1002"]);
    }

    private static byte[] Close(int code, ReadOnlySpan<byte> reason = default) => RawSocket.Frame(8, [(byte)(code >> 8), (byte)code, .. reason]);
}
