namespace Hubbub.LocalCluster;

/// <summary>
/// How many nodes there should be, by the connections that there are. With hysteresis, so that a load at the edge starts and stops nobody by turns, and one step at a time. Pure but for what it remembers of the
/// looks before; of one caller.
/// </summary>
/// <param name="min">Fewer are never left.</param>
/// <param name="max">More are never started.</param>
/// <param name="target">Connections of a node, above which there should be another.</param>
public sealed class Autoscaler(int min, int max, int target)
{
    /// <summary>The load has to be too high, or low enough, for so many looks in a row.</summary>
    private const int LooksUp = 2;
    private const int LooksDown = 5;

    /// <summary>One node less is enough if the others would then be filled to this part of the target.</summary>
    private const double Slack = 0.7;

    private int _high;
    private int _low;

    /// <summary>1: start one. −1: drain one. 0: leave it.</summary>
    /// <param name="nodes">That take connections.</param>
    /// <param name="connections">Of all of them.</param>
    /// <param name="isChanging">A node is starting or draining: nothing is decided before that is done.</param>
    public int Next(int nodes, int connections, bool isChanging)
    {
        if (isChanging)
        {
            (_high, _low) = (0, 0);
            return 0;
        }

        if (nodes < min)
            return 1;
        _high = nodes < max && connections > (long)target * nodes ? _high + 1 : 0;
        _low = nodes > min && connections <= Slack * target * (nodes - 1) ? _low + 1 : 0;
        if (_high >= LooksUp)
        {
            _high = 0;
            return 1;
        }

        if (_low < LooksDown)
            return 0;
        _low = 0;
        return -1;
    }
}
