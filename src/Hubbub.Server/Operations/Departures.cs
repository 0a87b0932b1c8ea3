using Hubbub.Core.Cluster;
using Hubbub.Core.Hub;
using Hubbub.Protocol;
using Hubbub.Server.Transports;

namespace Hubbub.Server.Operations;

/// <summary>
/// Sends clients to other nodes without their noticing: each is asked to reconnect, spread over a time so that they do not arrive together, and has a deadline to open the new connection
/// before it gives up the old; who is still here then is closed with 4000, and resumes at its positions.
/// </summary>
internal sealed class Departures(Heartbeat heartbeat, ThisNode self, HubbubOptions options, TimeProvider time)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>Completes when all have gone or were closed, or when hurried: then at once, and nobody is closed.</summary>
    public async Task SendAwayAsync(IReadOnlyList<IConnection> clients, string reason, TimeSpan spread, CancellationToken hurry)
    {
        var began = time.GetTimestamp();
        var asked = new Queue<(IConnection Client, TimeSpan Until)>();
        var next = 0;
        try
        {
            while (next < clients.Count || asked.Count > 0)
            {
                var now = time.GetElapsedTime(began);
                var due = spread <= Step ? clients.Count : (int)Math.Min(clients.Count, Math.Ceiling(clients.Count * (now / spread)));
                if (next < due)
                {
                    var reconnect = Frame.Answer(Frame.Encoder.Reconnect(reason, options.DrainDeadline, Elsewhere()));
                    for (; next < due; next++)
                    {
                        clients[next].AskToMove(reconnect);
                        asked.Enqueue((clients[next], now + options.DrainDeadline));
                    }
                }

                while (asked.TryPeek(out var first) && (first.Client.IsOver || first.Until <= now))
                    asked.Dequeue().Client.Close(CloseCode.Reconnect, "go on at another node");
                await Task.Delay(Step, time, hurry);
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever hurries closes them all.
        }
    }

    /// <summary>A node that clients reach by themselves, if this is one of those too; otherwise their balancer finds one.</summary>
    private Uri? Elsewhere() => self.Url is null ? null : Directions.LeastLoaded(heartbeat.Live.Where(n => n.Id != self.Id))?.Address;
}
