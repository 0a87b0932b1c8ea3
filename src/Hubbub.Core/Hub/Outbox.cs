using System.Runtime.InteropServices;
using Hubbub.Protocol.WebSockets;

namespace Hubbub.Core.Hub;

/// <summary>
/// What one connection has to write by itself, gathered for one write. It keeps which frame is whose, so that what the kernel does not take can be given back (<see cref="Feed.TakeBack"/>).
/// One a shard, cleared after each use.
/// </summary>
public sealed class Outbox : IFrameSink
{
    /// <summary>One write's worth. A page from the store may go beyond it, up to 1 MiB.</summary>
    private const int Enough = 64 * 1024;

    private readonly List<(Frame Frame, Subscription? Subscription)> _frames = [];
    private byte[] _joined = GC.AllocateUninitializedArray<byte>(2 * Enough, pinned: true);

    /// <summary>Also behind a close frame: nothing follows it.</summary>
    public bool IsFull => Bytes >= Enough || (_frames.Count > 0 && Last.IsClose);

    public int Bytes { get; private set; }

    /// <summary>What the connection has agreed to whose frames are here. Set while it is empty.</summary>
    public PerMessageDeflate Deflate { get; set; }

    public bool IsEmpty => _frames.Count == 0;

    public Frame Last => _frames[^1].Frame;

    public void Write(Frame frame, Subscription? subscription)
    {
        _frames.Add((frame, subscription));
        Bytes += frame.WebSocketFor(Deflate).Length;
    }

    /// <summary>All frames in one piece.</summary>
    public ReadOnlySpan<byte> Join()
    {
        if (_frames.Count == 1)
            return _frames[0].Frame.WebSocketFor(Deflate).Span;
        if (_joined.Length < Bytes)
            _joined = GC.AllocateUninitializedArray<byte>(Bytes, pinned: true);
        var filled = 0;
        foreach (var (frame, _) in _frames)
        {
            var bytes = frame.WebSocketFor(Deflate);
            bytes.CopyTo(_joined.AsMemory(filled));
            filled += bytes.Length;
        }

        return _joined.AsSpan(0, filled);
    }

    /// <summary>The frames of which the kernel took nothing, given how many bytes it took; and the one that was cut, if one was.</summary>
    public ReadOnlySpan<(Frame Frame, Subscription? Subscription)> After(int taken, out Frame? cut, out int offset)
    {
        cut = null;
        offset = 0;
        var i = 0;
        for (; i < _frames.Count && taken > 0; i++)
        {
            var length = _frames[i].Frame.WebSocketFor(Deflate).Length;
            if (taken < length)
                (cut, offset) = (_frames[i].Frame, taken);
            taken -= length;
        }

        return CollectionsMarshal.AsSpan(_frames)[i..];
    }

    public void Clear()
    {
        _frames.Clear();
        Bytes = 0;

        // A page of the largest messages was here; the next one may never come.
        if (_joined.Length > 2 * Enough)
            _joined = GC.AllocateUninitializedArray<byte>(2 * Enough, pinned: true);
    }
}
