namespace Hubbub.Load.Checks;

/// <summary>What can be wrong with a story that should be told once and in order; the names are Jepsen's.</summary>
internal enum Anomaly
{
    /// <summary>Acknowledged, and not in the log.</summary>
    LostWrite,

    /// <summary>The same thing twice.</summary>
    Duplicate,

    /// <summary>A sequence is missing between two that came.</summary>
    Skip,

    /// <summary>A sequence came that is not after the one before it, and not the same.</summary>
    Nonmonotonic,

    /// <summary>In the log, and never delivered to somebody who listened all the time.</summary>
    Unobserved,

    /// <summary>Two sources tell different things about the same event.</summary>
    Contradiction,

    /// <summary>A connection that should have stayed is gone.</summary>
    Disconnected,
}

/// <summary>Counts anomalies and keeps the first three as sentences. Safe from any thread: several loops find things.</summary>
internal sealed class Findings
{
    private const int MaxExamples = 3;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<Anomaly, long> _counts = [];
    private readonly List<string> _examples = [];

    public bool None
    {
        get
        {
            lock (_lock)
                return _counts.Count == 0;
        }
    }

    public void Add(Anomaly anomaly, string sentence, long times = 1)
    {
        lock (_lock)
        {
            _counts[anomaly] = _counts.GetValueOrDefault(anomaly) + times;
            if (_examples.Count < MaxExamples)
                _examples.Add($"{anomaly}: {sentence}");
        }
    }

    public long Count(Anomaly anomaly)
    {
        lock (_lock)
            return _counts.GetValueOrDefault(anomaly);
    }

    /// <summary>How many of each, and the first three as sentences.</summary>
    public string Summary
    {
        get
        {
            lock (_lock)
            {
                var counts = _counts.Select(pair => FormattableString.Invariant($"{pair.Value:#,0} × {pair.Key}"));
                return $"{string.Join(", ", counts)}, such as: {string.Join("; ", _examples)}";
            }
        }
    }
}
