using Hubbub.Load.Checks;
using Hubbub.Load.Loop;
using Hubbub.Load.Posting;
using Xunit;

namespace Hubbub.UnitTests.Load;

public sealed class FanoutPostingTests : IAsyncDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    private readonly LoopSet _loops = new();
    private readonly AckLedger _ledger = new(1, 1);
    private readonly RecordingPoster _poster = new();
    private readonly PostTally _tally;
    private readonly EventLoop _loop;
    private readonly long _first = Clock.Now + Clock.Milliseconds(20);

    public FanoutPostingTests()
    {
        _loop = _loops.Start("test");
        _tally = new PostTally { Begin = _first, End = _first + Clock.Milliseconds(200) };
    }

    public ValueTask DisposeAsync() => _loops.DisposeAsync();

    [Fact]
    public async Task The_open_loop_sends_what_is_due_even_when_answers_are_late_and_counts_from_when_it_was_due()
    {
        var posting = new FanoutPosting(_loop, rate: 500, groups: 1, _tally, _ledger);
        // The first answer comes only after 60 ms, in which 30 more posts become due.
        _poster.Posted = number =>
        {
            if (number > 0)
                _loop.Post(() => Answer(posting, number));
        };
        _loop.OnTick(now =>
        {
            if (_ledger.Count == 0 && _poster.Posts.Count == 1 && now >= _first + Clock.Milliseconds(60))
                Answer(posting, 0);
        });
        posting.Add(_poster);
        posting.Begin(_first);
        await posting.Finished.WaitAsync(s_deadline);

        Assert.Equal(100, _poster.Posts.Count);
        Assert.All(_poster.Posts, post => Assert.Equal(_first + post.Number * 2_000_000L, post.SentAt));
        Assert.True(posting.SendDelay.Max >= Clock.Milliseconds(57), $"the largest delay is {posting.SendDelay.Max} ns");
        Assert.True(_tally.Latency.Max >= Clock.Milliseconds(60));
        Assert.True(_tally.IsClean);
    }

    [Fact]
    public async Task The_closed_loop_waits_for_the_acknowledgement_and_for_every_group()
    {
        var posting = new FanoutPosting(_loop, rate: null, groups: 2, _tally, _ledger);
        var early = 0;
        _poster.Posted = number => _loop.Post(() =>
        {
            Answer(posting, number);
            posting.GroupHeard();
            if (_poster.Posts.Count != number + 1)
                early++;
            posting.GroupHeard();
        });
        posting.Add(_poster);
        posting.Begin(_first);
        await posting.Finished.WaitAsync(s_deadline);

        Assert.Equal(0, early);
        Assert.True(_poster.Posts.Count > 1);
        Assert.Equal(_poster.Posts.Count, _ledger.Count);
        Assert.True(_tally.IsClean);
    }

    [Fact]
    public async Task A_refused_post_is_counted_and_not_retried()
    {
        var posting = new FanoutPosting(_loop, rate: 100, groups: 1, _tally, _ledger);
        _poster.Posted = number => _loop.Post(() =>
        {
            if (number == 3)
                posting.OnRefused(_poster, number, "overloaded", retryable: true, Clock.Now);
            else
                Answer(posting, number);
        });
        posting.Add(_poster);
        posting.Begin(_first);
        await posting.Finished.WaitAsync(s_deadline);

        Assert.Equal(20, _poster.Posts.Count);
        Assert.Equal(1, _tally.Refusals["overloaded"]);
        Assert.False(_tally.IsClean);
    }

    private void Answer(FanoutPosting posting, int number) => posting.OnStored(_poster, number, number + 2, 0xab, Clock.Now);
}
