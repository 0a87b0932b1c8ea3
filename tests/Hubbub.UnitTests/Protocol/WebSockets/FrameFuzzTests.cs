using System.Diagnostics;
using System.Globalization;
using Hubbub.Server.Transports.Loops;
using Xunit;
using Xunit.Abstractions;

namespace Hubbub.UnitTests.Protocol.WebSockets;

/// <summary>
/// What reads bytes of strangers meets streams that were changed at random, in random pieces. It must not throw, must make progress, must ask for no more than its limit, and must hold
/// no memory; and what was not changed must come out as it went in. A few seconds by default; <c>HUBBUB_FUZZ_SECONDS=60 dotnet test tests/Hubbub.UnitTests --filter FrameFuzzTests</c> plays longer,
/// <c>HUBBUB_SEED=n</c> a single stream again.
/// </summary>
[Collection(nameof(Alone))]
public sealed class FrameFuzzTests(ITestOutputHelper output)
{
    private const int FirstSeed = 1;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Frames_that_were_changed_at_random_are_read_or_refused(bool deflate) =>
        Fuzz($"frames, deflate {(deflate ? "on" : "off")}", random => FuzzedStream.OfClient(random, deflate), () => new FrameTarget(deflate));

    [Fact]
    public void Heads_that_were_changed_at_random_are_read_or_left_to_Kestrel() => Fuzz("heads", FuzzedStream.OfUpgrade, () => new HeadTarget());

    private void Fuzz(string what, Func<Random, FuzzedStream> make, Func<IFuzzTarget> open)
    {
        if (Environment.GetEnvironmentVariable("HUBBUB_SEED") is { Length: > 0 } one)
        {
            Play(int.Parse(one, CultureInfo.InvariantCulture), make, open);
            return;
        }

        // A third, since three kinds of streams are played.
        var seconds = Environment.GetEnvironmentVariable("HUBBUB_FUZZ_SECONDS") is { Length: > 0 } asked ? double.Parse(asked, CultureInfo.InvariantCulture) : 6;
        var watch = Stopwatch.StartNew();
        var seed = FirstSeed;
        long bytes = 0, heldBefore = 0;
        for (; watch.Elapsed.TotalSeconds < seconds / 3 || seed < FirstSeed + 1000; seed++)
        {
            // After the pools have filled.
            if (seed == FirstSeed + 500)
                heldBefore = GC.GetTotalMemory(forceFullCollection: true);
            try
            {
                bytes += Play(seed, make, open);
            }
            catch (Exception e)
            {
                Assert.Fail($"HUBBUB_SEED={seed}, {what}: {e}");
            }
        }

        var held = GC.GetTotalMemory(forceFullCollection: true) - heldBefore;
        output.WriteLine($"{what}: seeds {FirstSeed} to {seed - 1}, {bytes / 1e6:0.0} MB, {watch.Elapsed.TotalSeconds:0.0} s, memory {held / 1024:+0;-0} KiB");
        Assert.True(held < 4 * 1024 * 1024, $"{what}: {held} bytes more are held than after 500 streams.");
    }

    private static int Play(int seed, Func<Random, FuzzedStream> make, Func<IFuzzTarget> open)
    {
        var random = new Random(seed);
        var stream = make(random);
        var isChanged = random.Next(4) != 0;
        var bytes = isChanged ? Spoiled.From(random, stream.Bytes) : stream.Bytes;
        using var target = open();
        for (var at = 0; at < bytes.Length && !target.IsOver;)
        {
            // Mostly as a socket gives them, at times byte by byte.
            var piece = Math.Min(bytes.Length - at, random.Next(3) switch { 0 => 1, 1 => random.Next(1, 40), _ => random.Next(1, 10_000) });
            target.Take(bytes.AsSpan(at, piece));
            at += piece;
        }

        if (!isChanged)
            Assert.Equal(stream.Heard, target.Heard);
        return bytes.Length;
    }

    /// <summary>Something that reads bytes as they come. To fuzz another reader, give it one of these and a maker of its streams.</summary>
    private interface IFuzzTarget : IDisposable
    {
        IReadOnlyList<string> Heard { get; }

        /// <summary>It has refused, and reads no more.</summary>
        bool IsOver { get; }

        /// <summary>Takes the next piece; checks its own limits.</summary>
        void Take(ReadOnlySpan<byte> piece);
    }

    private sealed class FrameTarget(bool deflate) : IFuzzTarget
    {
        private readonly Reading _reading = new(deflate, limit: 8 * 1024);

        public IReadOnlyList<string> Heard => _reading.Heard;

        public bool IsOver => _reading.IsOver;

        public void Take(ReadOnlySpan<byte> piece)
        {
            _reading.Take(piece);
            Assert.InRange(_reading.Left, 0, 10_000 + (8 * 1024) + 1024);
        }

        public void Dispose() => _reading.Dispose();
    }

    /// <summary>Looks at a head as a visitor does: at all that has come, each time anew.</summary>
    private sealed class HeadTarget : IFuzzTarget
    {
        private readonly List<byte> _come = [];
        private readonly List<string> _heard = [];

        public IReadOnlyList<string> Heard => _heard;

        public bool IsOver => _heard.Count > 0;

        public void Take(ReadOnlySpan<byte> piece)
        {
            _come.AddRange(piece);
            var seen = Math.Min(_come.Count, UpgradeHead.MaxLength);
            switch (UpgradeHead.Read(_come.GetRange(0, seen).ToArray(), out var head))
            {
                case HeadKind.Incomplete:
                    Assert.True(seen < UpgradeHead.MaxLength);
                    break;
                case HeadKind.Other:
                    _heard.Add("Other");
                    break;
                case HeadKind.Upgrade:
                    Assert.InRange(head!.Length, 1, seen);
                    _ = head.CredentialsOf(believesProxy: true);
                    _heard.Add("Upgrade");
                    break;
            }
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
