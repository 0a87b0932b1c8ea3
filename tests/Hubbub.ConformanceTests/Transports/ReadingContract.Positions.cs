using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Transports.Readers;
using Xunit;

namespace Hubbub.ConformanceTests.Transports;

// Where a reader may begin, and what it is told when its story cannot go on.
public abstract partial class ReadingContract
{
    [Theory]
    [InlineData(StoreKind.Memory)]
    [InlineData(StoreKind.Sqlite)]
    public async Task From_0_the_story_is_told_from_its_beginning(StoreKind kind)
    {
        await using var store = await SharedStore.OfAsync(kind);
        await using var server = await InProcessServer.StartAsync(s => s.Store = store);
        using var ada = await server.GuestAsync("Ada");
        await SayAsync(ada, 150);

        await using var reader = await OpenAsync(ada, Start.Behind("0"));

        var events = await reader.EventsAsync(151);
        Assert.Equal("room_created", events[0].Type);
        Assert.Equal(Enumerable.Range(1, 151).Select(s => (long)s), events.Select(e => e.Sequence));
        await SayAsync(ada, 1, first: 151);
        Assert.Equal("message 151", (await reader.NextAsync()).Text("message"));
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(0, 0)]
    [InlineData(1000, 11)]
    public async Task With_the_last_few_the_story_begins_so_many_events_back(int asked, int given)
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        await SayAsync(ada, 10);

        await using var reader = await OpenAsync(ada, Start.Newest(asked));

        await SayAsync(ada, 1, first: 11);
        var events = await reader.EventsAsync(given + 1);
        Assert.Equal(12 - given, events[0].Sequence);
        Assert.Equal("message 11", events[^1].Text("message"));
    }

    [Fact]
    public async Task At_the_head_nothing_old_is_told()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        await SayAsync(ada, 10);

        await using var reader = await OpenAsync(ada, Start.Head);

        Assert.EndsWith(":11", reader.Position, StringComparison.Ordinal);
        await SayAsync(ada, 1, first: 11);
        Assert.Equal("message 11", (await reader.NextAsync()).Text("message"));
    }

    [Fact]
    public async Task A_position_taken_before_the_first_event_is_told_resumes_just_there()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        await SayAsync(ada, 10);
        string position;
        await using (var reader = await OpenAsync(ada, Start.Newest(4)))
            position = reader.Position;

        await using var again = await OpenAsync(ada, Start.Behind(position));

        Assert.Equal(Said(4, first: 7), await again.MessagesAsync(4));
    }

    [Theory]
    [InlineData("future")]
    [InlineData("epoch")]
    public async Task A_position_that_is_not_in_the_log_is_told_as_a_lost_past_and_the_story_goes_on(string flaw)
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        var posted = await ada.SayAsync(Room, "the last of old");
        var head = posted.Text("id");
        var asked = flaw == "future" ? $"{posted.Text("epoch")}:1000" : $"{(posted.Text("epoch") == "00000001" ? "00000002" : "00000001")}:1";

        await using var reader = await OpenAsync(ada, Start.Behind(asked));

        await ExpectGapAsync(reader, asked, head, "lost_past");
        Assert.Equal(head, reader.Position);
        await ada.SayAsync(Room, "the first of new");
        Assert.Equal("the first of new", (await reader.NextAsync()).Text("message"));
    }

    [Fact]
    public async Task A_gap_that_was_cut_off_before_it_was_told_is_told_to_who_comes_back()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        var head = (await ada.SayAsync(Room, "hello")).Text("id");
        string position;
        await using (var reader = await OpenAsync(ada, Start.Behind("00000001:7")))
            position = reader.Position;

        await using var again = await OpenAsync(ada, Start.Behind(position));

        await ExpectGapAsync(again, "00000001:7", head, "lost_past");
    }

    [Fact]
    public async Task Whoever_is_too_far_behind_is_told_and_goes_on_at_the_head()
    {
        await using var server = await InProcessServer.StartAsync(s => s.Options = o => o.MaxReplay = 10);
        using var ada = await server.GuestAsync("Ada");
        await SayAsync(ada, 12);
        var head = (await ada.SayAsync(Room, "the head")).Text("id");
        var epoch = head.Split(':')[0];

        await using (var inTime = await OpenAsync(ada, Start.Behind($"{epoch}:4")))
            Assert.Equal(5, (await inTime.EventsAsync(10))[0].Sequence);
        await using var tooLate = await OpenAsync(ada, Start.Behind($"{epoch}:3"));

        await ExpectGapAsync(tooLate, $"{epoch}:3", head, "too_far_behind");
        await ada.SayAsync(Room, "after the head");
        Assert.Equal("after the head", (await tooLate.NextAsync()).Text("message"));
    }

    [Theory]
    [InlineData(StoreKind.Memory)]
    [InlineData(StoreKind.Sqlite)]
    public async Task When_the_log_begins_a_new_life_its_readers_are_told(StoreKind kind)
    {
        var clock = new JumpingClock();
        await using var store = await SharedStore.OfAsync(kind, clock);
        await using var server = await InProcessServer.StartAsync(s => (s.Store, s.Time) = (store, clock));
        using var ada = await server.GuestAsync("Ada");
        await using var reader = await OpenAsync(ada, Start.Head);
        var before = (await ada.SayAsync(Room, "of the old life")).Text("id");
        await reader.EventsAsync(1);

        await store.RenewEpochsAsync();
        clock.Jump(TimeSpan.FromSeconds(6)); // the sweep compares heads

        var head = await HeadAsync();
        await ExpectGapAsync(reader, before, head, "lost_past");
        Assert.Equal(head, reader.Position);
        await ada.SayAsync(Room, "of the new life");
        Assert.Equal("of the new life", (await reader.NextAsync()).Text("message"));

        async Task<string> HeadAsync() => (await ada.GetAsync($"/api/rooms/{Room}")).Text("position");
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("-1")]
    [InlineData("7")]
    [InlineData("9f3a01bc")]
    [InlineData("9f3a01bc:")]
    [InlineData("9f3a01bc:-1")]
    [InlineData("9f3a01bc:+1")]
    [InlineData("9f3a01bc: 1")]
    [InlineData("9f3a01bc:01")]
    [InlineData("9f3a01bc:1.5")]
    [InlineData("9f3a01bc:NaN")]
    [InlineData("9F3A01BC:1")]
    [InlineData("9f3a01b:1")]
    [InlineData("9f3a01bc:9223372036854775808")]
    [InlineData("9f3a01bc:99999999999999999999")]
    [InlineData("9f3a01bc:1:2")]
    public async Task A_malformed_position_is_refused(string position)
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");

        var refused = await Assert.ThrowsAsync<ReadingRefusedException>(() => OpenAsync(ada, Start.Behind(position)));

        Assert.Equal("bad_position", refused.Code);
    }

    [Fact]
    public async Task More_than_the_last_thousand_is_refused()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");

        var refused = await Assert.ThrowsAsync<ReadingRefusedException>(() => OpenAsync(ada, Start.Newest(1001)));

        Assert.Equal(Transport == Transport.WebSocket ? "bad_frame" : "bad_request", refused.Code);
    }

    private static async Task ExpectGapAsync(Reader reader, string from, string to, string reason)
    {
        var gap = await reader.NextAsync();
        Assert.Equal("gap", gap.Type);
        Assert.Equal(from, gap.Text("from"));
        Assert.Equal(to, gap.Text("to"));
        Assert.Equal(reason, gap.Text("reason"));
    }
}
