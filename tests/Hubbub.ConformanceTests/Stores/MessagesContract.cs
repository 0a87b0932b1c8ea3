using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

/// <summary>What every <see cref="IMessages"/> says of messages, after whatever was appended; and how a deletion erases them.</summary>
public abstract partial class MessagesContract : StoreContract
{
    public static TheoryData<EventContent> EveryPostWithExtras => new(
        new MessagePosted("an answer") { ReplyTo = 2 },
        new MessagePosted("in a thread") { Thread = 2 },
        new MessagePosted("both") { ReplyTo = 3, Thread = 2, Mentions = "bob" },
        new MessagePosted("@Bob @room, look") { Mentions = "bob @room" },
        new MessageEdited(2, "@Eve instead") { Mentions = "eve" },
        new ReactionAdded(2, "👨‍👩‍👧"));

    [Theory]
    [MemberData(nameof(EveryPostWithExtras))]
    public async Task What_stands_beside_a_text_reads_back_as_it_was_acknowledged(EventContent content)
    {
        await AppendAsync(Creation(Lobby), Post(Lobby, "root"), Post(Lobby, "more"));

        var stored = await StoreAsync(Draft(Lobby, content, key: "k"));

        Assert.Equal(content, stored.Content);
        Assert.Equal(stored, Assert.Single((await ReadAsync(Lobby, after: 3)).Events));
        Assert.Equal(AppendOutcome.Repeated(stored), await AppendOneAsync(Draft(Lobby, content, key: "k")));
    }

    [Fact]
    public async Task A_repeat_is_known_by_what_its_sender_said_and_not_by_whom_it_mentions()
    {
        await AppendAsync(Creation(Lobby), Post(Lobby, "root"));
        var stored = await StoreAsync(Draft(Lobby, new MessagePosted("hi @bob") { ReplyTo = 2, Mentions = "bob" }, key: "k"));

        Assert.Equal(AppendOutcome.Repeated(stored), await AppendOneAsync(Draft(Lobby, new MessagePosted("hi @bob") { ReplyTo = 2 }, key: "k")));
        Assert.Equal(Refusals.KeyReused, (await AppendOneAsync(Draft(Lobby, new MessagePosted("hi @bob"), key: "k"))).Refusal);
        Assert.Equal(Refusals.KeyReused, (await AppendOneAsync(Draft(Lobby, new MessagePosted("hi @bob") { ReplyTo = 2, Thread = 2 }, key: "k"))).Refusal);
    }

    [Fact]
    public async Task A_message_stands_as_its_newest_edit_says()
    {
        await AppendAsync(Creation(Lobby), Creation(Attic), Post(Lobby, "frist"), Post(Lobby, "other"), Post(Attic, "elsewhere"));
        Assert.Equal(new StandingMessage((await ReadAsync(Lobby)).Events[1]), Assert.Single(await FindAsync(2)));

        await StoreAsync(Draft(Lobby, new MessageEdited(2, "first")));
        await StoreAsync(Draft(Attic, new MessageEdited(2, "not this one")));
        var edited = await StoreAsync(Draft(Lobby, new MessageEdited(2, "first, @Bob") { Mentions = "bob" }));

        var (one, two) = (await FindAsync(3, 2)) switch { [var a, var b] => (a, b), var found => throw new InvalidOperationException($"{found.Count} found") };
        Assert.Equal(("other", null), (one.Text, one.Edited));
        Assert.Equal(("first, @Bob", "bob", edited), (two.Text, two.Mentions, two.Edited));
        Assert.Equal("frist", two.Content.Text);
    }

    [Fact]
    public async Task What_is_no_message_of_the_room_is_not_found()
    {
        await AppendAsync(Creation(Lobby), Post(Lobby, "2"), Draft(Lobby, new MessageEdited(2, "two")));

        Assert.Empty(await FindAsync(1, 3, 4, 0, -1, long.MaxValue));
        Assert.Empty(await Messages.FindAsync(Nowhere, [1, 2], Ann.Id, None));
        Assert.Empty(await FindAsync());
    }

    [Fact]
    public async Task A_deletion_erases_the_message_and_its_edits_and_leaves_their_places()
    {
        await AppendAsync(
            Creation(Lobby), Post(Lobby, "secret", key: "k"), Draft(Lobby, new MessageEdited(2, "more secret") { Mentions = "bob" }, key: "e"), Post(Lobby, "kept"),
            Draft(Lobby, new MessageEdited(4, "kept too")));

        await StoreAsync(Draft(Lobby, new MessageDeleted(2), Bob));

        Assert.Equal(
            [new MessagePosted(""), new MessageEdited(2, ""), new MessagePosted("kept"), new MessageEdited(4, "kept too"), new MessageDeleted(2)],
            (await ReadAsync(Lobby, after: 1)).Events.Select(e => e.Content));
        var deleted = Assert.Single(await FindAsync(2));
        Assert.True(deleted.Content.IsDeleted);
        Assert.Null(deleted.Edited);
        Assert.Equal("kept too", Assert.Single(await FindAsync(4)).Text);
    }

