namespace Hubbub.Core.Cluster;

/// <summary>
/// How many clients an overloaded node sends to the others, beat by beat, after others have come. With hysteresis: it begins when this node has clearly more than its share, and goes on until
/// it has about its share. Nothing is sent away while nodes are failing, or when those sent away come back here. Of one caller.
/// </summary>
/// <remarks>A share is that of the capacity: a node twice as large is to have twice as many.</remarks>
public sealed class Surplus(TimeProvider time)
{
    /// <summary>Begins above so many times the share, and this many more: what a balancer leaves uneven is no overload.</summary>
    private const double BeginsAt = 1.25;
    private const int Slack = 50;

    /// <summary>Ends below so many times the share.</summary>
    private const double EndsAt = 1.05;

    /// <summary>At most this part of the connections with each beat, and at least one.</summary>
    private const double PartOfBeat = 0.05;

    /// <summary>After a node was lost, or has come, the others settle for so long.</summary>
    public static readonly TimeSpan Calm = TimeSpan.FromSeconds(15);

    /// <summary>How long nothing is sent away after those sent before came back: whoever spreads the clients wants them here.</summary>
    public static readonly TimeSpan Resignation = TimeSpan.FromMinutes(10);

    private HashSet<string> _known = [];
    private long _changedAt = time.GetTimestamp();
    private long? _resignedAt;
    private bool _isShedding;
    private int _sentAway;
    private int _connectionsWhenBegun;

    /// <summary>How many are to be sent away now.</summary>
    /// <param name="self">This node's id.</param>
    /// <param name="live">The nodes as of this beat.</param>
    public int Next(string self, IReadOnlyList<NodeStatus> live)
    {
        ArgumentNullException.ThrowIfNull(live);
        var ids = live.Select(n => n.Id).ToHashSet(StringComparer.Ordinal);
        if (!ids.SetEquals(_known))
        {
            _known = ids;
            _changedAt = time.GetTimestamp();
        }

        var takers = live.Where(n => n.State == NodeState.Up && n.Capacity > 0).ToList();
        if (takers.Find(n => n.Id == self) is not { } mine || takers.Count < 2 || time.GetElapsedTime(_changedAt) < Calm || HasResigned())
        {
            _isShedding = false;
            return 0;
        }

        var share = (double)takers.Sum(n => (long)n.Connections) * mine.Capacity / takers.Sum(n => (long)n.Capacity);
        if (!_isShedding && mine.Connections > (share * BeginsAt) + Slack)
            (_isShedding, _sentAway, _connectionsWhenBegun) = (true, 0, mine.Connections);
        _isShedding &= mine.Connections > share * EndsAt;
        if (!_isShedding)
            return 0;
        if (_sentAway > _connectionsWhenBegun / 4 && mine.Connections > _connectionsWhenBegun - (_sentAway / 2))
        {
            _resignedAt = time.GetTimestamp();
            return 0;
        }

        var now = (int)Math.Clamp(mine.Connections - share, 1, Math.Max(1, mine.Connections * PartOfBeat));
        _sentAway += now;
        return now;
    }

    private bool HasResigned() => _resignedAt is { } at && time.GetElapsedTime(at) < Resignation;
}
