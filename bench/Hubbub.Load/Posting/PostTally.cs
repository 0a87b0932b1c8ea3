using Hubbub.Load.Checks;
using Hubbub.Load.Figures;

namespace Hubbub.Load.Posting;

/// <summary>
/// What the clients of one loop have seen. Written on the loop's thread; other threads read <see cref="Acknowledged"/> for
/// the progress display, and everything once the loop is done.
/// </summary>
internal sealed class PostTally
{
    /// <summary>5 million posts, some 40 MB of ledger; a run that gets there ends early and says so.</summary>
    public const int MaxPosts = 5_000_000;

    private const int MaxFaults = 3;

    private readonly List<string> _faults = [];
    private long _acknowledged;
    private long _faultCount;

    /// <summary>The measured time, in monotonic nanoseconds; answers outside of it are checked but not measured.</summary>
    public long Begin { get; set; } = long.MaxValue;

    public long End { get; set; } = long.MaxValue;

    public LatencyHistogram Latency { get; } = new();

    /// <summary>Acknowledged within the measured time.</summary>
    public long Measured { get; private set; }

    /// <summary>Acknowledged in all, warm-up included.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    public bool IsFull => _acknowledged >= MaxPosts;

    public long GivenUp { get; set; }

    public long Unanswered { get; set; }

    public SortedDictionary<string, long> Refusals { get; } = new(StringComparer.Ordinal);

    /// <summary>How many things happened that should not have, such as lost connections.</summary>
    public long FaultCount => _faultCount;

    /// <summary>Every message that was sent got its acknowledgement in the end.</summary>
    public bool IsClean => GivenUp + Unanswered + _faultCount == 0;

    /// <summary>What went wrong, with the first three faults as sentences; empty when nothing did.</summary>
    public string Troubles => IsClean
        ? ""
        : FormattableString.Invariant($"{GivenUp:#,0} refused for good, {Unanswered:#,0} unanswered, {_faultCount:#,0} faults")
            + string.Concat(_faults.Select(fault => "; " + fault));

    public void Stored(long sentAt, long now)
    {
        Volatile.Write(ref _acknowledged, _acknowledged + 1);
        if (now < Begin || now >= End)
            return;
        Measured++;
        Latency.Record(now - sentAt);
    }

    public void Refused(string code) => Refusals[code] = Refusals.GetValueOrDefault(code) + 1;

    public void Fault(string sentence)
    {
        if (_faultCount++ < MaxFaults)
            _faults.Add(sentence);
    }
}
