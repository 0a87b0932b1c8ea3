using System.Buffers;
using Hubbub.Core.Hub;
using Hubbub.Protocol;
using Hubbub.Protocol.WebSockets;

namespace Hubbub.Server.Transports.WebSockets;

/// <summary>
/// A buffer of whole frames that one write hands to the socket: everything between the cursors and the heads, coalesced. Rented while there is something to
/// write, so an idle connection holds none.
/// </summary>
internal sealed class WebSocketSink : IFrameSink, IDisposable
{
    /// <summary>One write's worth. A page from the store may go beyond it, up to 1 MiB.</summary>
    private const int Enough = 64 * 1024;
    private const int FirstRent = 4 * 1024;

    private byte[]? _buffer;
    private int _length;

    public bool IsFull => _length >= Enough;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    public void Write(Frame frame, Subscription? subscription) => Write(frame.WebSocket.Span);

    public void WriteControl(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        Span<byte> frame = stackalloc byte[ServerFrameHeader.MaxLength + 125];
        var head = ServerFrameHeader.Write(frame, opcode, payload.Length);
        payload.CopyTo(frame[head..]);
        Write(frame[..(head + payload.Length)]);
    }

    public void WriteClose(CloseCode code, string reason)
    {
        // A control frame has 125 bytes: two of code, the rest for the reason. Our reasons are short ASCII.
        Span<byte> payload = stackalloc byte[2 + reason.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        System.Text.Encoding.ASCII.GetBytes(reason, payload[2..]);
        WriteControl(Opcode.Close, payload[..Math.Min(payload.Length, 125)]);
    }

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
