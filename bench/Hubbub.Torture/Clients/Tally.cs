using System.Diagnostics;

namespace Hubbub.Torture.Clients;

/// <summary>What all clients count together. Thread-safe.</summary>
internal sealed class Tally
{
    private const int MaxWrong = 50;

    private readonly Lock _lock = new();
    private readonly List<string> _wrong = [];
    private readonly List<float> _latencies = [];
    private readonly Dictionary<string, int> _answers = [];
    private readonly Dictionary<string, int> _removals = [];
    private long _delivered;
    private long _acknowledged;
    private long _uncertain;
    private long _reconnecting;
    private long _wrongs;
    private long _longestWait;

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public long DeliveredInAll => Interlocked.Read(ref _delivered);

    public long Uncertain => Interlocked.Read(ref _uncertain);

    /// <summary>How often a client's user would have seen that it reconnects.</summary>
    public long SawReconnecting => Interlocked.Read(ref _reconnecting);

    /// <summary>The longest that a caller waited for an answer, of whatever kind.</summary>
    public TimeSpan LongestWait => TimeSpan.FromTicks(Interlocked.Read(ref _longestWait));

    public long Wrongs => Interlocked.Read(ref _wrongs);

    public IReadOnlyList<string> WrongSentences
    {
        get
        {
            lock (_lock)
                return [.. _wrong];
        }
    }

    public IReadOnlyDictionary<string, int> Answers
    {
        get
        {
            lock (_lock)
                return new Dictionary<string, int>(_answers);
        }
    }

    /// <summary>By which word the removed heard of it.</summary>
    public IReadOnlyDictionary<string, int> Removals
    {
        get
        {
            lock (_lock)
                return new Dictionary<string, int>(_removals);
        }
    }

    public void Removed(string reason)
    {
        lock (_lock)
            _removals[reason] = _removals.GetValueOrDefault(reason) + 1;
    }

    public void Reconnecting() => Interlocked.Increment(ref _reconnecting);

    public void Delivered(long? sentAt)
    {
        Interlocked.Increment(ref _delivered);
        if (sentAt is not { } at)
            return;
        lock (_lock)
            _latencies.Add((float)Stopwatch.GetElapsedTime(at).TotalMilliseconds);
    }

    public void Answered(TimeSpan wait, string what)
    {
        if (what == "ok")
            Interlocked.Increment(ref _acknowledged);
        else
            Interlocked.Increment(ref _uncertain);
        lock (_lock)
        {
            _answers[what] = _answers.GetValueOrDefault(what) + 1;
            if (wait.Ticks > _longestWait)
                _longestWait = wait.Ticks;
        }
    }

    public void Wrong(string sentence)
    {
        Interlocked.Increment(ref _wrongs);
        lock (_lock)
        {
            if (_wrong.Count < MaxWrong)
                _wrong.Add(sentence);
        }
    }

    /// <summary>Milliseconds from hand to screen, by percentile.</summary>
    public double Latency(double percentile)
    {
        lock (_lock)
            return Percentile.Of([.. _latencies.Select(l => (double)l)], percentile);
    }
}

/// <summary>The usual figure of a set of numbers.</summary>
internal static class Percentile
{
    public static double Of(double[] values, double percentile)
    {
        if (values.Length == 0)
            return 0;
        Array.Sort(values);
        return values[(int)Math.Clamp(Math.Ceiling(values.Length * percentile / 100) - 1, 0, values.Length - 1)];
    }
}
