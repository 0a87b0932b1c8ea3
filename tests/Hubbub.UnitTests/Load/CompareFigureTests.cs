using Hubbub.Compare.Reports;
using Hubbub.Compare.Servers;
using Xunit;

namespace Hubbub.UnitTests.Load;

public class CompareFigureTests
{
    [Theory]
    [InlineData(new double[] { 5 }, 5, "5.0")]
    [InlineData(new double[] { 3, 1, 2 }, 2, "2.0 (1.0–3.0)")]
    [InlineData(new double[] { 4, 1, 2, 3 }, 2.5, "2.5 (1.0–4.0)")]
    [InlineData(new double[] { 2.01, 2.02 }, 2.015, "2.0")]
    public void A_spread_is_a_median_and_its_range_unless_that_looks_the_same(double[] values, double median, string text)
    {
        var spread = Spread.Of(values)!.Value;
        Assert.Equal(median, spread.Median, 6);
        Assert.Equal(text, spread.Text("0.0"));
    }

    [Fact]
    public void Nothing_has_no_spread() => Assert.Null(Spread.Of([]));

    [Fact]
    public void Processor_time_is_read_behind_a_name_with_blanks_and_parentheses() => Assert.Equal(
        3.45, ProcFile.CpuSeconds("42 (a) b (c)) S 1 42 42 0 -1 4194304 100 0 0 0 300 45 0 0 20 0 1 0 100 0 0"), 6);

    [Fact]
    public void A_core_is_busy_with_all_but_idling_and_waiting() => Assert.Equal(
        0.36, ProcFile.BusySeconds(["cpu  9 9 9 9 9 9 9 9 0 0", "cpu0 9 9 9 9 9 9 9 9 0 0", "cpu1 1 2 3 1000 1000 4 5 21 7 7"], 1), 6);

    [Fact]
    public void Shared_memory_counts_by_its_share() => Assert.Equal(
        12 * 1024, ProcFile.ShareOfMemory(["00400000-7fff rollup", "Rss:   40 kB", "Pss:   12 kB", "Pss_Anon:  3 kB"]));
}
