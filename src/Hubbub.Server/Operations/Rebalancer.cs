using System.Threading.Channels;
using Hubbub.Core.Cluster;
using Hubbub.Server.Transports;

namespace Hubbub.Server.Operations;

/// <summary>Sends the surplus of this node to the others, a few with each beat, while <see cref="Surplus"/> says that there is one.</summary>
internal sealed partial class Rebalancer(
    ThisNode self, Heartbeat heartbeat, Connections connections, Departures departures, HubbubOptions options, TimeProvider time, ILogger<Rebalancer> logger)
{
    private readonly Surplus _surplus = new(time);

    /// <summary>Looks after each beat, until stopped; those under way are finished first.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var beats = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        heartbeat.Beat += OnBeat;
        try
        {
            while (await beats.Reader.WaitToReadAsync(ct))
            {
                beats.Reader.TryRead(out _);
                var surplus = options.Rebalance && !self.IsDraining ? _surplus.Next(self.Id, heartbeat.Live) : 0;
                if (surplus > 0)
                    await SendAwayAsync(surplus, ct);
            }
        }
        finally
        {
            heartbeat.Beat -= OnBeat;
        }

        void OnBeat() => beats.Writer.TryWrite(true);
    }

    private async Task SendAwayAsync(int count, CancellationToken ct)
    {
        var clients = (await connections.SnapshotAsync()).ToArray();
        Random.Shared.Shuffle(clients);
        LogSurplus(Math.Min(count, clients.Length));
        await departures.SendAwayAsync(clients[..Math.Min(count, clients.Length)], "rebalance", Heartbeat.Interval / 2, ct);
    }

    [LoggerMessage(LogLevel.Information, "This node has more than its share of the cluster's connections: {Count} clients are asked to go on elsewhere")]
    private partial void LogSurplus(int count);
}
