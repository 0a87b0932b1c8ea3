namespace Hubbub.Stores.Sqlite.Search;

/// <summary>A message's id in the index, which orders by time: Unix milliseconds, and below them 20 bits of the sequence.</summary>
internal static class SearchIds
{
    private const int SequenceBits = 20;

    /// <summary>Ids are 63 bits: what was sent before 1970 or after the year 2248 stands at the end.</summary>
    private const long MaxTime = (1L << (63 - SequenceBits)) - 2;

    /// <summary>The id that a message has if no other has it.</summary>
    public static long Of(long sentAt, long sequence) => (Math.Clamp(sentAt, 0, MaxTime) << SequenceBits) | (sequence & ((1L << SequenceBits) - 1));

    /// <summary>No message of this moment or later has a lower id.</summary>
    public static long First(DateTimeOffset? moment) => moment is { } at ? Of(at.ToUnixTimeMilliseconds(), 0) : 0;
}
