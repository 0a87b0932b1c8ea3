using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Rooms;

public sealed class ConversationTests
{
    [Fact]
    public void The_first_one_to_post_creates_the_room_and_owns_it() => OneNode.Run(async node =>
    {
        var posted = OneNode.Expect(await node.Node.Conversation.PostAsync(OneNode.Caller("anna"), OneNode.Room, new NewMessage("hello"), default));
        Assert.Equal(2, posted.Event.Sequence);
        var membership = await node.Store.MembershipAsync(OneNode.Room, UserId.Parse("anna"), default);
        Assert.Equal(Role.Owner, membership?.Role);
    });

    [Fact]
    public void Two_who_create_a_room_at_once_both_go_on_in_it() => OneNode.Run(async node =>
    {
        var both = new[] { "anna", "bert" }
            .Select(name => node.Node.Conversation.PostAsync(OneNode.Caller(name), OneNode.Room, new NewMessage("hello"), default).AsTask())
            .ToArray();
        foreach (var posting in both)
            OneNode.Expect(await posting);
        Assert.Equal(3, (await node.Store.FindAsync(OneNode.Room, default))!.Head.Sequence);
    });

    [Fact]
    public void A_key_makes_a_retry_the_same_message_and_another_text_a_mistake() => OneNode.Run(async node =>
    {
        var conversation = node.Node.Conversation;
        var first = OneNode.Expect(await conversation.PostAsync(OneNode.Caller("anna"), OneNode.Room, new NewMessage("hello", "k"), default));
        var again = OneNode.Expect(await conversation.PostAsync(OneNode.Caller("anna"), OneNode.Room, new NewMessage("hello", "k"), default));
        Assert.Equal((first.Event, false, true), (again.Event, first.Repeated, again.Repeated));
        Assert.Equal("key_reused", OneNode.ExpectRefusal(await conversation.PostAsync(OneNode.Caller("anna"), OneNode.Room, new NewMessage("other", "k"), default)).Code);

        // Keys are one's own.
        Assert.False(OneNode.Expect(await conversation.PostAsync(OneNode.Caller("bert"), OneNode.Room, new NewMessage("hello", "k"), default)).Repeated);
    });

    [Fact]
    public void Only_the_author_edits_a_message() => OneNode.Run(async node =>
    {
        var conversation = node.Node.Conversation;
        await node.CreateAsync(OneNode.Room);
        var message = await node.PostAsync("helo", "anna");
        var edited = OneNode.Expect(await conversation.EditAsync(OneNode.Caller("anna"), OneNode.Room, message, "hello", "e", default));
        Assert.Equal(new MessageEdited(message.Sequence, "hello"), edited.Event.Content);
        Assert.True(OneNode.Expect(await conversation.EditAsync(OneNode.Caller("anna"), OneNode.Room, message, "hello", "e", default)).Repeated);
        Assert.Equal("forbidden", OneNode.ExpectRefusal(await conversation.EditAsync(OneNode.Caller("owner"), OneNode.Room, message, "no", null, default)).Code);
    });

    [Fact]
    public void The_author_or_an_owner_deletes_a_message_and_twice_is_once() => OneNode.Run(async node =>
    {
        var conversation = node.Node.Conversation;
        await node.CreateAsync(OneNode.Room);
        var (one, two) = (await node.PostAsync("one", "anna"), await node.PostAsync("two", "anna"));
        Assert.Equal("forbidden", OneNode.ExpectRefusal(await conversation.DeleteAsync(OneNode.Caller("bert"), OneNode.Room, one, default)).Code);
        var deleted = OneNode.Expect(await conversation.DeleteAsync(OneNode.Caller("anna"), OneNode.Room, one, default));
        Assert.Equal(new MessageDeleted(one.Sequence), deleted.Event.Content);
        Assert.Equal(deleted.Event, OneNode.Expect(await conversation.DeleteAsync(OneNode.Caller("anna"), OneNode.Room, one, default)).Event);
        OneNode.Expect(await conversation.DeleteAsync(OneNode.Caller("owner"), OneNode.Room, two, default));
    });

    [Fact]
    public void Whoever_comes_from_before_a_deletion_is_told_no_text() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        using var watching = await node.ListenAsync(StartAt.Head, "watching");
        var message = await node.PostAsync("secret", "anna");
        OneNode.Expect(await node.Node.Conversation.EditAsync(OneNode.Caller("anna"), OneNode.Room, message, "more secret", null, default));
        Assert.Equal(["joined", "2", "3"], await ListSink.AllOfAsync(watching));
        OneNode.Expect(await node.Node.Conversation.DeleteAsync(OneNode.Caller("anna"), OneNode.Room, message, default));

