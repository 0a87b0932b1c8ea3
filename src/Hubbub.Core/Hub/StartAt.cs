using Hubbub.Protocol;

namespace Hubbub.Core.Hub;

/// <summary>Where a reader wants to start: after a position, with the newest N, or at the head.</summary>
public readonly record struct StartAt
{
    public static readonly StartAt Head;

    private StartAt(Position? after, int? last)
    {
        After = after;
        Last = last;
    }

    public Position? After { get; }

    public int? Last { get; }

    public static StartAt Behind(Position after) => new(after, null);

    public static StartAt Newest(int count) => new(null, count);

    /// <summary>The position to read on from, and the gap to be told if the asked one cannot be continued.</summary>
    public (Position Position, Gap? Gap) Resolve(Position head, long maxReplay)
    {
        if (After is { } asked)
        {
            if (CatchUp.Start(asked, head, maxReplay) is { } gap)
                return (gap.To, gap);
            return (new Position(head.Epoch, asked.Sequence), null);
        }

        return (head with { Sequence = Math.Max(0, head.Sequence - (Last ?? 0)) }, null);
    }
}
