using System.Text;
using Hubbub.TestKit.Clients;

namespace Hubbub.UnitTests.Protocol.WebSockets;

/// <summary>Section 6 of the Autobahn testsuite: UTF-8, by the sequences of Markus Kuhn's decoder stress test.</summary>
internal static class AutobahnTexts
{
    // The accented letter is one of three bytes, as in the stress test.
    private const string Kosme = "κ\u1F79σμε";

    // Not quite UTF-8: the code point is beyond Unicode, which the second of its bytes shows.
    private static readonly byte[] Beyond = Encoded(0x110000, 4);

    public static IEnumerable<AutobahnCase> Cases => [.. Fragmented(), .. Numbered()];

    private static IEnumerable<AutobahnCase> Fragmented()
    {
        const string Hello = "Hello-µ@ßöäüàá-UTF-8!!";
        byte[] kosme = Utf8(Kosme), wrong = [.. kosme, 0xED, 0xA0, 0x80, .. "edited"u8], beyond = [.. kosme, .. Beyond, .. "edited"u8];
        yield return new("Case_6_1_1", RawSocket.TextFrame(""), ["Text"]);
        yield return new("Case_6_1_2", Fragments([], [], []), ["Text"]);
        yield return new("Case_6_1_3", Fragments([], "middle frame payload"u8.ToArray(), []), ["Text middle frame payload"]);
        yield return new("Case_6_2_1", RawSocket.TextFrame(Hello), [$"Text {Hello}"]);
        yield return new("Case_6_2_2", Fragments(Utf8("Hello-µ@ßöä"), Utf8("üàá-UTF-8!!")), [$"Text {Hello}"]);
        yield return new("Case_6_2_3", Single(Utf8(Hello)), [$"Text {Hello}"]);
        yield return new("Case_6_2_4", Single(kosme), [$"Text {Kosme}"]);
        yield return new("Case_6_3_1", RawSocket.Frame(1, wrong), ["1007"]);

        // The third fragment from the end of what is wrong is the last that comes: no more is needed to see it.
        yield return new("Case_6_3_2", Single(wrong.AsSpan(0, 13), isWhole: false), ["1007"]);
        yield return new("Case_6_4_1", Begun(kosme, Beyond), ["1007"]);
        yield return new("Case_6_4_2", Begun(beyond[..12], beyond[12..13]), ["1007"]);

        // Within one frame the suite would have it refused before the frame has come; the text is looked at when it is there, which the suite calls non-strict.
        yield return new("Case_6_4_3_non_strict", RawSocket.Frame(1, beyond), ["1007"]);
        yield return new("Case_6_4_4_non_strict", RawSocket.Frame(1, beyond), ["1007"]);
    }

