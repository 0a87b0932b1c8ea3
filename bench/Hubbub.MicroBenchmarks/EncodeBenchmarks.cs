using BenchmarkDotNet.Attributes;
using Hubbub.Core.Hub;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.MicroBenchmarks;

/// <summary>An event into bytes, once per event and node; and a client's frame out of them.</summary>
[MemoryDiagnoser]
public class EncodeBenchmarks
{
    private readonly RoomEvent _event = Samples.Event(42);
    private readonly byte[] _frame = """{"type":"message","id":7,"payload":{"roomId":"room1","message":"Hello, everyone","key":"k-1"}}"""u8.ToArray();

    [Benchmark]
    public Frame Event_to_shared_frame() => Frame.Of(_event);

    [Benchmark]
    public ClientFrame? Client_frame_from_bytes()
    {
        FrameDecoder.Decode(_frame, out var frame, out _);
        return frame;
    }
}
