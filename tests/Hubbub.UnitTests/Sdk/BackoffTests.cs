using Hubbub.Client;
using Xunit;

namespace Hubbub.UnitTests.Sdk;

public sealed class BackoffTests
{
    [Fact]
    public void Waits_double_from_a_quarter_of_a_second_to_four_and_half_of_each_is_chance()
    {
        var backoff = new Backoff(new Random(5));
        foreach (var whole in new[] { 0.25, 0.5, 1, 2, 4, 4, 4 })
            Assert.InRange(backoff.Next().TotalSeconds, whole / 2, whole);
        backoff.Reset();
        Assert.InRange(backoff.Next().TotalSeconds, 0.125, 0.25);
    }

    [Fact]
    public void Two_clients_that_failed_together_do_not_return_together() => Assert.NotEqual(new Backoff(new Random(1)).Next(), new Backoff(new Random(2)).Next());

    [Fact]
    public void However_often_it_failed_the_wait_has_its_limit()
    {
        var backoff = new Backoff(new Random(5));
        for (var failure = 0; failure < 10_000; failure++)
            Assert.InRange(backoff.Next().TotalSeconds, 0, 4);
    }
}
