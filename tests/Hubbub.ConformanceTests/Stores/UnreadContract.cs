using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

/// <summary>What every store says of the unread: it is arithmetic over the log, so a simple model that reads the whole log must always agree.</summary>
public abstract class UnreadContract : StoreContract
{
    private static readonly User[] People = [Ann, Bob, Eve];

    /// <summary>Room and log at random; the seed is in the failure's message.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Unread_is_what_a_model_counts_after_whatever_has_happened(int seed)
    {
        var random = new Random(seed);
        RoomId[] rooms = [Lobby, Attic];
        await CreateAsync(Lobby, owner: Ann);
        await CreateAsync(Attic, Visibility.Private, Bob);
        for (var step = 0; step < 120; step++)
        {
            var room = rooms[random.Next(rooms.Length)];
            var head = await HeadAsync(room);
            await Log.AppendAsync([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => AnyDraft(random, room, head))], None);
            if (random.Next(3) == 0)
                await Directory.MoveReadMarkAsync(room, People[random.Next(People.Length)].Id, random.NextInt64(1, await HeadAsync(room) + 1), None);
            if (step % 4 != 0)
                continue;
            foreach (var viewer in People)
            {
                var expected = new Dictionary<RoomId, (int? Unread, int? Mentions)>();
                foreach (var each in rooms)
                    expected[each] = await ModelAsync(each, viewer);
                foreach (var each in rooms)
                    Assert.True(Counts((await Directory.LookAsync(each, viewer.Id, None))!) == expected[each], $"seed {seed}, step {step}, {viewer.Name} in {each}");
                foreach (var listing in await Directory.ListAsync(viewer.Id, null, null, 10, None))
                    Assert.True(Counts(listing) == expected[listing.Room.Id], $"seed {seed}, step {step}, {viewer.Name} lists {listing.Room.Id}");
            }
        }
    }

    [Fact]
    public async Task To_one_who_is_no_member_and_has_read_nothing_nothing_is_unread()
    {
        await CreateAsync(Lobby, owner: Ann);
        await StoreAsync(Post(Lobby, "2"));

        Assert.Null((await Directory.LookAsync(Lobby, Bob.Id, None))!.Unread);
        await StoreAsync(Draft(Lobby, new MemberJoined(Bob, Role.Member)));
        Assert.Equal(1, (await Directory.LookAsync(Lobby, Bob.Id, None))!.Unread);
        await StoreAsync(Draft(Lobby, new MemberLeft(Bob, LeaveReason.Left)));
        Assert.Null((await Directory.LookAsync(Lobby, Bob.Id, None))!.Unread);
        await Directory.MoveReadMarkAsync(Lobby, Bob.Id, 1, None);
        Assert.Equal(1, (await Directory.LookAsync(Lobby, Bob.Id, None))!.Unread);
    }

    [Fact]
    public async Task A_room_that_does_not_exist_is_not_seen()
    {
        Assert.Null(await Directory.LookAsync(Nowhere, Ann.Id, None));
    }

    [Fact]
    public async Task A_deleted_message_is_not_unread_and_neither_is_one_that_is_edited_unread_twice()
    {
        await CreateAsync(Lobby, owner: Bob);
        var first = await StoreAsync(Post(Lobby, "first"));
        var second = await StoreAsync(Post(Lobby, "second"));
        await StoreAsync(Draft(Lobby, new MessageEdited(second.Sequence, "second, better")));
        await StoreAsync(Draft(Lobby, new MessageDeleted(first.Sequence)));
        await StoreAsync(Draft(Lobby, new MessageDeleted(first.Sequence), Bob));

        Assert.Equal(1, (await Directory.LookAsync(Lobby, Bob.Id, None))!.Unread);
    }

    [Fact]
    public async Task More_than_a_thousand_are_a_thousand_and_the_deleted_among_them_do_not_count()
    {
        await CreateAsync(Lobby, owner: Bob);
        await PostManyAsync(Unread.Most + 20, Ann);
        for (var sequence = 2; sequence <= 21; sequence++)
            await StoreAsync(Draft(Lobby, new MessageDeleted(sequence)));
        Assert.Equal(Unread.Most, (await Directory.LookAsync(Lobby, Bob.Id, None))!.Unread);

        await StoreAsync(Draft(Lobby, new MessageDeleted(22)));
        Assert.Equal(Unread.Most - 1, (await Directory.LookAsync(Lobby, Bob.Id, None))!.Unread);
    }

    [Fact]
    public async Task Of_a_log_that_is_far_ahead_only_the_newest_events_are_looked_at()
    {
        await CreateAsync(Lobby, owner: Bob);
        await PostManyAsync(10, Ann);
        await PostManyAsync(Unread.NewestEvents - 3, Bob);

        Assert.Equal(3, (await Directory.LookAsync(Lobby, Bob.Id, None))!.Unread);
    }

    private Draft AnyDraft(Random random, RoomId room, long head)
    {
        var who = People[random.Next(People.Length)];
        return random.Next(10) switch
        {
            0 => Draft(room, new MemberJoined(who, Role.Member), who),
            1 => Draft(room, new MemberLeft(who, LeaveReason.Left), who),
            2 => Draft(room, new RoomRenamed($"name {random.Next(3)}"), who),
            3 => Draft(room, new MessageEdited(random.NextInt64(1, head + 1), "edited") { Mentions = AnyMentions(random) }, who),

            // Of whatever stands there, once or twice.
            4 or 5 => Draft(room, new MessageDeleted(random.NextInt64(1, head + 1)), who),
            6 => Draft(room, new MessagePosted("text") { Thread = random.NextInt64(1, head + 1), Mentions = AnyMentions(random) }, who),
            _ => Draft(room, new MessagePosted("text") { Mentions = AnyMentions(random) }, who),
        };
    }

    private static string? AnyMentions(Random random)
    {
        string[] mentioned = [.. new[] { "ann", "bob", "eve", "bobby", "@room" }.Where(_ => random.Next(5) == 0)];
        return mentioned.Length == 0 ? null : string.Join(' ', mentioned);
    }

    private static (int? Unread, int? Mentions) Counts(RoomListing listing) => (listing.Unread, listing.Mentions);

    private async Task<(int? Unread, int? Mentions)> ModelAsync(RoomId room, User viewer)
    {
        var events = (await ReadAsync(room)).Events;
        var mark = await Directory.ReadMarkAsync(room, viewer.Id, None);
        if (mark == 0 && (await Directory.MembershipAsync(room, viewer.Id, None))?.Role is null)
            return (null, null);
        var deleted = events.Select(e => e.Content).OfType<MessageDeleted>().Select(d => d.Message).ToHashSet();
        var (unread, mentioned) = (0, new Dictionary<long, string?>());
        foreach (var e in events)
        {
            if (e.Content is MessageEdited edited && mentioned.ContainsKey(edited.Message))
                mentioned[edited.Message] = edited.Mentions;
            if (e.Content is not MessagePosted posted || e.Sequence <= mark || e.Sender.Id == viewer.Id || deleted.Contains(e.Sequence))
                continue;
            unread += posted.Thread is null ? 1 : 0;
            mentioned[e.Sequence] = posted.Mentions;
        }

        return (unread, mentioned.Values.Count(words => words?.Split(' ').Any(word => word == viewer.Id.Value || word == "@room") == true));
    }

    private async Task PostManyAsync(int count, User sender)
    {
        foreach (var batch in Enumerable.Range(0, count).Chunk(500))
            await Log.AppendAsync([.. batch.Select(n => Post(Lobby, $"{n}", sender))], None);
    }
}
