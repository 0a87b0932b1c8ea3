using System.Diagnostics;

namespace Hubbub.Load.Loop;

/// <summary>
/// Monotonic time in nanoseconds, as <see cref="Stopwatch.GetTimestamp"/> gives it on Linux (its frequency there is fixed
/// at 10⁹ a second), and as the kernel's CLOCK_MONOTONIC timers take it.
/// </summary>
internal static class Clock
{
    public static long Now => Stopwatch.GetTimestamp();

    public static long Milliseconds(long milliseconds) => milliseconds * 1_000_000;

    public static long Of(TimeSpan span) => (long)(span.TotalMilliseconds * 1_000_000);

    public static double Seconds(long nanoseconds) => nanoseconds / 1e9;
}
