using System.Globalization;
using System.Text;
using Hubbub.Load.Loop;
using Hubbub.Load.Wire;

namespace Hubbub.Load.Posting;

/// <summary>Posts with <c>POST /api/rooms/{room}/messages</c> on one kept connection, one request at a time.</summary>
internal sealed class HttpPoster(EventLoop loop, MessageTemplate template, IPostObserver observer) : LoopConnection(loop), IPoster
{
    private int _number = -1;

    public int Capacity => 1;

    public void Post(int number, long sentAt)
    {
        _number = number;
        Send(template.Fill(number, sentAt));
    }

    protected override void OnConnected() => Settle(null);

    protected override int OnBytes(Span<byte> bytes, long now)
    {
        if (!HttpResponse.TryRead(bytes, out var response))
            return 0;
        var number = _number;
        _number = -1;
        if (number < 0)
            throw new WireFault("an answer came that nothing had asked for");
        var closes = response.ClosesConnection;
        Report(number, response, now);
        if (closes)
            Close("the server ended the kept connection");
        return response.Length;
    }

    protected override void OnClosed(string reason) => observer.OnLost(this, reason);

    private void Report(int number, in HttpResponse response, long now)
    {
        var fields = response.Body.Length > 0 && response.Body[0] == '{' ? WireFields.ReadFlat(response.Body) : default;
        if (response.Status is 200 or 201)
        {
            if (fields.Sequence < 1 || !WireFields.TryReadEpoch(fields.Epoch, out var epoch))
                throw new WireFault("an acknowledgement has no sequence and epoch");
            observer.OnStored(this, number, fields.Sequence, epoch, now);
            return;
        }
        var code = fields.Code.Length > 0
            ? Encoding.UTF8.GetString(fields.Code)
            : string.Create(CultureInfo.InvariantCulture, $"http_{response.Status}");
        observer.OnRefused(this, number, code, fields.Retryable, now);
    }
}
