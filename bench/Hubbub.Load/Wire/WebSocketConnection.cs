using System.Text;
using Hubbub.Load.Loop;

namespace Hubbub.Load.Wire;

/// <summary>
/// A WebSocket client on an event loop: opens, answers pings, joins fragments, and hands whole text messages on as slices
/// of the receive buffer.
/// </summary>
internal abstract class WebSocketConnection(EventLoop loop, Target target, string? token, string path = "/ws") : LoopConnection(loop)
{
    private const int MaxMessage = 1024 * 1024;

    private Handshake? _handshake;
    private byte[]? _fragments;
    private int _fragmentsLength;
    private uint _mask = 0x9E3779B9;

    /// <summary>What the server's <c>closing</c> frame or close code said, if it said anything.</summary>
    protected string? Farewell { get; set; }

    public override void Shut()
    {
        if (IsConnected && !IsClosed && _handshake is null)
            SendFrame(Opcode.Close, [0x03, 0xE8]);
        base.Shut();
    }

    protected sealed override void OnConnected()
    {
        _handshake = new Handshake(target, path, token);
        Send(_handshake.Request);
    }

    protected abstract void OnOpen();

    protected abstract void OnText(ReadOnlySpan<byte> json, long now);

    protected void SendText(ReadOnlySpan<byte> json) => SendFrame(Opcode.Text, json);

    protected sealed override int OnBytes(Span<byte> bytes, long now)
    {
        var used = 0;
        if (_handshake is not null)
        {
            if (!HttpResponse.TryRead(bytes, out var response))
                return 0;
            _handshake.Check(response);
            _handshake = null;
            used = response.Length;
            OnOpen();
        }
        while (!IsClosed && SocketFrame.TryRead(bytes[used..], out var frame))
        {
            used += frame.Length;
            OnFrame(frame, now);
        }
        return used;
    }

    private void OnFrame(in SocketFrame frame, long now)
    {
        switch (frame.Opcode)
        {
            case Opcode.Text when frame.Final && _fragments is null:
                OnText(frame.Payload, now);
                break;
            case Opcode.Text when _fragments is null:
            case Opcode.Continuation when _fragments is not null:
                Join(frame, now);
                break;
            case Opcode.Ping:
                SendFrame(Opcode.Pong, frame.Payload);
                break;
            case Opcode.Pong:
                break;
            case Opcode.Close:
                var code = frame.Payload.Length < 2 ? "no code" : ((frame.Payload[0] << 8) | frame.Payload[1]).ToString();
                SendFrame(Opcode.Close, frame.Payload);
                Close($"the server closed the WebSocket with {code}{(Farewell is null ? "" : $" ({Farewell})")}");
                break;
            default:
                throw new WireFault($"a frame of opcode {frame.Opcode} came out of turn");
        }
    }

    private void Join(in SocketFrame frame, long now)
    {
        _fragments ??= new byte[4096];
        if (_fragmentsLength + frame.Payload.Length > MaxMessage)
            throw new WireFault($"a message is longer than {MaxMessage / 1024} KiB");
        if (_fragments.Length < _fragmentsLength + frame.Payload.Length)
            Array.Resize(ref _fragments, (_fragmentsLength + frame.Payload.Length) * 2);
        frame.Payload.CopyTo(_fragments.AsSpan(_fragmentsLength));
        _fragmentsLength += frame.Payload.Length;
        if (!frame.Final)
            return;
        var whole = _fragments.AsSpan(0, _fragmentsLength);
        _fragments = null;
        _fragmentsLength = 0;
        OnText(whole, now);
    }

    private void SendFrame(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        // The mask protects proxies from a page's crafted bytes; for these bytes it only has to vary.
        _mask = _mask * 1664525 + 1013904223;
        Send(Loop.Outbox.AsSpan(0, SocketFrame.Write(Loop.Outbox, opcode, payload, _mask)));
    }

    /// <summary>The words of a protocol error or closing frame.</summary>
    protected static string Explain(in WireFields fields) =>
        Encoding.UTF8.GetString(fields.Code.Length > 0 ? fields.Code : fields.Reason);
}
