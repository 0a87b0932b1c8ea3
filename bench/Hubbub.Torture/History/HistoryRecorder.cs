namespace Hubbub.Torture.History;

/// <summary>Writes a history while a run is under way: one clock for all who take part. Thread-safe.</summary>
public sealed class HistoryRecorder(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly List<Record> _records = [];

    /// <summary>The time for the next record.</summary>
    public long Now => time.GetElapsedTime(0, time.GetTimestamp()).Ticks;

    /// <summary>Adds what <paramref name="make"/> makes of the present moment.</summary>
    public void Note(Func<long, Record> make)
    {
        ArgumentNullException.ThrowIfNull(make);

        // The clock is read under the lock, so that records stand in the order of their times.
        lock (_lock)
            _records.Add(make(Now));
    }

    /// <summary>Everything so far.</summary>
    public RunHistory Finish()
    {
        lock (_lock)
            return new RunHistory([.. _records]);
    }
}
