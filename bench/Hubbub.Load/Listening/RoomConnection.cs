using System.Text;
using Hubbub.Load.Loop;
using Hubbub.Load.Wire;

namespace Hubbub.Load.Listening;

/// <summary>
/// A WebSocket that joins one room and stays. It is settled when the room answers <c>joined</c>. This class ignores what it
/// hears, as an idle reader does; <see cref="RoomListener"/> checks it.
/// </summary>
internal class RoomConnection(EventLoop loop, Target target, string token, string room, Action<string> onLost)
    : WebSocketConnection(loop, target, token)
{
    private bool _joined;
    private bool _ending;

    public override void Shut()
    {
        _ending = true;
        base.Shut();
    }

    protected override void OnOpen() =>
        SendText(Encoding.ASCII.GetBytes($"{{\"type\":\"join\",\"id\":1,\"payload\":{{\"roomId\":\"{room}\"}}}}"));

    protected override void OnText(ReadOnlySpan<byte> json, long now)
    {
        var fields = WireFields.ReadFrame(json);
        if (fields.Sequence > 0)
        {
            OnEvent(fields, json, now);
        }
        else if (fields.Is("joined"u8))
        {
            if (!WireFields.TryReadPosition(fields.Position, out var epoch, out var sequence))
                throw new WireFault("joined has no position");
            _joined = true;
            OnJoined(epoch, sequence);
            Settle(null);
        }
        else if (fields.Is("error"u8))
        {
            Close($"the server answered an error: {Explain(fields)}");
        }
        else if (fields.Is("closing"u8))
        {
            Farewell = Explain(fields);
        }
        else if (fields.Is("left"u8) || fields.Is("gap"u8))
        {
            // Neither may happen to a listener that has just joined, asks for nothing and reads as fast as it can.
            Close($"the server sent {Encoding.UTF8.GetString(fields.Type)}: {Explain(fields)}");
        }
    }

    protected virtual void OnJoined(uint epoch, long sequence)
    {
    }

    protected virtual void OnEvent(in WireFields fields, ReadOnlySpan<byte> json, long now)
    {
    }

    protected sealed override void OnClosed(string reason)
    {
        if (_joined && !_ending)
            onLost(reason);
    }
}