    [Fact]
    public async Task Where_an_erased_message_stood_is_still_known()
    {
        await AppendAsync(Creation(Lobby), Post(Lobby, "root"), Draft(Lobby, new MessagePosted("secret @bob") { ReplyTo = 2, Thread = 2, Mentions = "bob" }));

        await StoreAsync(Draft(Lobby, new MessageDeleted(3)));

        Assert.Equal(new MessagePosted("") { ReplyTo = 2, Thread = 2 }, (await ReadAsync(Lobby, after: 2)).Events[0].Content);
    }

    [Fact]
    public async Task The_keys_of_what_is_erased_stay_known_whatever_is_said_with_them()
    {
        await AppendAsync(Creation(Lobby), Post(Lobby, "secret", key: "k"), Draft(Lobby, new MessageEdited(2, "more secret"), key: "e"));
        await StoreAsync(Draft(Lobby, new MessageDeleted(2)));

        var again = await AppendAsync(Post(Lobby, "secret", key: "k"), Post(Lobby, "another", key: "k"), Draft(Lobby, new MessageEdited(2, "more secret"), key: "e"));

        Assert.All(again, outcome => Assert.True(outcome.IsRepeated));
        Assert.Equal([2, 2, 3], again.Select(outcome => outcome.Event!.Sequence));
        Assert.Equal(Refusals.KeyReused, (await AppendOneAsync(Draft(Lobby, new RoomRenamed("x"), key: "k"))).Refusal);
        Assert.Equal(4, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task Nothing_of_a_deletion_s_batch_is_seen_with_the_text_afterwards()
    {
        await AppendAsync(Creation(Lobby));

        var outcomes = await AppendAsync(
            Post(Lobby, "secret", key: "k"), Draft(Lobby, new MessageEdited(2, "more secret")), Draft(Lobby, new MessageDeleted(2)), Draft(Lobby, new MessageEdited(2, "once more")));

        Assert.Equal([true, true, true, false], outcomes.Select(outcome => outcome.IsAppended));
        Assert.Equal([new MessagePosted(""), new MessageEdited(2, ""), new MessageDeleted(2)], (await ReadAsync(Lobby, after: 1)).Events.Select(e => e.Content));
    }

    [Fact]
    public async Task A_deleted_message_cannot_be_edited_and_can_be_deleted_again()
    {
        await AppendAsync(Creation(Lobby), Post(Lobby, "secret"), Draft(Lobby, new MessageDeleted(2)));

        Assert.Equal(Refusals.MessageNotFound, (await AppendOneAsync(Draft(Lobby, new MessageEdited(2, "still there?")))).Refusal);
        Assert.Equal(3, await HeadAsync(Lobby));
        await StoreAsync(Draft(Lobby, new MessageDeleted(2), Bob));
    }

    [Fact]
    public async Task Events_that_concern_messages_are_found_by_them_ascending()
    {
        await AppendAsync(
            Creation(Lobby), Post(Lobby, "2"), Post(Lobby, "3"), Post(Lobby, "4"),
            Draft(Lobby, new MessageEdited(3, "three")), Draft(Lobby, new MessageEdited(2, "two")), Draft(Lobby, new MessagePosted("in a thread") { Thread = 2 }),
            Draft(Lobby, new MessageDeleted(4)), Draft(Lobby, new MessageEdited(3, "three again")), Draft(Lobby, new MessageEdited(7, "edited in a thread")));

        Assert.Equal([5, 6, 8, 9], await ConcerningAsync(new Concerning([2, 3, 4])));
        Assert.Equal([6, 8], await ConcerningAsync(new Concerning([4, 2, 4])));
        Assert.Equal([8, 9], await ConcerningAsync(new Concerning([2, 3, 4], After: 6)));
        Assert.Equal([5, 6], await ConcerningAsync(new Concerning([2, 3, 4], Limit: 2)));
        Assert.Equal([5, 9], await ConcerningAsync(new Concerning([3], Type: "message_edited")));
        Assert.Equal([7], await ConcerningAsync(new Concerning([2], Type: "message")));
        Assert.Empty(await ConcerningAsync(new Concerning([8, 9, 1000])));
        Assert.Empty(await ConcerningAsync(new Concerning([])));
        Assert.Empty(await Messages.ConcerningAsync(Nowhere, new Concerning([2]), None));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Messages.ConcerningAsync(Lobby, new Concerning([2], Limit: 1001), None));
    }

    [Fact]
    public async Task Reactions_are_counted_in_the_order_in_which_they_came_and_each_person_s_once()
    {
        await AppendAsync(Creation(Lobby), Post(Lobby, "2"), Post(Lobby, "3"));
        await ReactAsync(2, "👍", Bob);
        await ReactAsync(2, ":tada:", Ann);
        await ReactAsync(2, "👍", Ann);
        await ReactAsync(3, "👎", Eve);

        Assert.Equal([new Reactions("👍", 2, true), new Reactions(":tada:", 1, true)], Assert.Single(await FindAsync(2)).Reactions);
        Assert.Equal([new Reactions("👎", 1, false)], Assert.Single(await FindAsync(3)).Reactions);
        Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Draft(Lobby, new ReactionAdded(2, "👍"), Bob)));
        Assert.Equal(7, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task A_reaction_is_taken_back_once_and_may_be_given_again()
    {
        await AppendAsync(Creation(Lobby), Post(Lobby, "2"));
        Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Draft(Lobby, new ReactionRemoved(2, "👍"))));
        await ReactAsync(2, "👍", Ann);
        await ReactAsync(2, "👍", Bob);

