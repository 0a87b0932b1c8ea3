using Hubbub.Load.Figures;
using Xunit;

namespace Hubbub.UnitTests.Load;

public class LatencyHistogramTests
{
    [Fact]
    public void An_empty_histogram_answers_zero()
    {
        var histogram = new LatencyHistogram();

        Assert.Equal(0, histogram.Percentile(99));
        Assert.Equal(0, histogram.Max);
        Assert.Equal(0, histogram.Mean);
    }

    [Fact]
    public void Buckets_lie_without_holes_and_hold_what_belongs_to_them()
    {
        for (var bucket = 0; LatencyHistogram.HighestIn(bucket) < LatencyHistogram.Ceiling; bucket++)
        {
            var highest = LatencyHistogram.HighestIn(bucket);
            Assert.Equal(bucket, LatencyHistogram.BucketOf(highest));
            Assert.Equal(bucket + 1, LatencyHistogram.BucketOf(highest + 1));
        }
    }

    [Fact]
    public void Short_durations_are_exact()
    {
        var histogram = new LatencyHistogram();
        for (var nanoseconds = 1; nanoseconds <= 200; nanoseconds++)
            histogram.Record(nanoseconds);

        Assert.Equal(100, histogram.Percentile(50));
        Assert.Equal(198, histogram.Percentile(99));
        Assert.Equal(100.5, histogram.Mean);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20261122)]
    public void Percentiles_are_at_most_one_128th_above_the_sorted_truth(int seed)
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, 20_000).Select(_ => (long)Math.Exp(random.NextDouble() * 25)).ToArray();
        var histogram = new LatencyHistogram();
        foreach (var value in values)
            histogram.Record(value);
        Array.Sort(values);

        foreach (var percent in new[] { 1, 50, 90, 99, 99.9, 100 })
        {
            var truth = values[(int)Math.Ceiling(percent / 100 * values.Length) - 1];
            Assert.InRange(histogram.Percentile(percent), truth, truth + truth / 128);
        }
    }

    [Fact]
    public void Merging_equals_recording_everything_in_one()
    {
        LatencyHistogram even = new(), odd = new(), all = new();
        for (var i = 0; i < 1000; i++)
        {
            (i % 2 == 0 ? even : odd).Record(i * 977L);
            all.Record(i * 977L);
        }

        even.Merge(odd);

        Assert.Equal(all.Count, even.Count);
        Assert.Equal(all.Max, even.Max);
        Assert.Equal(all.Mean, even.Mean);
        Assert.Equal(all.Percentile(73), even.Percentile(73));
    }

    [Fact]
    public void A_duration_above_the_ceiling_is_counted_and_shown_by_the_maximum()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(LatencyHistogram.Ceiling * 4);
        histogram.Record(-5);

        Assert.Equal(2, histogram.Count);
        Assert.Equal(0, histogram.Percentile(50));
        Assert.Equal(LatencyHistogram.Ceiling * 4, histogram.Percentile(100));
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            histogram.Record(i * 1000L);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
