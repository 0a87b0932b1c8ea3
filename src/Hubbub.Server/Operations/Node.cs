using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Server.Transports;
using Hubbub.Server.Transports.Loops;

namespace Hubbub.Server.Operations;

/// <summary>
/// Owns the node's loops. They start before the first request is taken; when the node stops, connections are told first, then the web server drains, then the appender
/// commits what it has taken, what was committed is delivered, and the broker announces the last of it.
/// </summary>
internal sealed class Node(
    Appender appender, Delivery delivery, Hub hub, IBroker broker, Connections connections, LoopCarrier loops, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var stopping = lifetime.ApplicationStopping.Register(connections.CloseAll);
        using var delivered = new CancellationTokenSource();
        var announcing = broker.RunAsync(delivered.Token);
        Task[] writing = [appender.RunAsync(stoppingToken), delivery.RunAsync()];
        Task[] serving = [hub.RunAsync(stoppingToken), connections.RunAsync(stoppingToken)];
        if (loops.IsOn)
            serving = [.. serving, loops.RunAsync(stoppingToken)];

        // A loop that ends by itself is a bug; the exception stops the host, and whoever restarts it loses nothing.
        var first = await Task.WhenAny([.. writing, .. serving, announcing]);
        if (!stoppingToken.IsCancellationRequested)
        {
            await first;
            throw new InvalidOperationException("One of the node's loops ended by itself.");
        }

        // The others end by cancellation; these by having done their work, for which the store must stay open.
        await Task.WhenAll(writing);
        await delivered.CancelAsync();
        await announcing;
        if (loops.IsOn)
            await serving[^1].ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
