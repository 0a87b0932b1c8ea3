using System.Net;
using System.Text.Json;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Wire;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Transports;

/// <summary>Pages: forwards by <c>after</c>, backwards by <c>before</c>, around an event; and what a question may not say.</summary>
public class HistoryTests : IAsyncLifetime
{
    private const int Events = 251;
    private InProcessServer _server = null!;
    private HttpApi _ada = null!;
    private string _epoch = "";

    public async Task InitializeAsync()
    {
        _server = await InProcessServer.StartAsync();
        _ada = await _server.GuestAsync("Ada");
        for (var i = 2; i <= Events; i++)
            _epoch = (await _ada.SayAsync("room1", $"message {i}")).Text("epoch");
    }

    public async Task DisposeAsync()
    {
        _ada.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(1000, 1)]
    [InlineData(100, 3)]
    [InlineData(50, 6)]
    [InlineData(251, 1)]
    public async Task Page_by_page_the_whole_log_is_read_forwards(int limit, int pages)
    {
        var read = new List<long>();
        var position = "0";
        for (var page = 1; page <= pages; page++)
        {
            var answer = await AskAsync($"after={position}&limit={limit}");
            Assert.Equal(Events, answer.Number("head"));
            read.AddRange(Sequences(answer));
            Assert.Equal($"{_epoch}:{read[^1]}", position = answer.Text("position"));
        }

        Assert.Equal(Enumerable.Range(1, Events).Select(i => (long)i), read);
        var rest = await AskAsync($"after={position}");
        Assert.Empty(Sequences(rest));
        Assert.Equal(position, rest.Text("position"));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(100)]
    [InlineData(17)]
    public async Task Page_by_page_the_whole_log_is_read_backwards(int limit)
    {
        var read = new List<long>();
        for (var before = $"{_epoch}:{Events + 1}"; before != $"{_epoch}:1"; before = $"{_epoch}:{read[0]}")
        {
            var page = Sequences(await AskAsync($"before={before}&limit={limit}"));
            Assert.InRange(page.Count, 1, limit);
            read.InsertRange(0, page);
        }

        Assert.Equal(Enumerable.Range(1, Events).Select(i => (long)i), read);
        Assert.Empty(Sequences(await AskAsync($"before={_epoch}:1")));
        Assert.Empty(Sequences(await AskAsync("before=0")));
    }

    [Fact]
    public async Task Without_a_limit_a_page_has_a_hundred()
    {
        Assert.Equal(100, Sequences(await AskAsync("after=0")).Count);
        Assert.Equal(100, Sequences(await AskAsync($"before={_epoch}:200")).Count);
        Assert.Equal(100, Sequences(await AskAsync($"around={_epoch}:100")).Count);
    }

    [Theory]
    [InlineData(100, 10, 95, 104)]
    [InlineData(3, 10, 1, 10)]
    [InlineData(250, 10, 245, 251)]
    [InlineData(251, 1, 251, 251)]
    public async Task A_page_around_an_event_has_half_on_either_side(int around, int limit, int first, int last)
    {
        var page = Sequences(await AskAsync($"around={_epoch}:{around}&limit={limit}"));

        Assert.Equal((first, last), (page[0], page[^1]));
        Assert.Contains(around, page);
        Assert.Equal(Enumerable.Range(first, last - first + 1).Select(i => (long)i), page);
    }

    [Theory]
    [InlineData("before")]
    [InlineData("around")]
    public async Task A_page_at_a_position_that_is_not_in_the_log_is_told_as_a_gap(string which)
    {
        foreach (var position in new[] { "00000001:5", $"{_epoch}:{Events + 2}" })
        {
            var answer = await AskAsync($"{which}={position}");
            Assert.Empty(Sequences(answer));
            Assert.Equal("lost_past", answer.Json.GetProperty("gap").GetProperty("reason").GetString());
            Assert.Equal(position, answer.Json.GetProperty("gap").GetProperty("from").GetString());
            Assert.Equal($"{_epoch}:{Events}", answer.Text("position"));
        }
    }

    [Fact]
    public async Task The_last_few_are_cut_by_the_limit_and_go_on_from_there()
    {
        var answer = await AskAsync("last=200&limit=50");

        Assert.Equal(Enumerable.Range(52, 50).Select(i => (long)i), Sequences(answer));
        Assert.Equal($"{_epoch}:101", answer.Text("position"));
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("limit=-1")]
    [InlineData("limit=x")]
    [InlineData("limit=")]
    [InlineData("limit=1&limit=2")]
    [InlineData("wait=-1")]
    [InlineData("wait=61")]
    [InlineData("wait=1.5")]
    [InlineData("last=-1")]
    [InlineData("last=1001")]
    [InlineData("last=99999999999999999999")]
    [InlineData("after=0&last=3")]
    [InlineData("after=0&before=0")]
    [InlineData("before=0&around=0")]
    public async Task A_question_that_makes_no_sense_is_refused(string query)
    {
        var answer = await _ada.EventsAsync("room1", query);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("bad_request", answer.Code);
    }

