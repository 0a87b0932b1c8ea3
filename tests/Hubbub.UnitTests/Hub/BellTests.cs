using Hubbub.Core.Hub;
using Hubbub.TestKit;
using Xunit;

namespace Hubbub.UnitTests.Hubs;

public sealed class BellTests
{
    [Fact]
    public void A_ring_before_the_wait_is_remembered_once()
    {
        var bell = new Bell();
        bell.Ring();
        bell.Ring();
        Assert.True(bell.WaitAsync().IsCompleted);
        var wait = bell.WaitAsync();
        Assert.False(wait.IsCompleted);
        bell.Ring();
        Assert.True(wait.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task The_waiter_does_not_continue_inside_the_ring()
    {
        var bell = new Bell();
        var ringing = Environment.CurrentManagedThreadId;
        var isRinging = false;
        var waiter = Task.Run(async () =>
        {
            await bell.WaitAsync();
            return Volatile.Read(ref isRinging) && Environment.CurrentManagedThreadId == ringing;
        });
        await Eventually.UntilAsync(
            "the waiter is woken",
            () =>
            {
                Volatile.Write(ref isRinging, true);
                bell.Ring();
                Volatile.Write(ref isRinging, false);
                return waiter.IsCompleted;
            });
        Assert.False(await waiter);
    }

    /// <summary>Work is put out before each ring; whoever waits and then takes all there is must in the end have taken everything, however the two meet.</summary>
    [Fact]
    public async Task No_ring_is_ever_lost_however_ringers_and_waiter_meet()
    {
        const int Ringers = 3;
        const int Each = 100_000;
        var bell = new Bell();
        var put = 0L;
        var waits = 0;
        var ringers = Enumerable.Range(0, Ringers).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                Interlocked.Increment(ref put);
                bell.Ring();
            }
        })).ToArray();
        var waiter = Task.Run(async () =>
        {
            for (var taken = 0L; taken < Ringers * Each; waits++)
            {
                await bell.WaitAsync();
                taken = Volatile.Read(ref put);
            }
        });
        foreach (var ringer in ringers)
            await Eventually.WithinAsync("a ringer is through", ringer, TimeSpan.FromMinutes(1));
        await Eventually.WithinAsync("the last ring is heard", waiter, TimeSpan.FromMinutes(1));
        Assert.InRange(waits, 1, Ringers * Each + 1);
    }
}
