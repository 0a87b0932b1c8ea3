using System.Numerics;

namespace Hubbub.Load.Figures;

/// <summary>
/// Counts durations in nanoseconds in log-linear buckets: exact below 256 ns, then 128 buckets for every doubling, so a
/// percentile is at most 1/128 (0.8 %) above the true value. Recording touches one array cell and allocates nothing.
/// Written by one thread; histograms of several threads are merged afterwards.
/// </summary>
public sealed class LatencyHistogram
{
    /// <summary>
    /// 2^43 − 1 ns, about 2.4 hours. Longer durations are counted in the last bucket; <see cref="Max"/> stays exact.
    /// </summary>
    public const long Ceiling = (1L << 43) - 1;

    private const int SubBits = 7;
    private const int PerDoubling = 1 << SubBits;

    // The highest value has its top bit at 42, is shifted by 42 − 7 = 35, and lies in a row of 128 that starts at 35 × 128 + 128.
    private const int Buckets = (42 - SubBits) * PerDoubling + 2 * PerDoubling;

    private readonly long[] _counts = new long[Buckets];
    private double _sum;

    public long Count { get; private set; }

    /// <summary>The longest duration, exact; 0 when nothing was recorded.</summary>
    public long Max { get; private set; }

    public double Mean => Count == 0 ? 0 : _sum / Count;

    /// <summary>Adds one duration. A negative one (a clock read out of turn) counts as 0.</summary>
    public void Record(long nanoseconds)
    {
        if (nanoseconds < 0)
            nanoseconds = 0;
        _counts[BucketOf(Math.Min(nanoseconds, Ceiling))]++;
        Count++;
        _sum += nanoseconds;
        if (nanoseconds > Max)
            Max = nanoseconds;
    }

    public void Merge(LatencyHistogram other)
    {
        for (var i = 0; i < Buckets; i++)
            _counts[i] += other._counts[i];
        Count += other.Count;
        _sum += other._sum;
        Max = Math.Max(Max, other.Max);
    }

    /// <summary>
    /// The duration that <paramref name="percent"/> (0–100) of the recorded ones do not exceed; 0 when nothing was recorded.
    /// </summary>
    public long Percentile(double percent)
    {
        if (Count == 0)
            return 0;
        var rank = Math.Clamp((long)Math.Ceiling(percent / 100 * Count), 1, Count);
        long passed = 0;
        for (var i = 0; i < Buckets; i++)
        {
            passed += _counts[i];
            if (passed >= rank)
                return i == Buckets - 1 ? Max : Math.Min(HighestIn(i), Max);
        }
        return Max;
    }

    internal static int BucketOf(long value)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)value) - SubBits);
        return (shift << SubBits) + (int)(value >> shift);
    }

    internal static long HighestIn(int bucket)
    {
        if (bucket < 2 * PerDoubling)
            return bucket;
        var shift = (bucket >> SubBits) - 1;
        return ((bucket - ((long)shift << SubBits) + 1) << shift) - 1;
    }
}
