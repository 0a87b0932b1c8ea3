using System.Buffers;
using Hubbub.Core.Hub;
using Hubbub.Protocol.WebSockets;

namespace Hubbub.Server.Transports.WebSockets;

/// <summary>
/// A buffer of whole frames that one write hands to the socket: everything between the cursors and the heads, coalesced. Rented while there is something to
/// write, so an idle connection holds none.
/// </summary>
/// <param name="deflate">What the connection has agreed to.</param>
internal sealed class WebSocketSink(PerMessageDeflate deflate) : IFrameSink, IDisposable
{
    /// <summary>One write's worth. A page from the store may go beyond it, up to 1 MiB.</summary>
    private const int Enough = 64 * 1024;
    private const int FirstRent = 4 * 1024;

    private byte[]? _buffer;
    private int _length;

    public bool IsFull => _length >= Enough;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    public void Write(Frame frame, Subscription? subscription) => Write(frame.WebSocketFor(deflate).Span);

    public void Clear()
    {
        _length = 0;
        if (_buffer is null)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
    }

    public void Dispose() => Clear();

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (_buffer is null || _length + bytes.Length > _buffer.Length)
        {
            var grown = ArrayPool<byte>.Shared.Rent(Math.Max(FirstRent, 2 * (_length + bytes.Length)));
            _buffer.AsSpan(0, _length).CopyTo(grown);
            if (_buffer is not null)
                ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = grown;
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }
}