        // The lane holds all of it, for one who was in the room all the time.
        using var late = await node.ListenAsync(StartAt.Behind(message with { Sequence = 1 }), "late");
        var sink = new ListSink();
        await late.FillAsync(sink, default);
        Assert.Equal(
            [new MessagePosted(""), new MessageEdited(2, ""), new MessageDeleted(2)], sink.Frames.Select(f => f.Event?.Content).OfType<EventContent>());
        Assert.Equal(Refusals.MessageNotFound, OneNode.ExpectRefusal(
            await node.Node.Conversation.EditAsync(OneNode.Caller("anna"), OneNode.Room, message, "still there?", null, default)));
    });

    [Fact]
    public void A_message_answers_one_of_its_room_and_a_thread_begins_with_one_of_the_room_s_own() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var root = await node.PostAsync("root");
        var within = OneNode.Expect(await SayAsync(node, new NewMessage("within", Thread: root))).Event;
        Assert.Equal(new MessagePosted("within") { Thread = 2 }, within.Content);
        Assert.Equal(
            new MessagePosted("to that") { Thread = 2, ReplyTo = 3 }, OneNode.Expect(await SayAsync(node, new NewMessage("to that", ReplyTo: within.Position, Thread: root))).Event.Content);
        Assert.Equal("bad_request", OneNode.ExpectRefusal(await SayAsync(node, new NewMessage("deeper", Thread: within.Position))).Code);
        foreach (var nowhere in new[] { Position.Start, root with { Sequence = 1 }, root with { Sequence = 9 }, root with { Epoch = new Epoch(99) } })
        {
            Assert.Equal(Refusals.MessageNotFound, OneNode.ExpectRefusal(await SayAsync(node, new NewMessage("x", ReplyTo: nowhere))));
            Assert.Equal(Refusals.MessageNotFound, OneNode.ExpectRefusal(await SayAsync(node, new NewMessage("x", Thread: nowhere))));
        }
    });

    private static ValueTask<Outcome<Posted>> SayAsync(OneNode node, NewMessage message) =>
        node.Node.Conversation.PostAsync(OneNode.Caller("anna"), OneNode.Room, message, default);

    [Theory]
    [InlineData("00000001:1")] // not a message, but the room's creation
    [InlineData("00000001:3")] // not there yet
    [InlineData("00000002:2")] // of another life
    [InlineData("0")]
    [InlineData("00000001:9223372036854775807")]
    public void What_is_no_message_cannot_be_edited_or_deleted(string position) => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        await node.PostAsync("the only message");
        Assert.True(Position.TryParse(position, out var message));
        var (caller, conversation) = (OneNode.Caller("owner"), node.Node.Conversation);
        Assert.Equal(Refusals.MessageNotFound, OneNode.ExpectRefusal(await conversation.EditAsync(caller, OneNode.Room, message, "x", null, default)));
        Assert.Equal(Refusals.MessageNotFound, OneNode.ExpectRefusal(await conversation.DeleteAsync(caller, OneNode.Room, message, default)));
    });

    [Theory]
    [InlineData(null, null, "bad_message")]
    [InlineData("", null, "bad_message")]
    [InlineData(" \n\t", null, "bad_message")]
    [InlineData("half a pair: ?", null, "bad_message")]
    [InlineData("bell \a", null, "bad_message")]
    [InlineData("fine", "", "bad_key")]
    [InlineData("fine", "with space", "bad_key")]
    public void What_is_not_of_the_right_form_is_refused_and_creates_nothing(string? text, string? key, string code) => OneNode.Run(async node =>
    {
        // Test data does not carry half a surrogate pair, so a question mark stands for it.
        var said = text?.Replace('?', '\ud83d');
        Assert.Equal(code, OneNode.ExpectRefusal(await node.Node.Conversation.PostAsync(OneNode.Caller("anna"), OneNode.Room, new NewMessage(said, key), default)).Code);
        Assert.Null(await node.Store.FindAsync(OneNode.Room, default));
    });

    [Fact]
    public void The_limit_of_a_message_is_in_bytes() => OneNode.Run(async node =>
    {
        var conversation = node.Node.Conversation;
        OneNode.Expect(await conversation.PostAsync(OneNode.Caller("anna"), OneNode.Room, new NewMessage(new string('ü', 8192)), default));
        var refusal = OneNode.ExpectRefusal(await conversation.PostAsync(OneNode.Caller("anna"), OneNode.Room, new NewMessage(new string('ü', 8192) + "!"), default));
        Assert.Equal("too_large", refusal.Code);
    });

    [Fact]
    public void Posts_begun_one_after_the_other_are_stored_in_that_order() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var begun = new List<Task<Outcome<Posted>>>();
        for (var i = 0; i < 50; i++)
            begun.Add(OneNode.Expect(await node.Node.Conversation.BeginPostAsync(OneNode.Caller("anna"), OneNode.Room, new NewMessage($"{i}"), default)));
        for (var i = 0; i < 50; i++)
            Assert.Equal(i + 2, OneNode.Expect(await begun[i]).Event.Sequence);
    });

    [Fact]
    public void A_failing_store_is_told_as_unavailable_and_a_retry_with_the_key_is_safe()
    {
        var fails = false;
        OneNode.Run(
            async node =>
            {
                await node.CreateAsync(OneNode.Room);
                fails = true;
                var refusal = OneNode.ExpectRefusal(await node.Node.Conversation.PostAsync(OneNode.Caller("owner"), OneNode.Room, new NewMessage("text", "k"), default));
                Assert.Equal(("store_unavailable", true), (refusal.Code, refusal.Retryable));
                fails = false;

                // It was stored, as it turns out: the retry finds it.
                var retried = OneNode.Expect(await node.Node.Conversation.PostAsync(OneNode.Caller("owner"), OneNode.Room, new NewMessage("text", "k"), default));
                Assert.True(retried.Repeated);
                Assert.Equal(2, retried.Event.Sequence);
            },
            new OneNode.Setup { Log = store => new FailsAfterwards(store, () => fails) });
    }

    private sealed class FailsAfterwards(IRoomLog inner, Func<bool> fails) : Simulation.LogAround(inner)
    {
        public override async ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct)
        {
            var outcomes = await base.AppendAsync(batch, ct);
            return fails() ? throw new StoreException("The answer was lost.") : outcomes;
        }
    }
}
