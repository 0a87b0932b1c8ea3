using Hubbub.Core.Log;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

/// <summary>What every <see cref="IRoomLog"/> does: numbering, reading, keys. Members stand in the other part of this class.</summary>
public abstract partial class RoomLogContract : StoreContract
{
    public static TheoryData<EventContent> EveryContentButCreation => new(
        new MessagePosted("Grüße\n\tan alle 🦉"),
        new MessageEdited(2, "\"quoted\" \\ </script>"),
        new MessageDeleted(2),
        new MemberJoined(Bob, Role.Member),
        new MemberJoined(Eve, Role.Owner),
        new MemberLeft(Ann, LeaveReason.Left),
        new MemberLeft(Eve, LeaveReason.Removed),
        new RoomRenamed("Ünder the roof"),
        new TopicChanged("Ünder discussion 🦉"),
        new SlowModeChanged(30),
        new RoomArchived(),
        new ReactionAdded(2, "👍"),
        new MessagePinned(2),
        new MemberMuted(Bob, DateTimeOffset.UnixEpoch.AddDays(20_000)));

    [Fact]
    public async Task A_new_room_begins_with_its_creation_as_number_one_of_the_epoch_drawn()
    {
        var created = await CreateAsync(Lobby);

        Assert.Equal(new Position(FirstEpoch, 1), created.Position);
        Assert.Equal(created, Assert.Single((await ReadAsync(Lobby)).Events));
    }

    [Theory]
    [InlineData(Consistency.Strong)]
    [InlineData(Consistency.Relaxed)]
    public async Task The_first_event_of_a_room_says_how_consistent_it_is(Consistency consistency)
    {
        await StoreAsync(Creation(Lobby, consistency: consistency));

        Assert.Equal(new RoomCreated("lobby", Visibility.Public, consistency), Assert.Single((await ReadAsync(Lobby)).Events).Content);
    }

    [Fact]
    public async Task Events_of_a_room_are_numbered_one_by_one_over_batches()
    {
        await AppendAsync(Creation(Lobby), Post(Lobby, "2"), Post(Lobby, "3"));
        await AppendAsync(Post(Lobby, "4"));
        await AppendAsync(Post(Lobby, "5"), Post(Lobby, "6"));

        var page = await ReadAsync(Lobby);
        Assert.Equal([1, 2, 3, 4, 5, 6], page.Events.Select(e => e.Sequence));
        Assert.Equal(["2", "3", "4", "5", "6"], page.Events.Skip(1).Select(e => ((MessagePosted)e.Content).Text));
        Assert.All(page.Events, e => Assert.Equal(FirstEpoch, e.Position.Epoch));
    }

    [Fact]
    public async Task Rooms_are_numbered_independently_within_one_batch()
    {
        var outcomes = await AppendAsync(
            Creation(Lobby), Creation(Attic), Post(Lobby, "a"), Post(Attic, "b"), Post(Lobby, "c"), Post(Lobby, "d"), Post(Attic, "e"));

        Assert.Equal([1, 1, 2, 2, 3, 4, 3], outcomes.Select(o => o.Event!.Sequence));
    }

    [Fact]
    public async Task Room_ids_that_differ_in_case_are_two_rooms()
    {
        await CreateAsync(RoomId.Parse("lobby"));
        await CreateAsync(RoomId.Parse("Lobby"));
    }

