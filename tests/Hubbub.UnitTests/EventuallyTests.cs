using Hubbub.TestKit;
using Xunit;

namespace Hubbub.UnitTests;

public sealed class EventuallyTests
{
    [Fact]
    public async Task A_wait_ends_as_soon_as_its_condition_holds()
    {
        var looks = 0;
        await Eventually.UntilAsync("the third look", () => ++looks == 3);
        Assert.Equal(3, looks);
    }

    [Fact]
    public async Task A_wait_in_vain_says_what_it_waited_for()
    {
        var failure = await Assert.ThrowsAsync<TimeoutException>(
            () => Eventually.UntilAsync("the pig has flown", () => false, TimeSpan.FromMilliseconds(20)));
        Assert.Contains("the pig has flown", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_look_that_never_returns_does_not_outlive_the_deadline() =>
        await Assert.ThrowsAsync<TimeoutException>(
            () => Eventually.FindAsync("an answer", () => new TaskCompletionSource<string?>().Task, TimeSpan.FromMilliseconds(20)));

    [Fact]
    public async Task What_is_found_is_returned_and_what_is_thrown_is_thrown()
    {
        Assert.Equal("here", await Eventually.FindAsync("something", () => Task.FromResult<string?>("here")));
        Assert.Equal(7, await Eventually.WithinAsync("a task", Task.FromResult(7)));
        await Assert.ThrowsAsync<InvalidDataException>(
            () => Eventually.WithinAsync("a task", Task.FromException(new InvalidDataException())));
    }
}