    private static IEnumerable<AutobahnCase> Numbered()
    {
        int[] lengths = [2, 3, 4, 5, 6];
        long[] longest = [0x7FF, 0xFFFF, 0x1FFFFF, 0x3FFFFFF, 0x7FFFFFFF];
        int[] surrogates = [0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF];
        byte[][] cut = [.. lengths.Select(l => Encoded(0, l)[..^1]), .. lengths.Zip(longest, (l, value) => Encoded(value, l)[..^1])];
        byte[][][] sections =
        [
            [Utf8("hello$world"), Utf8("hello¢world"), Utf8("hello€world"), Utf8("hello𤭢world"), Utf8(Kosme)], // 5: valid
            [.. Enumerable.Range(1, 11).Select(length => Utf8(Kosme)[..length])],                             // 6: all its beginnings
            [Encoded(0, 1), Encoded(0x80, 2), Encoded(0x800, 3), Encoded(0x10000, 4)],                         // 7: the first of each length
            [Encoded(0x200000, 5), Encoded(0x4000000, 6)],                                                     // 8
            [Encoded(0x7F, 1), Encoded(0x7FF, 2), Encoded(0xFFFF, 3), Encoded(0x10FFFF, 4)],                   // 9: the last of each length
            [Encoded(0x1FFFFF, 4), Encoded(0x3FFFFFF, 5), Encoded(0x7FFFFFFF, 6)],                             // 10
            [Encoded(0xD7FF, 3), Encoded(0xE000, 3), Encoded(0xFFFD, 3), Encoded(0x10FFFF, 4), Beyond],        // 11: boundaries
            [[0x80], [0xBF], .. Enumerable.Range(2, 5).Select(Alternating), Span(0x80, 0xBE)],                 // 12: continuation bytes
            [Lonely(0xC0, 0xDE), Lonely(0xE0, 0xEE), Lonely(0xF0, 0xF6), Lonely(0xF8, 0xFA), Lonely(0xFC, 0xFC)], // 13: first bytes
            cut,                                                                                               // 14: the last byte missing
            [[.. cut.SelectMany(c => c)]],                                                                     // 15
            [[0xFE], [0xFF], [0xFE, 0xFE, 0xFF, 0xFF]],                                                        // 16: impossible bytes
            [.. lengths.Select(l => Encoded('/', l))],                                                         // 17: overlong
            [Encoded(0x7F, 2), Encoded(0x7FF, 3), Encoded(0xFFFF, 4), Encoded(0x1FFFFF, 5), Encoded(0x3FFFFFF, 6)], // 18
            [.. lengths.Select(l => Encoded(0, l))],                                                           // 19
            [.. surrogates.Select(s => Encoded(s, 3))],                                                        // 20
            [.. surrogates[..4].SelectMany(high => new[] { 0xDC00, 0xDFFF }.Select(low => (byte[])[.. Encoded(high, 3), .. Encoded(low, 3)]))], // 21
            [.. Enumerable.Range(0, 17).SelectMany(plane => new[] { 0xFFFE, 0xFFFF }.Select(c => (plane << 16) | c)).Select(Utf8)], // 22: no characters
            [.. Enumerable.Range(0xFFF9, 7).Select(Utf8)],                                                     // 23: specials
        ];
        for (var section = 0; section < sections.Length; section++)
        {
            for (var i = 0; i < sections[section].Length; i++)
            {
                var bytes = sections[section][i];
                string[] heard = [IsUtf8(bytes) ? $"Text {Encoding.UTF8.GetString(bytes)}" : "1007"];
                yield return new($"Case_6_{section + 5}_{i + 1}", RawSocket.Frame(1, bytes), heard);

                // Also letter by letter, which the suite does not ask for.
                yield return new($"Case_6_{section + 5}_{i + 1}_in_fragments", Single(bytes), heard);
            }
        }
    }

    /// <summary>The scheme of UTF-8 for any number and any length, also those that UTF-8 does not allow.</summary>
    private static byte[] Encoded(long value, int length)
    {
        if (length == 1)
            return [(byte)value];
        var bytes = new byte[length];
        for (var i = length - 1; i > 0; i--, value >>= 6)
            bytes[i] = (byte)(0x80 | (value & 0x3F));
        bytes[0] = (byte)((0xFF00 >> length) | (int)value);
        return bytes;
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Utf8(int codePoint) => Encoded(codePoint, codePoint < 0x10000 ? 3 : 4);

    /// <summary>By the framework's strict decoder.</summary>
    private static bool IsUtf8(byte[] bytes)
    {
        try
        {
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static byte[] Alternating(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i % 2 == 0 ? 0x80 : 0xBF))];

    private static byte[] Span(int from, int to) => [.. Enumerable.Range(from, to - from + 1).Select(b => (byte)b)];

    private static byte[] Lonely(int from, int to) => [.. Span(from, to).SelectMany(b => new[] { b, (byte)' ' })];

    private static byte[] Fragments(params byte[][] parts) =>
        [.. parts.SelectMany((part, i) => RawSocket.Frame((byte)(i == 0 ? 1 : 0), part, final: i == parts.Length - 1))];

    private static byte[] Single(ReadOnlySpan<byte> bytes, bool isWhole = true)
    {
        byte[][] parts = [.. bytes.ToArray().Select(b => new[] { b })];
        return isWhole ? Fragments(parts) : Begun(parts);
    }

    /// <summary>Fragments without an end.</summary>
    private static byte[] Begun(params byte[][] parts) => [.. parts.SelectMany((part, i) => RawSocket.Frame((byte)(i == 0 ? 1 : 0), part, final: false))];
}