    [Fact]
    public async Task A_batch_gives_one_outcome_per_draft_in_the_order_given()
    {
        var outcomes = await AppendAsync(
            Post(Lobby, "too early"),
            Creation(Lobby),
            Creation(Lobby),
            Post(Lobby, "x", key: "k"),
            Post(Lobby, "x", key: "k"),
            Post(Lobby, "y", key: "k"),
            Draft(Lobby, new MemberLeft(Bob, LeaveReason.Left)),
            Post(Lobby, "z"));

        Assert.Equal(Refusals.RoomNotFound, outcomes[0].Refusal);
        Assert.Equal(1, outcomes[1].Event!.Sequence);
        Assert.Equal(Refusals.RoomExists, outcomes[2].Refusal);
        Assert.Equal((2, false), (outcomes[3].Event!.Sequence, outcomes[3].IsRepeated));
        Assert.Equal((2, true), (outcomes[4].Event!.Sequence, outcomes[4].IsRepeated));
        Assert.Equal(Refusals.KeyReused, outcomes[5].Refusal);
        Assert.Equal(AppendOutcome.Unchanged, outcomes[6]);
        Assert.Equal(3, outcomes[7].Event!.Sequence);
        Assert.Equal(3, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task An_empty_batch_has_no_outcomes()
    {
        Assert.Empty(await AppendAsync());
    }

    [Fact]
    public async Task A_batch_of_thousands_is_stored_whole()
    {
        var outcomes = await AppendAsync([Creation(Lobby), .. Enumerable.Range(2, 4999).Select(n => Post(Lobby, $"{n}", key: $"k{n}"))]);

        Assert.Equal(Enumerable.Range(1, 5000).Select(n => (long)n), outcomes.Select(o => o.Event!.Sequence));
        Assert.Equal(5000, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task Creating_a_room_that_exists_is_refused()
    {
        await CreateAsync(Lobby);

        Assert.Equal(Refusals.RoomExists, (await AppendOneAsync(Creation(Lobby))).Refusal);
        Assert.Equal(Refusals.RoomExists, (await AppendOneAsync(Creation(Lobby, Visibility.Private, Bob))).Refusal);
        Assert.Equal(1, await HeadAsync(Lobby));
    }

    [Theory]
    [MemberData(nameof(EveryContentButCreation))]
    public async Task Nothing_but_a_creation_is_taken_for_a_room_that_does_not_exist(EventContent content)
    {
        Assert.Equal(Refusals.RoomNotFound, (await AppendOneAsync(Draft(Nowhere, content))).Refusal);
        Assert.Null(await Log.ReadAsync(Nowhere, 0, 10, None));
    }

    [Theory]
    [MemberData(nameof(EveryContentButCreation))]
    public async Task Every_kind_of_event_reads_back_as_it_was_acknowledged(EventContent content)
    {
        await CreateAsync(Lobby);

        var stored = await StoreAsync(Draft(Lobby, content, key: "the-key"));

        Assert.Equal(content, stored.Content);
        Assert.Equal((Ann, "the-key", Clock.GetUtcNow(), Lobby), (stored.Sender, stored.Key, stored.SentAt, stored.Room));
        Assert.Equal(stored, Assert.Single((await ReadAsync(Lobby, after: 1)).Events));
    }

    [Fact]
    public async Task The_longest_message_reads_back_whole()
    {
        await CreateAsync(Lobby);
        var text = string.Concat(Enumerable.Repeat("🦉", Texts.MaxMessageBytes / 4));

        await StoreAsync(Post(Lobby, text, key: new string('k', Texts.MaxKeyLength)));

        Assert.Equal(new MessagePosted(text), (await ReadAsync(Lobby, after: 1)).Events[0].Content);
    }

    [Fact]
    public async Task Times_are_kept_to_the_millisecond()
    {
        await CreateAsync(Lobby);
        var precise = Clock.GetUtcNow().AddTicks(12_345_678);

        var stored = await StoreAsync(Post(Lobby, "now") with { SentAt = precise });

        Assert.Equal(precise.AddTicks(-5678), stored.SentAt);
        Assert.Equal(stored, (await ReadAsync(Lobby, after: 1)).Events[0]);
    }

    [Fact]
    public async Task A_known_key_gives_the_original_and_appends_nothing()
    {
        await CreateAsync(Lobby);
        var original = await StoreAsync(Post(Lobby, "once", key: "k1"));
        await StoreAsync(Post(Lobby, "meanwhile"));
        Clock.Advance(TimeSpan.FromDays(400));

        var again = await AppendOneAsync(Post(Lobby, "once", sender: Ann with { Name = "Ann, renamed" }, key: "k1"));

        Assert.Equal(AppendOutcome.Repeated(original), again);
        Assert.False(again.IsAppended);
        Assert.Equal(3, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task A_known_key_with_another_content_is_refused()
    {
        await CreateAsync(Lobby);
        await StoreAsync(Post(Lobby, "one thing", key: "k1"));

        Assert.Equal(Refusals.KeyReused, (await AppendOneAsync(Post(Lobby, "another", key: "k1"))).Refusal);
        Assert.Equal(Refusals.KeyReused, (await AppendOneAsync(Draft(Lobby, new RoomRenamed("one thing"), key: "k1"))).Refusal);
        Assert.Equal(2, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task The_same_key_of_another_sender_or_in_another_room_is_another_key()
    {
        await AppendAsync(Creation(Lobby), Creation(Attic));

        var outcomes = await AppendAsync(
            Post(Lobby, "a", key: "k"), Post(Lobby, "b", sender: Bob, key: "k"), Post(Attic, "c", key: "k"), Post(Lobby, "d", key: "K"));

        Assert.All(outcomes, o => Assert.True(o.IsAppended));
    }

    [Fact]
    public async Task Posts_without_a_key_are_never_taken_for_repeats()
    {
        await CreateAsync(Lobby);

        var outcomes = await AppendAsync(Post(Lobby, "same"), Post(Lobby, "same"));

        Assert.All(outcomes, o => Assert.True(o.IsAppended));
        Assert.Equal(3, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task A_key_is_used_up_only_by_an_event_that_was_stored()
    {
        await AppendOneAsync(Post(Lobby, "refused: no room", key: "k"));
        await CreateAsync(Lobby);
        await AppendOneAsync(Draft(Lobby, new MemberLeft(Bob, LeaveReason.Left), key: "k"));

        await StoreAsync(Post(Lobby, "stored", key: "k"));
    }

    [Fact]
    public async Task A_page_holds_what_comes_after_ascending_up_to_the_limit()
    {
        await AppendAsync([Creation(Lobby), .. Enumerable.Range(2, 29).Select(n => Post(Lobby, $"{n}"))]);

        var page = await ReadAsync(Lobby, after: 7, limit: 5);

        Assert.Equal([8, 9, 10, 11, 12], page.Events.Select(e => e.Sequence));
        Assert.Equal(new Position(FirstEpoch, 30), page.Head);
        Assert.Equal([29, 30], (await ReadAsync(Lobby, after: 28, limit: 5)).Events.Select(e => e.Sequence));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(long.MaxValue)]
    public async Task A_page_after_the_head_or_beyond_it_is_empty_and_says_the_head(long after)
    {
        await AppendAsync(Creation(Lobby), Post(Lobby, "2"), Post(Lobby, "3"));

        var page = await ReadAsync(Lobby, after);

        Assert.Empty(page.Events);
        Assert.Equal(new Position(FirstEpoch, 3), page.Head);
    }

    [Fact]
    public async Task Reading_a_room_that_does_not_exist_gives_null()
    {
        Assert.Null(await Log.ReadAsync(Nowhere, 0, 100, None));
    }

    [Theory]
    [InlineData(-1, 100)]
    [InlineData(0, 0)]
    [InlineData(0, -1)]
    [InlineData(0, 1001)]
    public async Task A_page_outside_the_limits_is_a_bug_of_the_caller(long after, int limit)
    {
        await CreateAsync(Lobby);

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Log.ReadAsync(Lobby, after, limit, None));
    }

    [Fact]
    public async Task The_largest_page_is_a_thousand_events()
    {
        await AppendAsync([Creation(Lobby), .. Enumerable.Range(2, 1200).Select(n => Post(Lobby, $"{n}"))]);

        Assert.Equal(Enumerable.Range(1, 1000).Select(n => (long)n), (await ReadAsync(Lobby, limit: 1000)).Events.Select(e => e.Sequence));
    }

    [Fact]
    public async Task Heads_come_in_the_order_asked_and_null_where_there_is_no_room()
    {
        await AppendAsync(Creation(Lobby), Creation(Attic) with { Epoch = new Epoch(7) }, Post(Attic, "2"));

        var heads = await Log.HeadsAsync([Attic, Nowhere, Lobby, Attic], None);

        Assert.Equal([new Position(new Epoch(7), 2), null, new Position(FirstEpoch, 1), new Position(new Epoch(7), 2)], heads);
        Assert.Empty(await Log.HeadsAsync([], None));
    }

    [Fact]
    public async Task A_batch_that_is_cancelled_before_it_begins_stores_nothing()
    {
        await CreateAsync(Lobby);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Log.AppendAsync([Post(Lobby, "never")], new CancellationToken(canceled: true)));

        Assert.Equal(2, (await StoreAsync(Post(Lobby, "next"))).Sequence);
    }

    [Fact]
    public async Task A_key_that_many_callers_post_at_once_is_stored_once()
    {
        await CreateAsync(Lobby);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => AppendOneAsync(Post(Lobby, "once", key: "k")))));

        Assert.Single(outcomes, o => o.IsAppended);
        Assert.All(outcomes, o => Assert.Equal(2, o.Event!.Sequence));
        Assert.Equal(2, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task Readers_see_every_room_grow_without_a_hole_while_many_append()
    {
        const int Appenders = 4, Batches = 60, BatchSize = 5;
        await AppendAsync(Creation(Lobby), Creation(Attic));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        var appending = Enumerable.Range(0, Appenders).Select(appender => Task.Run(async () =>
        {
            var acknowledged = new List<RoomEvent>();
            for (var batch = 0; batch < Batches; batch++)
            {
                var drafts = Enumerable.Range(0, BatchSize).Select(n => Post(n % 2 == 0 ? Lobby : Attic, "x", key: $"{appender}-{batch}-{n}"));
                acknowledged.AddRange((await AppendAsync([.. drafts])).Select(o => o.Event!));
            }

            return acknowledged;
        })).ToList();
        var reading = new[] { Lobby, Attic, Lobby }.Select(room => Task.Run(() => FollowAsync(room, until: ExpectedHead(room), deadline.Token))).ToList();

        var stored = (await Task.WhenAll(appending)).SelectMany(events => events).ToList();
        var logs = await Task.WhenAll(reading);

        Assert.Equal(logs[0], logs[2]);
        Assert.Equal(
            stored.OrderBy(e => e.Room.Value, StringComparer.Ordinal).ThenBy(e => e.Sequence),
            logs[1].Concat(logs[0]).Where(e => e.Content is MessagePosted));

        static long ExpectedHead(RoomId room) => 1 + (Appenders * Batches * (room == Lobby ? 3 : 2));
    }

    /// <summary>Reads page after page, as every reader does, and fails at the first number that is not the next.</summary>
    private async Task<List<RoomEvent>> FollowAsync(RoomId room, long until, CancellationToken deadline)
    {
        var seen = new List<RoomEvent>();
        while (seen.Count < until)
        {
            deadline.ThrowIfCancellationRequested();
            var page = (await Log.ReadAsync(room, seen.Count, 50, deadline))!;
            foreach (var next in page.Events)
            {
                Assert.Equal(seen.Count + 1, next.Sequence);
                Assert.True(next.Sequence <= page.Head.Sequence, "an event beyond the head of its page");
                seen.Add(next);
            }

            if (page.Events.Count == 0)
                await Task.Yield();
        }

        return seen;
    }
}
