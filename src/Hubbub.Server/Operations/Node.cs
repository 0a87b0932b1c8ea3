using Hubbub.Core.Broker;
using Hubbub.Core.Cluster;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.People;
using Hubbub.Core.Search;
using Hubbub.Server.Files;
using Hubbub.Server.Transports;
using Hubbub.Server.Transports.Loops;

namespace Hubbub.Server.Operations;

/// <summary>
/// Owns the node's loops. They start before the first request is taken; when the node stops, its clients have been sent away (<see cref="Drain"/>), then the web server drains, then the
/// appender commits what it has taken, what was committed is delivered, and the broker announces the last of it.
/// </summary>
internal sealed class Node(
    Appender appender, IRoomLog log, Hub hub, Indexer indexer, IBroker broker, Heartbeat heartbeat, Rebalancer rebalancer, Connections connections, LoopCarrier loops, Amendments amendments, LastSeen lastSeen, FileSweep sweep,
    IHostApplicationLifetime lifetime) : BackgroundService
{
    /// <summary>Nobody is let in before it is known whose tokens count no more.</summary>
    /// <exception cref="StoreException">The store does not say.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await amendments.RefreshAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var written = new CancellationTokenSource();
        var announcing = broker.RunAsync(written.Token);

        // A log in memory answers at once: with its appender on a loop a post changes threads no more than it must. One on a disk answers when it can, and must not wait for a loop's turn then.
        var writing = loops.IsOn && log is InMemoryStore ? loops.RunOnLoopAsync(() => appender.RunAsync(stoppingToken)) : appender.RunAsync(stoppingToken);
        Task[] serving = [hub.RunAsync(stoppingToken), indexer.RunAsync(stoppingToken), connections.RunAsync(stoppingToken), TellOthersAsync(stoppingToken), rebalancer.RunAsync(stoppingToken), amendments.RunAsync(stoppingToken), lastSeen.RunAsync(stoppingToken), sweep.RunAsync(stoppingToken)];
        if (loops.IsOn)
            serving = [.. serving, loops.RunAsync(written.Token)];

        // A loop that ends by itself is a bug; the exception stops the host, and whoever restarts it loses nothing.
        var first = await Task.WhenAny([writing, announcing, .. serving]);
        if (!stoppingToken.IsCancellationRequested)
        {
            await first;
            throw new InvalidOperationException("One of the node's loops ended by itself.");
        }

        // The others end by cancellation; this one by having done its work, for which the store must stay open, and the broker must carry the last of it.
        await writing;
        await written.CancelAsync();
        await announcing;
        if (loops.IsOn)
            await serving[^1].ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Tells the other nodes of this one from the moment when it listens and its address is known.</summary>
    private async Task TellOthersAsync(CancellationToken stopping)
    {
        var listens = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var started = lifetime.ApplicationStarted.Register(listens.SetResult);
        await listens.Task.WaitAsync(stopping);
        await heartbeat.RunAsync(stopping);
    }
}
