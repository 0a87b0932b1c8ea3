using System.Text;
using Hubbub.TestKit.Clients;

namespace Hubbub.UnitTests.Protocol.WebSockets;

/// <summary>
/// Sections 9, 10, 12 and 13 of the Autobahn testsuite: sizes and compression. The suite echoes up to 16 MiB; Hubbub takes messages up to its limit, 64 KiB by default, and says so beyond it, so these are
/// the suite's cases on a smaller scale: the sizes at and around the limit.
/// </summary>
internal static class AutobahnLimits
{
    private const int Limit = Reading.Limit;

    public static IEnumerable<AutobahnCase> Cases => [.. Sizes(), .. Compressed()];

    private static IEnumerable<AutobahnCase> Sizes()
    {
        var full = Text(Limit);
        yield return new("Case_9_1_1", RawSocket.TextFrame(full), [$"Text {full}"]);
        for (var i = 2; i <= 6; i++)
            yield return new($"Case_9_1_{i}_is_too_big", RawSocket.TextFrame(Text(Limit << i)).AsSpan(0, 100).ToArray(), ["1009"]);
        yield return new("Case_9_2_1_binary_is_refused", RawSocket.Frame(2, Encoding.ASCII.GetBytes(full)), ["1003"]);

        // Fragments of 64 bytes and more; below 512 the limit would take more than 128 of them.
        for (var i = 1; i <= 6; i++)
        {
            var size = 64 << i;
            var text = Text(Math.Min(Limit, size * Reading.MaxFragments));
            yield return new($"Case_9_3_{i}", Fragments(text, size), [$"Text {text}"]);
        }

        yield return new("Case_9_3_fragments_over_their_limit", Fragments(Text(64 * 129), 64), ["1008"]);
        yield return new("Case_9_3_fragments_over_the_limit_of_a_message", Fragments(Text(Limit + 1), 4096), ["1009"]);
        yield return new("Case_9_5_chops_of_any_size", RawSocket.TextFrame(Text(10_000)), [$"Text {Text(10_000)}"]);
        int[] round = [0, 16, 64, 256, 1024, 4096];
        for (var i = 0; i < round.Length; i++)
        {
            var text = Text(round[i]);
            yield return new($"Case_9_7_{i + 1}", [.. Enumerable.Repeat(RawSocket.TextFrame(text), 10).SelectMany(f => f)], [.. Enumerable.Repeat($"Text {text}".Trim(), 10)]);
        }

        yield return new("Case_10_1_1", Fragments(new string('*', Limit), 1300), [$"Text {new string('*', Limit)}"]);
    }

    private static IEnumerable<AutobahnCase> Compressed()
    {
        // With what a client may have offered the messages are the same: our own window alone changes with the offer, see PerMessageDeflateTests and DeflateTests for section 13.
        int[] sizes = [16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536];
        for (var i = 0; i < sizes.Length; i++)
        {
            var text = Text(sizes[i]);
            var packed = Deflated.Pack(Encoding.UTF8.GetBytes(text));
            yield return new($"Case_12_1_{i + 1}", [.. Deflated.Frame(packed), .. Deflated.Frame(packed)], [$"Text {text}", $"Text {text}"], Deflate: true);
            yield return new($"Case_12_2_{i + 1}_binary_is_refused", RawSocket.Frame(2, packed, reserved: Deflated.Bit), ["1003"], Deflate: true);
        }

        yield return new("Case_12_1_10_is_too_big", Deflated.Frame(Deflated.Pack(Encoding.UTF8.GetBytes(Text(2 * Limit)))), ["1009"], Deflate: true);

        // The suite's fragments are pieces of the text, each a block of its own.
        foreach (var (number, size) in new[] { (11, 8192), (12, 16_384), (13, 32_768) })
        {
            var text = Text(size);
            yield return new($"Case_12_1_{number}", Deflated.Frame(Deflated.Pack(Encoding.UTF8.GetBytes(text), piece: 256), 256), [$"Text {text}"], Deflate: true);
        }
    }

    private static string Text(int length) =>
        string.Create(length, 0, static (span, _) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = "BAsd7&jh23,{\"sequence\":42}"[((i * 7) + (i / 100)) % 26];
        });

    private static byte[] Fragments(string text, int size)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [.. bytes.Chunk(size).SelectMany((part, i) => RawSocket.Frame((byte)(i == 0 ? 1 : 0), part, final: (i + 1) * size >= bytes.Length))];
    }
}
