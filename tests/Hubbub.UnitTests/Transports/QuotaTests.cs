using Hubbub.Server.Transports;
using Xunit;

namespace Hubbub.UnitTests.Transports;

public class QuotaTests
{
    [Fact]
    public void Each_has_its_own_and_gets_back_what_was_returned()
    {
        var quota = new Quota<string>(2);
        Assert.True(quota.TryTake("a") && quota.TryTake("a") && quota.TryTake("b"));
        Assert.False(quota.TryTake("a"));
        quota.Return("a");
        Assert.True(quota.TryTake("a"));
        Assert.False(quota.TryTake("a"));
    }

    [Fact]
    public async Task Of_many_at_once_no_more_than_the_most_have_one_and_none_is_lost()
    {
        const int Most = 3;
        var quota = new Quota<int>(Most);
        var holding = 0;
        var tooMany = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 50_000; i++)
            {
                if (!quota.TryTake(1))
                    continue;
                if (Interlocked.Increment(ref holding) > Most)
                    Interlocked.Increment(ref tooMany);
                Interlocked.Decrement(ref holding);
                quota.Return(1);
            }
        })));

        Assert.Equal(0, tooMany);
        Assert.True(quota.TryTake(1) && quota.TryTake(1) && quota.TryTake(1));
        Assert.False(quota.TryTake(1));
    }
}
