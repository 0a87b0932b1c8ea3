using BenchmarkDotNet.Attributes;
using Hubbub.Core.Hub;
using Hubbub.Protocol.WebSockets;

namespace Hubbub.MicroBenchmarks;

/// <summary>Compression of an event, which is done once for all its listeners; <see cref="LaneBenchmarks"/> shows that a further listener costs nothing of it.</summary>
[MemoryDiagnoser]
public class DeflateBenchmarks
{
    private byte[] _json = [];

    /// <summary>Bytes of the message's text.</summary>
    [Params(128, 4_000)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Prepare() => _json = Frame.Of(Samples.Event(1, System.Text.Encoding.ASCII.GetString(Samples.Text(Length)))).Json.ToArray();

    [Benchmark]
    public byte[]? Event_to_compressed_frame() => MessageDeflater.Deflate(_json);
}
