using System.Text;
using Hubbub.Client.Wire;

namespace Hubbub.Client.Links;

/// <summary>One stream of server-sent events for all rooms (docs/protocol.md § 6).</summary>
internal sealed class EventStreamLink(LinkHost host, Uri address, string token) : HttpLink(host, address, token)
{
    public override TransportName Transport => TransportName.EventStream;

    protected override async Task<LinkEnd?> ReadAsync(IReadOnlyList<RoomSubscription> rooms, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Options.RequestTimeout, Options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            using var response = await Host.Http.OpenAsync($"/api/events?rooms={List(rooms)}", "text/event-stream", Address, either.Token);
            if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
                throw new HubbubException("bad_answer", "The answer was no event stream.", (int)response.StatusCode, retryable: true);
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(either.Token), Encoding.UTF8);
            while (await lines.ReadLineAsync(either.Token) is { } line)
            {
                // The server says something as often as it pings sockets.
                patience.CancelAfter(Options.PingAfter + Options.AnswerWithin);
                if (!line.StartsWith("data:", StringComparison.Ordinal) || ServerFrame.TryRead(Encoding.UTF8.GetBytes(line[5..])) is not { } frame)
                    continue;
                SayOpened();
                if (Take(frame) is { } end)
                    return end;
            }

            // The last of its rooms was left: nothing could come any more.
            return rooms.All(r => !r.IsReadable) ? null : new LinkEnd(null, "the stream ended");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new LinkEnd(null, "silent");
        }
    }
}
