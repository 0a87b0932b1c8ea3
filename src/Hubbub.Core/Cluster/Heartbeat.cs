using Hubbub.Core.Log;
using Microsoft.Extensions.Logging;

namespace Hubbub.Core.Cluster;

/// <summary>
/// Keeps this node's lease, and a picture of the others that is at most a few seconds old. A registry that is away is asked again: the picture then stands as it was. Thread-safe; one
/// <see cref="RunAsync"/> does the work.
/// </summary>
public sealed partial class Heartbeat(INodeRegistry registry, Func<NodeStatus> self, TimeProvider time, ILogger<Heartbeat> logger) : IDisposable
{
    /// <summary>How long a node counts as alive after it said so last.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>A third of the lease and less: two beats may be lost.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _beat = new(1, 1);
    private volatile IReadOnlyList<NodeStatus> _live = [];
    private bool _isAway;
    private bool _hasStopped;

    /// <summary>Raised, on the beat that hears of it and on each one after it, when somebody asked this node to drain. The handler must return at once.</summary>
    public event Action? DrainAsked;

    /// <summary>Raised after each beat that the registry answered. The handler must return at once.</summary>
    public event Action? Beat;

    /// <summary>The nodes that live, this one among them, by id; a snapshot, as of the last beat.</summary>
    public IReadOnlyList<NodeStatus> Live => _live;

    /// <summary>This node, as it is now.</summary>
    public NodeStatus Self => self();

    /// <summary>Whether there is another node that takes connections.</summary>
    public bool HasPeers => _live.Any(n => n.State == NodeState.Up && n.Capacity > 0 && n.Id != Self.Id);

    /// <summary>Beats until stopped, and then says that the node is gone.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
                await BeatAsync(ct);
            while (await timer.WaitForNextTickAsync(ct));
        }
        finally
        {
            await LeaveAsync();
        }
    }

    /// <summary>Says at once how the node is, since its state has changed. Does not throw for a registry that is away.</summary>
    public async Task BeatAsync(CancellationToken ct)
    {
        await _beat.WaitAsync(ct);
        try
        {
            if (_hasStopped)
                return;
            var drainAsked = await registry.RenewAsync(self(), ct);
            _live = await registry.LiveAsync(ct);
            if (_isAway)
                LogBack();
            _isAway = false;
            if (drainAsked)
                DrainAsked?.Invoke();
            Beat?.Invoke();
        }
        catch (StoreException e)
        {
            if (!_isAway)
                LogAway(e.Message);
            _isAway = true;
        }
        finally
        {
            _beat.Release();
        }
    }

    public void Dispose() => _beat.Dispose();

    private async Task LeaveAsync()
    {
        await _beat.WaitAsync(CancellationToken.None);
        try
        {
            _hasStopped = true;
            await registry.RemoveAsync(self().Id, CancellationToken.None);
        }
        catch (StoreException)
        {
            // The lease runs out by itself.
        }
        finally
        {
            _beat.Release();
        }
    }

    [LoggerMessage(LogLevel.Warning, "The registry of nodes does not answer; this node goes on, and the others may take it for gone: {Why}")]
    private partial void LogAway(string why);

    [LoggerMessage(LogLevel.Information, "The registry of nodes answers again")]
    private partial void LogBack();
}
