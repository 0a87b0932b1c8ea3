using System.Runtime.InteropServices;
using Hubbub.Core.Cluster;
using Hubbub.Protocol;
using Hubbub.Server.Transports;

namespace Hubbub.Server.Operations;

/// <summary>
/// Takes this node out of the conversation without anybody's noticing: no longer ready, nobody new is let in, and its clients move to the others. Begun by an operator, and by itself before the
/// node stops, if there are others. It is not undone: a node that has drained is started anew.
/// </summary>
internal sealed partial class Drain(
    ThisNode self, Heartbeat heartbeat, Connections connections, Admission admission, Departures departures, HubbubOptions options, ILogger<Drain> logger) : IHostedLifecycleService, IDisposable
{
    /// <summary>Few clients need not be spread as wide as many: so much for each.</summary>
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(2);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _hurry = new();
    private Task? _draining;

    /// <summary>The time that a stop may take with it.</summary>
    public static TimeSpan AtMost(HubbubOptions options) => options.DrainWindow + options.DrainDeadline + options.DrainDeadline;

    /// <summary>Drains; asked again, it is the same drain. Completes when every client has gone.</summary>
    public Task RunAsync()
    {
        lock (_lock)
            return _draining ??= DrainAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        heartbeat.DrainAsked += () => _ = RunAsync();
        return Task.CompletedTask;
    }

    /// <summary>Before anything of the node ends.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (_draining is not null || (heartbeat.HasPeers && connections.Count > 0))
        {
            // Told twice to stop, it does not wait any longer.
            using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => _hurry.Cancel());
            using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => _hurry.Cancel());
            await using var outOfTime = cancellationToken.Register(_hurry.Cancel);
            await RunAsync();
        }

        connections.CloseAll();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _hurry.Dispose();

    private async Task DrainAsync()
    {
        // Whoever asked does not wait for the first step either.
        await Task.Yield();
        self.IsDraining = true;
        admission.Close(Refusals.Draining);
        await heartbeat.BeatAsync(CancellationToken.None);
        while (!_hurry.IsCancellationRequested && await connections.SnapshotAsync() is { Count: > 0 } clients)
        {
            var order = clients.ToArray();
            Random.Shared.Shuffle(order);
            var spread = Apart * order.Length;
            LogDraining(order.Length);
            await departures.SendAwayAsync(order, "drain", spread < options.DrainWindow ? spread : options.DrainWindow, _hurry.Token);
        }

        await heartbeat.BeatAsync(CancellationToken.None);
        LogDrained();
    }

    [LoggerMessage(LogLevel.Information, "This node drains: its {Count} clients are asked to go on elsewhere")]
    private partial void LogDraining(int count);

    [LoggerMessage(LogLevel.Information, "This node has drained")]
    private partial void LogDrained();
}