        var removed = await StoreAsync(Draft(Lobby, new ReactionRemoved(2, "👍")));

        Assert.Equal(removed, Assert.Single((await ReadAsync(Lobby, after: 4)).Events));
        Assert.Equal([new Reactions("👍", 1, false)], Assert.Single(await FindAsync(2)).Reactions);
        Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Draft(Lobby, new ReactionRemoved(2, "👍"))));
        await ReactAsync(2, "👍", Ann);
        Assert.Equal([new Reactions("👍", 2, true)], Assert.Single(await FindAsync(2)).Reactions);
    }

    [Fact]
    public async Task A_message_has_so_many_different_emoji_and_no_more()
    {
        await AppendAsync(Creation(Lobby), Post(Lobby, "2"), Post(Lobby, "3"));
        await AppendAsync([.. Enumerable.Range(1, Limits.MaxEmojiOfMessage).Select(n => Draft(Lobby, new ReactionAdded(2, $":e{n}:"), Bob))]);

        Assert.Equal(Refusals.TooManyReactions, (await AppendOneAsync(Draft(Lobby, new ReactionAdded(2, "👍")))).Refusal);
        await ReactAsync(2, ":e7:", Ann);
        await ReactAsync(3, "👍", Ann);
        await StoreAsync(Draft(Lobby, new ReactionRemoved(2, ":e1:"), Bob));
        await ReactAsync(2, "👍", Ann);
        Assert.Equal(Limits.MaxEmojiOfMessage, Assert.Single(await FindAsync(2)).Reactions.Count);
    }

    [Fact]
    public async Task The_reactions_to_a_message_go_with_it()
    {
        await AppendAsync(Creation(Lobby), Post(Lobby, "2"));
        await ReactAsync(2, "👍", Bob);

        await StoreAsync(Draft(Lobby, new MessageDeleted(2)));

        Assert.Empty(Assert.Single(await FindAsync(2)).Reactions);
        Assert.Equal(Refusals.MessageNotFound, (await AppendOneAsync(Draft(Lobby, new ReactionAdded(2, "👎")))).Refusal);
        Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Draft(Lobby, new ReactionRemoved(2, "👍"), Bob)));
    }

    [Fact]
    public async Task Where_a_thread_begins_its_messages_are_counted_without_those_that_are_deleted()
    {
        await AppendAsync(
            Creation(Lobby), Post(Lobby, "root"), Draft(Lobby, new MessagePosted("4") { Thread = 2 }), Draft(Lobby, new MessagePosted("a reply") { ReplyTo = 2 }),
            Draft(Lobby, new MessagePosted("5") { Thread = 2 }), Draft(Lobby, new MessagePosted("6") { Thread = 2 }), Draft(Lobby, new MessageEdited(2, "the root")));
        Assert.Equal((3, 6), Assert.Single(await FindAsync(2)) switch { var root => (root.Replies, root.LastReply) });

        await StoreAsync(Draft(Lobby, new MessageDeleted(6)));

        Assert.Equal((2, 5), Assert.Single(await FindAsync(2)) switch { var root => (root.Replies, root.LastReply) });
        Assert.Equal((0, 0), Assert.Single(await FindAsync(3)) switch { var within => (within.Replies, within.LastReply) });
    }

    private Task<RoomEvent> ReactAsync(long message, string emoji, User who)
    {
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        return StoreAsync(Draft(Lobby, new ReactionAdded(message, emoji), who));
    }

    private async Task<IReadOnlyList<StandingMessage>> FindAsync(params long[] sequences) => await Messages.FindAsync(Lobby, sequences, Ann.Id, None);

    private async Task<IEnumerable<long>> ConcerningAsync(Concerning asked) => (await Messages.ConcerningAsync(Lobby, asked, None)).Select(e => e.Sequence);
}
