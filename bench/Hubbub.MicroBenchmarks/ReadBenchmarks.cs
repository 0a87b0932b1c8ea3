using System.IO.Compression;
using BenchmarkDotNet.Attributes;
using Hubbub.Protocol.WebSockets;

namespace Hubbub.MicroBenchmarks;

/// <summary>A client's message out of the bytes of its socket: whole, in fragments, and compressed.</summary>
[MemoryDiagnoser]
public class ReadBenchmarks : IDisposable
{
    private readonly MessageReader _reader = new(64 * 1024, 128, inflates: true);
    private byte[] _whole = [];
    private byte[] _fragments = [];
    private byte[] _compressed = [];
    private byte[] _input = [];

    /// <summary>Bytes of the message: a chat line's, and a long text's.</summary>
    [Params(200, 16_000)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var message = Samples.Text(Length);
        _whole = Frame(0x81, message);
        _fragments = [.. message.Chunk((Length + 3) / 4).SelectMany((part, i) => Frame((byte)((i == 0 ? 1 : 0) | (i == 3 ? 0x80 : 0)), part))];
        using var packed = new MemoryStream();
        using var deflate = new DeflateStream(packed, CompressionLevel.Optimal);
        deflate.Write(message);
        deflate.Flush();
        _compressed = Frame(0xC1, packed.ToArray()[..^4]);
        _input = new byte[_fragments.Length];
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _reader.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public Received Whole() => Read(_whole);

    [Benchmark]
    public Received In_four_fragments() => Read(_fragments);

    [Benchmark]
    public Received Compressed() => Read(_compressed);

    /// <summary>With a copy, since reading unmasks in place.</summary>
    private Received Read(byte[] stream)
    {
        stream.CopyTo(_input, 0);
        var rest = _input.AsMemory(0, stream.Length);
        Received kind;
        do
        {
            kind = _reader.Read(rest, out var consumed, out _);
            rest = rest[consumed..];
        }
        while (kind == Received.Fragment);
        _reader.Forget();
        return kind;
    }

    private static byte[] Frame(byte first, byte[] payload)
    {
        byte[] mask = [0x37, 0xFA, 0x21, 0x3D];
        byte[] head = payload.Length <= 125
            ? [first, (byte)(0x80 | payload.Length), .. mask]
            : [first, 0xFE, (byte)(payload.Length >> 8), (byte)payload.Length, .. mask];
        return [.. head, .. payload.Select((b, i) => (byte)(b ^ mask[i & 3]))];
    }
}
