using Hubbub.Load.Checks;
using Hubbub.Load.Loop;
using Hubbub.Load.Posting;
using Xunit;

namespace Hubbub.UnitTests.Load;

public class PostClientTests
{
    private readonly PostTally _tally = new() { Begin = 0, End = Clock.Milliseconds(60_000) };
    private readonly AckLedger _ledger = new(1, 1);
    private readonly RecordingPoster _poster = new();
    private readonly PostClient _client;

    public PostClientTests()
    {
        _client = new PostClient(0, 0, _tally, _ledger);
        _client.Begin(_poster, now: 1000);
    }

    [Fact]
    public void An_acknowledged_post_is_written_down_and_the_next_is_sent()
    {
        _client.OnStored(_poster, 0, sequence: 7, epoch: 0xab, now: 5000);

        Assert.Equal([(0, 1000L), (1, 5000L)], _poster.Posts);
        Assert.Equal(7, _ledger.SequenceOf(0, 0));
        Assert.Equal(4000, _tally.Latency.Max);
    }

    [Fact]
    public void A_retryable_refusal_is_retried_as_the_same_message_and_its_latency_counts_from_the_first_attempt()
    {
        _client.OnRefused(_poster, 0, "overloaded", retryable: true, now: 2000);
        _client.OnTick(2000 + Clock.Milliseconds(19));
        Assert.Single(_poster.Posts);
        _client.OnTick(2000 + Clock.Milliseconds(20));
        _client.OnStored(_poster, 0, sequence: 7, epoch: 0xab, now: Clock.Milliseconds(30));

        Assert.Equal([(0, 1000L), (0, 1000L), (1, Clock.Milliseconds(30))], _poster.Posts);
        Assert.Equal(1, _tally.Refusals["overloaded"]);
        Assert.Equal(Clock.Milliseconds(30) - 1000, _tally.Latency.Max);
        Assert.True(_tally.IsClean);
    }

    [Fact]
    public void The_ninth_refusal_gives_the_message_up_and_goes_on_with_the_next()
    {
        var now = 1000L;
        for (var attempt = 1; attempt <= 9; attempt++)
        {
            _client.OnRefused(_poster, 0, "overloaded", retryable: true, now);
            now += Clock.Milliseconds(5000);
            _client.OnTick(now);
        }

        Assert.Equal(9, _poster.Posts.Count(post => post.Number == 0));
        Assert.Equal(1, _poster.Posts[^1].Number);
        Assert.Equal(1, _tally.GivenUp);
        Assert.False(_tally.IsClean);
    }

    [Fact]
    public void A_refusal_that_no_retry_helps_stops_the_client()
    {
        _client.OnRefused(_poster, 0, "forbidden", retryable: false, now: 2000);
        _client.OnTick(Clock.Milliseconds(10_000));

        Assert.True(_client.IsDone);
        Assert.Single(_poster.Posts);
        Assert.Equal("1 refused for good, 0 unanswered, 0 faults", _tally.Troubles);
    }

    [Fact]
    public void A_lost_connection_leaves_its_post_unanswered()
    {
        _client.OnLost(_poster, "reset");

        Assert.True(_client.IsDone);
        Assert.Equal(1, _tally.Unanswered);
        Assert.Contains("client 0 lost its connection: reset", _tally.Troubles);
    }

    [Fact]
    public void After_the_end_nothing_more_is_sent_and_the_late_answer_is_checked_but_not_measured()
    {
        _client.OnStored(_poster, 0, sequence: 7, epoch: 0xab, now: _tally.End);

        Assert.True(_client.IsDone);
        Assert.Single(_poster.Posts);
        Assert.Equal((1, 0), (_ledger.Count, _tally.Measured));
    }

    [Fact]
    public void An_answer_to_another_message_than_the_one_sent_is_a_fault()
    {
        _client.OnStored(_poster, 5, sequence: 7, epoch: 0xab, now: 2000);

        Assert.True(_client.IsDone);
        Assert.Equal(1, _tally.FaultCount);
    }
}
