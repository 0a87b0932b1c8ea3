using Hubbub.Server.Auth;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class BrakeTests
{
    private readonly SteppedClock _clock = new();

    [Fact]
    public void Some_attempts_are_free_and_each_further_one_waits_twice_as_long_up_to_the_longest()
    {
        var brake = new Brake<string>(2, TimeSpan.FromSeconds(5), _clock);
        Assert.Null(brake.TryBegin("a"));
        Assert.Null(brake.TryBegin("a"));

        var waits = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var wait = brake.TryBegin("a");
            Assert.NotNull(wait);
            waits.Add(wait.Value.TotalSeconds);
            _clock.Pass(wait.Value - TimeSpan.FromMilliseconds(1));
            Assert.NotNull(brake.TryBegin("a"));
            _clock.Pass(TimeSpan.FromMilliseconds(1));
            Assert.Null(brake.TryBegin("a"));
        }

        Assert.Equal([1, 2, 4, 5, 5], waits);
        Assert.Null(brake.TryBegin("b"));
    }

    [Fact]
    public void Whoever_is_quiet_for_long_or_is_forgiven_begins_anew()
    {
        var brake = new Brake<string>(1, TimeSpan.FromSeconds(8), _clock);
        for (var i = 0; i < 2; i++)
        {
            Assert.Null(brake.TryBegin("a"));
            Assert.Equal(TimeSpan.FromSeconds(1), brake.TryBegin("a"));
            _clock.Pass(TimeSpan.FromSeconds(17));
        }

        Assert.Null(brake.TryBegin("a"));
        brake.Forget("a");
        Assert.Null(brake.TryBegin("a"));
        brake.TakeBack("a");
        Assert.Null(brake.TryBegin("a"));
        Assert.NotNull(brake.TryBegin("a"));
        brake.TakeBack("unknown");
    }

    [Fact]
    public void However_many_names_are_tried_so_many_are_kept_and_not_more()
    {
        var brake = new Brake<int>(1, TimeSpan.FromMinutes(1), _clock);
        for (var i = 0; i < 3 * Brake<int>.MaxEntries; i++)
        {
            Assert.Null(brake.TryBegin(i));
            Assert.True(brake.Count <= Brake<int>.MaxEntries);
        }

        Assert.NotNull(brake.TryBegin((3 * Brake<int>.MaxEntries) - 1));
    }

    /// <summary>Time stands still until it is told to pass.</summary>
    private sealed class SteppedClock : TimeProvider
    {
        private long _ticks = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Pass(TimeSpan time) => _ticks += time.Ticks;
    }
}
