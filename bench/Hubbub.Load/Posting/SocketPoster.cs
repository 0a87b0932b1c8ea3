using System.Text;
using Hubbub.Load.Loop;
using Hubbub.Load.Wire;

namespace Hubbub.Load.Posting;

/// <summary>
/// Posts with <c>message</c> frames on a WebSocket of its own that joins no room; acknowledgements carry the frame's id.
/// </summary>
internal sealed class SocketPoster(EventLoop loop, Target target, string token, MessageTemplate template, IPostObserver observer)
    : WebSocketConnection(loop, target, token), IPoster
{
    /// <summary>512 posts of some 300 bytes stay below what a connection may leave unsent.</summary>
    public int Capacity => 512;

    public void Post(int number, long sentAt) => SendText(template.Fill(number, sentAt));

    protected override void OnOpen() => Settle(null);

    protected override void OnText(ReadOnlySpan<byte> json, long now)
    {
        var fields = WireFields.ReadFrame(json);
        if (fields.Is("ack"u8))
        {
            if (!Stamp.TryReadDigits(fields.FrameId, out var number) || fields.Sequence < 1
                || !WireFields.TryReadEpoch(fields.Epoch, out var epoch))
                throw new WireFault("an acknowledgement has no id, sequence and epoch");
            observer.OnStored(this, number, fields.Sequence, epoch, now);
        }
        else if (fields.Is("error"u8))
        {
            if (!Stamp.TryReadDigits(fields.FrameId, out var number))
                throw new WireFault($"an error came that answers nothing: {Explain(fields)}");
            observer.OnRefused(this, number, Encoding.UTF8.GetString(fields.Code), fields.Retryable, now);
        }
        else if (fields.Is("closing"u8))
        {
            Farewell = Explain(fields);
        }
    }

    protected override void OnClosed(string reason) => observer.OnLost(this, reason);
}
