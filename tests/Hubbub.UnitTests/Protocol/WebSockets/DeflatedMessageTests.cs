using System.IO.Compression;
using System.Text;
using Hubbub.Protocol.WebSockets;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.UnitTests.Protocol.WebSockets;

/// <summary>Compressed messages of a client, as zlib makes them and as nobody should, through the reader.</summary>
public sealed class DeflatedMessageTests
{
    private const int Seed = 20261125;

    private static readonly byte[] Hello = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00];

    [Theory]
    [InlineData("F248CDC9C90700", "Hello")] // a fixed code
    [InlineData("000500FAFF48656C6C6F00", "Hello")] // a stored block
    [InlineData("F348CDC9C9070000", "Hello")] // a final block
    [InlineData("F348CDC9C90700", "Hello")] // a final block without the byte behind it
    [InlineData("F348CDC9C90700F348CDC9C9070000", "HelloHello")] // two final blocks
    [InlineData("F24805000000FFFFCAC9C90700", "Hello")] // two blocks
    [InlineData("00", "")] // nothing
    [InlineData("000000FFFF000000FFFF00", "")] // nothing, in many blocks
    public void The_forms_of_rfc_7692_are_read(string payload, string text) =>
        Assert.Equal([$"Text {text}".Trim()], Reading.HoweverCut(Deflated.Frame(Convert.FromHexString(payload)), deflate: true));

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.SmallestSize)]
    public void What_zlib_makes_comes_out_equal_in_any_blocks_and_fragments(CompressionLevel level)
    {
        var random = new Random(Seed);
        foreach (var length in new[] { 0, 1, 2, 3, 10, 257, 258, 259, 1000, 5000, 33_000, Reading.Limit })
        {
            foreach (var text in new[] { new string('x', length), Words(random, length), Noise(random, length) })
            {
                var bytes = Encoding.UTF8.GetBytes(text);
                foreach (var piece in new[] { int.MaxValue, 1 + (length / 3) })
                {
                    var packed = Deflated.Pack(bytes, level, piece);
                    Assert.Equal([$"Text {text}".TrimEnd(' ')], Reading.Of(Deflated.Frame(packed), deflate: true));
                    Assert.Equal([$"Text {text}".TrimEnd(' ')], Reading.Of(Deflated.Frame(packed, 1 + (packed.Length / 7)), deflate: true));
                }

                Assert.Equal([$"Text {text}".TrimEnd(' ')], Reading.Of(Deflated.Frame(Deflated.PackFinal(bytes)), deflate: true));
            }
        }
    }

    [Fact]
    public void A_compressed_message_may_be_cut_anywhere_on_its_way()
    {
        var (a, b) = (Words(new Random(Seed), 700), Words(new Random(Seed + 1), 300));
        byte[] stream =
        [
            .. Deflated.Frame(Deflated.Pack(Encoding.UTF8.GetBytes(a)), 100), .. RawSocket.TextFrame("plain"),
            .. Deflated.Frame(Deflated.Pack(Encoding.UTF8.GetBytes(b))),
        ];
        Assert.Equal([$"Text {a}", "Text plain", $"Text {b}"], Reading.HoweverCut(stream, deflate: true));
    }

    [Fact]
    public void Plain_and_compressed_messages_and_control_frames_may_alternate()
    {
        byte[] stream =
        [
            .. RawSocket.TextFrame("pl", final: false), .. RawSocket.Frame(0, "ain"u8),
            .. RawSocket.Frame(1, Hello.AsSpan(0, 3), final: false, reserved: Deflated.Bit), .. RawSocket.Frame(9, "between"u8), .. RawSocket.Frame(0, Hello.AsSpan(3)),
            .. RawSocket.Frame(0x1, "plain again"u8), .. Deflated.Frame(Hello),
        ];
        Assert.Equal(["Text plain", "Ping between", "Text Hello", "Text plain again", "Text Hello"], Reading.HoweverCut(stream, deflate: true));
    }

    [Fact]
    public void No_message_knows_of_the_one_before_it()
    {
        // One compressor for two messages: the second refers to the first.
        var text = "the same words as before, the same words"u8;
        using var packed = new MemoryStream();
        using var deflate = new DeflateStream(packed, CompressionLevel.Optimal);
        deflate.Write(text);
        deflate.Flush();
        var first = packed.ToArray()[..^4];
        packed.SetLength(0);
        deflate.Write(text);
        deflate.Flush();
        var second = packed.ToArray()[..^4];

        Assert.Equal(
            ["Text the same words as before, the same words", "1007"], Reading.Of([.. Deflated.Frame(first), .. Deflated.Frame(second)], deflate: true));
    }

    [Theory]
    [InlineData('x')]
    [InlineData('?')]
    public void The_limit_holds_for_what_is_inflated(char what)
    {
        // Once what shrinks to nothing, once what does not shrink at all and is longer compressed.
        var random = new Random(Seed);
        var text = what == 'x' ? new string('x', Reading.Limit + 1) : Noise(random, Reading.Limit + 1);
        foreach (var level in new[] { CompressionLevel.NoCompression, CompressionLevel.Optimal })
        {
            var fits = Deflated.Pack(Encoding.UTF8.GetBytes(text, 0, Reading.Limit), level);
            var tooLong = Deflated.Pack(Encoding.UTF8.GetBytes(text), level);
            foreach (var fragment in new[] { int.MaxValue, 1000 })
            {
                Assert.Equal([$"Text {text[..^1]}"], Reading.Of(Deflated.Frame(fits, fragment), deflate: true));
                Assert.Equal(["1009"], Reading.Of(Deflated.Frame(tooLong, fragment), deflate: true));
            }
        }
    }

    [Fact]
    public void A_bomb_ends_at_the_limit_and_costs_no_more_than_it()
    {
        var bombs = new[]
        {
            Deflated.Pack(new byte[32 * 1024 * 1024], CompressionLevel.SmallestSize),
            Deflated.Pack(new byte[4 * 1024 * 1024], CompressionLevel.SmallestSize, piece: 1024),
            Deflated.Pack(new byte[1000 * 1024]),
        };
        foreach (var bomb in bombs)
        {
            foreach (var fragment in new[] { int.MaxValue, 1024 })
            {
                var stream = Deflated.Frame(bomb.AsSpan(0, Math.Min(bomb.Length, 60_000)), fragment);
                using var reader = new MessageReader(Reading.Limit, Reading.MaxFragments, inflates: true);
                var before = GC.GetAllocatedBytesForCurrentThread();
                var kind = Received.Fragment;
                for (var rest = stream.AsMemory(); kind == Received.Fragment;)
                {
                    kind = reader.Read(rest, out var consumed, out _);
                    rest = rest[consumed..];
                }

                Assert.Equal((Received.Violation, 1009), (kind, (int)reader.ViolationCode));

                // The pool grows in powers of two: at most 1 + 2 + … + 128 KiB, for the message and for what it becomes.
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * 256 * 1024);
            }
        }
    }

    [Fact]
    public void Blocks_without_end_that_hold_nothing_are_read_to_their_end()
    {
        var empties = Enumerable.Repeat<byte[]>([0x00, 0x00, 0x00, 0xFF, 0xFF], 12_000).SelectMany(b => b).Append<byte>(0).ToArray();
        Assert.Equal(["Text"], Reading.Of(Deflated.Frame(empties), deflate: true));
    }

    [Fact]
    public void A_cut_message_is_broken_wherever_it_is_cut()
    {
        var packed = Deflated.Pack(Encoding.UTF8.GetBytes(Words(new Random(Seed), 3000)));
        for (var length = 1; length < packed.Length - 1; length++)
            Assert.Equal(["1007"], Reading.Of(Deflated.Frame(packed.AsSpan(0, length)), deflate: true));
    }

    [Theory]
    [InlineData("")] // no block at all
    [InlineData("06")] // the reserved kind of block
    [InlineData("000500FBFF48656C6C6F00")] // a stored block whose length is not confirmed
    [InlineData("000500FAFF4865")] // a stored block that is cut
    [InlineData("02020000")] // a distance before the beginning
    [InlineData("F248CDC9C9070001")] // bytes behind the end
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFF")] // noise
    public void What_is_no_deflate_is_broken(string payload) =>
        Assert.Equal(["1007"], Reading.HoweverCut(Deflated.Frame(Convert.FromHexString(payload)), deflate: true));

    [Fact]
    public void Text_that_is_not_utf8_is_refused_also_when_compressed() =>
        Assert.Equal(["1007"], Reading.HoweverCut(Deflated.Frame(Deflated.Pack([0x48, 0xC3, 0x28])), deflate: true));

    [Fact]
    public void Whatever_zlib_refuses_is_refused_and_what_is_read_is_what_zlib_reads()
    {
        var random = new Random(Seed);
        var (read, refused) = (0, 0);
        for (var round = 0; round < 20_000; round++)
        {
            var packed = Deflated.Pack(Encoding.UTF8.GetBytes(Words(random, random.Next(400))), random.Next(4) switch { 0 => CompressionLevel.NoCompression, 1 => CompressionLevel.Fastest, _ => CompressionLevel.Optimal }, random.Next(20, 500));
            for (var changes = random.Next(3); changes >= 0; changes--)
                packed[random.Next(packed.Length)] ^= (byte)(1 << random.Next(8));
            using var reader = new MessageReader(Reading.Limit, Reading.MaxFragments, inflates: true);
            var kind = reader.Read(Deflated.Frame(packed), out _, out var payload);
            if (kind == Received.Text)
            {
                read++;
                Assert.True(payload.Span.SequenceEqual(Deflated.Unpack(packed)) || HasFinalBlockInside(packed), $"Seed {Seed}, round {round}: {Convert.ToHexString(packed)}");
            }
            else
            {
                refused++;
                Assert.Equal(Received.Violation, kind);
            }
        }

        Assert.True(read > 1000 && refused > 1000, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Reading_compressed_messages_allocates_nothing()
    {
        var stream = Deflated.Frame(Deflated.Pack(Encoding.UTF8.GetBytes(Words(new Random(Seed), 2000))));
        var copy = stream.ToArray();
        using var reader = new MessageReader(Reading.Limit, Reading.MaxFragments, inflates: true);
        long before = 0;
        var texts = 0;
        for (var i = 0; i < 200; i++)
        {
            if (i == 100)
                before = GC.GetAllocatedBytesForCurrentThread();
            stream.CopyTo(copy, 0);
            texts += reader.Read(copy, out _, out _) == Received.Text ? 1 : 0;
            reader.Forget();
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(200, texts);
        Assert.Equal(0, allocated);
    }

    [Theory]
    [InlineData(0x0)] // a continuation
    [InlineData(0x9)] // a ping
    [InlineData(0xA)] // a pong
    [InlineData(0x8)] // a close
    public void Only_the_first_frame_of_a_message_says_that_it_is_compressed(byte opcode)
    {
        var begun = RawSocket.Frame(1, Hello.AsSpan(0, 3), final: false, reserved: Deflated.Bit);
        Assert.Equal(["1002"], Reading.HoweverCut([.. begun, .. RawSocket.Frame(opcode, [], reserved: Deflated.Bit)], deflate: true));
    }

    [Theory]
    [InlineData(0x20)]
    [InlineData(0x10)]
    [InlineData(0x60)]
    [InlineData(0x70)]
    public void The_other_reserved_bits_have_no_meaning(byte reserved) =>
        Assert.Equal(["1002"], Reading.HoweverCut(RawSocket.Frame(1, Hello, reserved: reserved), deflate: true));

    [Fact]
    public void A_compressed_binary_message_is_refused_as_binary() =>
        Assert.Equal(["1003"], Reading.HoweverCut(RawSocket.Frame(2, Hello, reserved: Deflated.Bit), deflate: true));

    [Fact]
    public void Where_nothing_was_agreed_the_bit_is_a_broken_rule() => Assert.Equal(["1002"], Reading.HoweverCut(Deflated.Frame(Hello)));

    /// <summary>The framework's stream stops at a final block, whatever follows; the extension reads on.</summary>
    private static bool HasFinalBlockInside(byte[] packed)
    {
        var known = Deflated.Unpack(packed);
        using var reader = new MessageReader(Reading.Limit, Reading.MaxFragments, inflates: true);
        return reader.Read(Deflated.Frame(packed), out _, out var payload) == Received.Text && payload.Length > known.Length && payload.Span.StartsWith(known);
    }

    private static string Words(Random random, int length)
    {
        string[] words = ["message", "room1", "{\"type\":", "\"payload\"", "hello", "世界", "ß", "😀", " ", ", ", "0", "42", "the", "and"];
        var text = new StringBuilder();
        while (Encoding.UTF8.GetByteCount(text.ToString()) < length)
            text.Append(words[random.Next(words.Length)]);
        while (Encoding.UTF8.GetByteCount(text.ToString()) > length)
            text.Length -= char.IsLowSurrogate(text[^1]) ? 2 : 1;
        return text.ToString();
    }

    private static string Noise(Random random, int length) =>
        string.Create(length, random, static (span, random) =>
        {
            foreach (ref var c in span)
                c = (char)random.Next(32, 127);
        });
}
