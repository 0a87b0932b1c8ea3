using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

/// <summary>What else an append makes of a room: topic, archive, pace, pins.</summary>
public abstract partial class MessagesContract
{
    [Fact]
    public async Task A_room_is_as_its_newest_events_say()
    {
        var room = await RoomAfterAsync();
        Assert.Equal(("", false, 0), (room.Topic, room.IsArchived, room.SlowModeSeconds));

        room = await RoomAfterAsync(new TopicChanged("one"), new TopicChanged("Zwei 🦉"), new SlowModeChanged(21_600), new RoomArchived());
        Assert.Equal(("Zwei 🦉", true, 21_600), (room.Topic, room.IsArchived, room.SlowModeSeconds));
        Assert.Equal(room, Assert.Single(await Directory.ListAsync(Ann.Id, null, null, 10, None)).Room);
        Assert.Single(await Directory.ListAsync(Ann.Id, "zwei", null, 10, None));

        room = await RoomAfterAsync(new TopicChanged(""), new SlowModeChanged(0), new RoomUnarchived());
        Assert.Equal(("", false, 0), (room.Topic, room.IsArchived, room.SlowModeSeconds));

        async Task<Room> RoomAfterAsync(params EventContent[] contents)
        {
            if (await Directory.FindAsync(Lobby, None) is null)
                await CreateAsync(Lobby);
            foreach (var content in contents)
                await StoreAsync(Draft(Lobby, content));
            return (await Directory.FindAsync(Lobby, None))!;
        }
    }

    [Fact]
    public async Task What_a_room_is_already_is_not_said_again()
    {
        await AppendAsync(Creation(Lobby), Post(Lobby, "2"), Draft(Lobby, new TopicChanged("t")), Draft(Lobby, new SlowModeChanged(5)), Draft(Lobby, new MessagePinned(2)));

        foreach (var content in new EventContent[] { new TopicChanged("t"), new SlowModeChanged(5), new MessagePinned(2), new RoomUnarchived(), new MessageUnpinned(1) })
            Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Draft(Lobby, content)));
        await StoreAsync(Draft(Lobby, new RoomArchived()));
        Assert.Equal(AppendOutcome.Unchanged, await AppendOneAsync(Draft(Lobby, new RoomArchived())));
        Assert.Equal(6, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task Pins_are_listed_newest_first_and_go_with_their_message()
    {
        await AppendAsync(Creation(Lobby), Creation(Attic), Post(Lobby, "2"), Post(Lobby, "3"), Post(Lobby, "4"), Post(Attic, "2"));
        Assert.Empty(await Messages.PinnedAsync(Lobby, None));
        Assert.Empty(await Messages.PinnedAsync(Nowhere, None));

        await AppendAsync(
            Draft(Lobby, new MessagePinned(4)), Draft(Lobby, new MessagePinned(2)), Draft(Attic, new MessagePinned(2)), Draft(Lobby, new MessagePinned(3)),
            Draft(Lobby, new MessageUnpinned(4)));
        Assert.Equal([3, 2], await Messages.PinnedAsync(Lobby, None));

        await AppendAsync(Draft(Lobby, new MessageDeleted(3)), Draft(Lobby, new MessagePinned(4)));
        Assert.Equal([4, 2], await Messages.PinnedAsync(Lobby, None));
        Assert.Equal(Refusals.MessageNotFound, (await AppendOneAsync(Draft(Lobby, new MessagePinned(3)))).Refusal);
    }

    [Fact]
    public async Task A_room_has_so_many_pins_and_no_more()
    {
        await AppendAsync([Creation(Lobby), .. Enumerable.Range(0, Limits.MaxPins + 1).Select(n => Post(Lobby, $"{n}"))]);
        await AppendAsync([.. Enumerable.Range(2, Limits.MaxPins).Select(n => Draft(Lobby, new MessagePinned(n)))]);

        Assert.Equal(Refusals.TooManyPins, (await AppendOneAsync(Draft(Lobby, new MessagePinned(Limits.MaxPins + 2)))).Refusal);
        await StoreAsync(Draft(Lobby, new MessageUnpinned(2)));
        await StoreAsync(Draft(Lobby, new MessagePinned(Limits.MaxPins + 2)));
    }

    [Fact]
    public async Task In_a_slow_room_each_one_s_messages_keep_their_distance_by_the_times_of_the_log()
    {
        await AppendAsync(Creation(Lobby), Paced("before it was slow", Bob), Draft(Lobby, new SlowModeChanged(10)));
        await StoreAsync(Paced("first", Bob, key: "k1"));

        Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(Refusals.SlowMode(TimeSpan.FromSeconds(6)), (await AppendOneAsync(Paced("too early", Bob))).Refusal);
        await StoreAsync(Paced("somebody else's", Eve));
        await StoreAsync(Post(Lobby, "one who need not wait", sender: Bob));
        await StoreAsync(Draft(Lobby, new ReactionAdded(2, "👍"), Bob));
        Assert.True((await AppendOneAsync(Paced("first", Bob, key: "k1"))).IsRepeated);

        Clock.Advance(TimeSpan.FromSeconds(6));
        var outcomes = await AppendAsync(Paced("in time", Bob), Paced("twice at once", Bob));
        Assert.True(outcomes[0].IsAppended);
        Assert.Equal(Refusals.SlowMode(TimeSpan.FromSeconds(10)), outcomes[1].Refusal);

        await StoreAsync(Draft(Lobby, new SlowModeChanged(0)));
        await StoreAsync(Paced("as fast as ever", Bob));

        Draft Paced(string text, User who, string? key = null) => Post(Lobby, text, who, key) with { IsPaced = true };
    }
}