    [Theory]
    [InlineData("before", "text/event-stream")]
    [InlineData("around", "application/x-ndjson")]
    public async Task Pages_of_history_are_no_streams(string which, string form)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _ada.StreamAsync($"/api/rooms/room1/events?{which}={_epoch}:5", form));

        Assert.Equal("bad_request", refused.Answer.Code);
    }

    [Fact]
    public async Task An_event_in_an_answer_is_its_frame_laid_flat()
    {
        var flat = (await AskAsync("last=1")).Json.GetProperty("events")[0];
        await using var stream = await _ada.StreamAsync("/api/rooms/room1/events?last=1", "application/x-ndjson");
        await stream.NextAsync();
        var frame = (await stream.NextAsync())!.Value;

        Assert.Equal(frame.GetProperty("type").GetString(), flat.GetProperty("type").GetString());
        var fields = frame.GetProperty("payload").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetRawText());
        fields["type"] = frame.GetProperty("type").GetRawText();
        Assert.Equal(fields.OrderBy(f => f.Key), flat.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetRawText()).OrderBy(f => f.Key));
    }

    [Fact]
    public async Task The_last_event_id_wins_over_the_address_and_must_be_a_position()
    {
        await using (var stream = await _ada.StreamAsync("/api/rooms/room1/events?after=0", "text/event-stream", ("Last-Event-ID", $"{_epoch}:250")))
        {
            Assert.Equal($"{_epoch}:250", (await stream.NextAsync())!.Value.GetProperty("payload").GetProperty("position").GetString());
            Assert.Equal(251, (await stream.NextAsync())!.Value.GetProperty("payload").GetProperty("sequence").GetInt64());
        }

        await using (var stream = await _ada.StreamAsync("/api/rooms/room1/events?last=5", "text/event-stream", ("Last-Event-ID", $"{_epoch}:250")))
        {
            await stream.NextAsync();
            Assert.Equal(251, (await stream.NextAsync())!.Value.GetProperty("payload").GetProperty("sequence").GetInt64());
        }

        var refused = await Assert.ThrowsAsync<RefusedException>(() => _ada.StreamAsync("/api/rooms/room1/events", "text/event-stream", ("Last-Event-ID", "x")));
        Assert.Equal("bad_position", refused.Answer.Code);
    }

    [Fact]
    public async Task A_long_poll_with_nothing_to_tell_answers_empty_when_its_time_is_over()
    {
        var clock = new JumpingClock();
        await using var server = await InProcessServer.StartAsync(s => s.Time = clock);
        using var bob = await server.GuestAsync("Bob");
        var head = (await bob.SayAsync("room1", "hello")).Text("id");

        var asking = bob.EventsAsync("room1", $"after={head}&wait=60");
        await server.ConnectionsAsync(1);
        await Eventually.UntilAsync("the poll's time is over", () =>
        {
            clock.Jump(TimeSpan.FromSeconds(61)); // again, as its time may begin only now
            return asking.IsCompleted;
        });

        var answer = await asking;
        Assert.Empty(Sequences(answer));
        Assert.Equal(head, answer.Text("position"));
        await server.ConnectionsAsync(0);
    }

    [Fact]
    public async Task A_long_poll_that_waits_is_told_when_the_log_begins_a_new_life()
    {
        var clock = new JumpingClock();
        await using var store = SharedStore.InMemory(clock);
        await using var server = await InProcessServer.StartAsync(s => (s.Store, s.Time) = (store, clock));
        using var bob = await server.GuestAsync("Bob");
        var head = (await bob.SayAsync("room1", "hello")).Text("id");
        var asking = bob.EventsAsync("room1", $"after={head}&wait=60");
        await server.ConnectionsAsync(1);

        await store.RenewEpochsAsync();
        clock.Jump(TimeSpan.FromSeconds(6)); // the sweep compares heads

        var answer = await Eventually.WithinAsync("the poll that waits is answered", asking);
        Assert.Equal("lost_past", answer.Json.GetProperty("gap").GetProperty("reason").GetString());
    }

    private async Task<Answer> AskAsync(string query)
    {
        var answer = await _ada.EventsAsync("room1", query);
        answer.Expect(HttpStatusCode.OK);
        return answer;
    }

    private static List<long> Sequences(Answer answer) =>
        [.. answer.Json.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("sequence").GetInt64())];
}
