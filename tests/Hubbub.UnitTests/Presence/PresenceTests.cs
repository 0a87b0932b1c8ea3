using System.Text.Json;
using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Presence;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Presence;

/// <summary>Who is in a room, as one node tells its listeners and the other nodes. "Soon" is within the second between two calls of the roll.</summary>
public sealed class PresenceTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1.1);

    [Fact]
    public void Who_comes_is_told_to_the_others_and_not_to_themselves() => OneNode.Run(async one =>
    {
        await one.CreateAsync(OneNode.Room);
        var ann = await Listener.JoinAsync(one, "ann");
        await one.Sim.Delay(Soon);
        var bob = await Listener.JoinAsync(one, "bob");
        await one.Sim.Delay(Soon);

        Assert.Equal(["2 +bob"], await ann.PresenceAsync());
        Assert.Empty(await bob.PresenceAsync());
        Assert.Equal("2: ann bob", await LookAsync(one, "bob"));
    });

    [Fact]
    public void All_changes_of_a_second_are_one_frame() => OneNode.Run(async one =>
    {
        await one.CreateAsync(OneNode.Room);
        var ann = await Listener.JoinAsync(one, "ann");
        await one.Sim.Delay(Soon);
        foreach (var name in new[] { "bob", "cid", "dan" })
            await Listener.JoinAsync(one, name);
        await one.Sim.Delay(Soon);

        Assert.Equal(["4 +bob +cid +dan"], await ann.PresenceAsync());
    });

    [Fact]
    public void Who_goes_is_told_after_the_grace_and_who_comes_back_within_it_has_not_gone() => OneNode.Run(async one =>
    {
        await one.CreateAsync(OneNode.Room);
        var ann = await Listener.JoinAsync(one, "ann");
        var bob = await Listener.JoinAsync(one, "bob");
        await one.Sim.Delay(Soon);
        await ann.PresenceAsync();

        bob.Feed.Dispose();
        await one.Sim.Delay(TimeSpan.FromSeconds(4.5));
        bob = await Listener.JoinAsync(one, "bob");
        await one.Sim.Delay(TimeSpan.FromSeconds(20));
        Assert.Empty(await ann.PresenceAsync());

        bob.Feed.Dispose();
        await one.Sim.Delay(TimeSpan.FromSeconds(4.5));
        Assert.Empty(await ann.PresenceAsync());
        Assert.Equal("2: ann bob", await LookAsync(one));
        await one.Sim.Delay(TimeSpan.FromSeconds(2));
        Assert.Equal(["1 -bob"], await ann.PresenceAsync());
        Assert.Equal("1: ann", await LookAsync(one));
    });

    [Fact]
    public void A_user_is_here_as_long_as_one_of_their_connections_is() => OneNode.Run(async one =>
    {
        await one.CreateAsync(OneNode.Room);
        var ann = await Listener.JoinAsync(one, "ann");
        var first = await Listener.JoinAsync(one, "bob");
        var second = await Listener.JoinAsync(one, "bob");
        await one.Sim.Delay(Soon);
        Assert.Equal(["2 +ann +bob"], await ann.PresenceAsync());

        first.Feed.Dispose();
        await one.QuietAsync();
        Assert.Empty(await ann.PresenceAsync());
        second.Feed.Leave(OneNode.Room, default);
        await one.Sim.Delay(TimeSpan.FromSeconds(7));
        Assert.Equal(["1 -bob"], await ann.PresenceAsync());
    });

    [Fact]
    public void What_is_looked_up_is_what_was_told_so_that_the_next_frame_connects_to_it() => OneNode.Run(async one =>
    {
        await one.CreateAsync(OneNode.Room);
        await Listener.JoinAsync(one, "ann");
        await one.Sim.Delay(Soon);
        await Listener.JoinAsync(one, "bob");

        // Bob is not told of himself, so he sees himself at once.
        Assert.Equal("1: ann", await LookAsync(one, "ann"));
        Assert.Equal("2: ann bob", await LookAsync(one, "bob"));
        await one.Sim.Delay(Soon);
        Assert.Equal("2: ann bob", await LookAsync(one, "ann"));
    });

    [Fact]
    public void Above_two_hundred_only_the_number_is_told_and_seldom() => OneNode.Run(async one =>
    {
        await one.CreateAsync(OneNode.Room);
        var ann = await Listener.JoinAsync(one, "ann");
        var crowd = new List<Listener>();
        for (var i = 0; i < RollCall.MaxListed; i++)
            crowd.Add(await Listener.JoinAsync(one, $"user{i}"));
        await one.Sim.Delay(Soon);
        Assert.Equal(["201"], await ann.PresenceAsync());
        var looked = await LookUpAsync(one);
        Assert.Equal((201, RollCall.MaxListed, true), (looked.Count, looked.Users.Count, looked.IsSampled));

        // One in two hundred is no news; three are, when ten seconds have passed since the last.
        await Listener.JoinAsync(one, "one more");
        await one.Sim.Delay(TimeSpan.FromSeconds(15));
        Assert.Empty(await ann.PresenceAsync());
        await Listener.JoinAsync(one, "two more");
        await Listener.JoinAsync(one, "three more");
        await one.Sim.Delay(Soon);
        Assert.Equal(["204"], await ann.PresenceAsync());
        await Listener.JoinAsync(one, "four more");
        await Listener.JoinAsync(one, "five more");
        await Listener.JoinAsync(one, "six more");
        await one.Sim.Delay(TimeSpan.FromSeconds(8));
        Assert.Empty(await ann.PresenceAsync());
        await one.Sim.Delay(TimeSpan.FromSeconds(3));
        Assert.Equal(["207"], await ann.PresenceAsync());

        // Back among the listed: a frame with lists says that they are told again.
        crowd.ForEach(c => c.Feed.Dispose());
        await one.Sim.Delay(TimeSpan.FromSeconds(7));
        Assert.Equal(["7 lists"], await ann.PresenceAsync());
        Assert.Equal(7, (await LookUpAsync(one)).Users.Count);
    });

    [Fact]
    public void A_relaxed_room_is_told_nothing_and_counted_when_asked() => OneNode.Run(async one =>
    {
        await one.CreateAsync(OneNode.Room, consistency: Consistency.Relaxed);
        var ann = await Listener.JoinAsync(one, "ann");
        await Listener.JoinAsync(one, "bob");
        await one.QuietAsync();

        Assert.Empty(await ann.PresenceAsync());
        var looked = await LookUpAsync(one);
        Assert.Equal((2, 0, true), (looked.Count, looked.Users.Count, looked.IsSampled));
    });

    [Fact]
    public void Another_nodes_users_are_here_until_it_is_silent_for_ten_seconds() => OneNode.Run(async one =>
    {
        await one.CreateAsync(OneNode.Room);
        var ann = await Listener.JoinAsync(one, "ann");
        one.Elsewhere.Announce(Said(1, "bob", "ann"));
        await one.Sim.Delay(Soon);
        Assert.Equal("2: ann bob", await LookAsync(one));

        await one.Sim.Delay(TimeSpan.FromSeconds(8));
        Assert.Equal("2: ann bob", await LookAsync(one));
        await one.Sim.Delay(TimeSpan.FromSeconds(2));
        Assert.Equal("1: ann", await LookAsync(one));
        Assert.Equal(["2 +ann +bob", "1 -bob"], await ann.PresenceAsync());
    });

    [Fact]
    public void An_announcement_that_was_overtaken_changes_nothing() => OneNode.Run(async one =>
    {
        await one.CreateAsync(OneNode.Room);
        await Listener.JoinAsync(one, "ann");
        one.Elsewhere.Announce(Said(2, "bob"));
        one.Elsewhere.Announce(Said(1, "cid"));
        await one.Sim.Delay(Soon);

        Assert.Equal("2: ann bob", await LookAsync(one));
    });

    [Fact]
    public void A_version_in_parts_counts_when_all_of_them_are_there() => OneNode.Run(async one =>
    {
        await one.CreateAsync(OneNode.Room);
        await Listener.JoinAsync(one, "ann");
        one.Elsewhere.Announce(Said(1, "bob", "cid"));
        one.Elsewhere.Announce(Said(2, "dan") with { Count = 2, Part = 1, Parts = 2 });
        await one.Sim.Delay(Soon);
        Assert.Equal("3: ann bob cid", await LookAsync(one));

        one.Elsewhere.Announce(Said(2, "cid") with { Count = 2, Part = 0, Parts = 2 });
        await one.Sim.Delay(Soon);
        Assert.Equal("3: ann cid dan", await LookAsync(one));
    });

    [Fact]
    public void A_node_that_ends_leaves_its_users_the_grace_to_arrive_elsewhere() => OneNode.Run(async one =>
    {
        await one.CreateAsync(OneNode.Room);
        var ann = await Listener.JoinAsync(one, "ann");
        one.Elsewhere.Announce(Said(1, "bob", "cid"));
        await one.Sim.Delay(Soon);
        await ann.PresenceAsync();

        one.Elsewhere.Announce(Said(2) with { Ends = true });
        await one.Sim.Delay(TimeSpan.FromSeconds(3));
        await Listener.JoinAsync(one, "bob");
        await one.Sim.Delay(TimeSpan.FromSeconds(4));
        Assert.Equal(["2 -cid"], await ann.PresenceAsync());
    });

    [Fact]
    public void Who_asks_is_answered_at_once_and_a_shared_room_is_announced_every_three_seconds() => OneNode.Run(async one =>
    {
        await one.CreateAsync(OneNode.Room);
        await Listener.JoinAsync(one, "ann");
        await one.QuietAsync();
        var heard = new List<PresenceAnnounced>();
        one.Elsewhere.Subscribe(OneNode.Room);
        one.Elsewhere.Listen(a => heard.AddRange(a is PresenceAnnounced said ? [said] : []));

        one.Elsewhere.Announce(Said(1) with { Asks = true });
        var answer = Assert.Single(heard);
        Assert.Equal((1, "ann", false), (answer.Count, answer.Users.Single().Name, answer.Asks));

        // Silence for ten seconds ends it: the other node is taken for dead, and a room that no other serves is announced no more.
        await one.Sim.Delay(TimeSpan.FromSeconds(9.5));
        Assert.InRange(heard.Count, 3, 5);
        await one.Sim.Delay(TimeSpan.FromSeconds(5));
        var before = heard.Count;
        await one.Sim.Delay(TimeSpan.FromSeconds(9));
        Assert.InRange(heard.Count - before, 0, 1);
    });

    [Fact]
    public void A_room_that_is_opened_asks_the_others() => OneNode.Run(async one =>
    {
        var heard = new List<PresenceAnnounced>();
        one.Elsewhere.Subscribe(OneNode.Room);
        one.Elsewhere.Listen(a => heard.AddRange(a is PresenceAnnounced said ? [said] : []));
        await one.CreateAsync(OneNode.Room);
        await Listener.JoinAsync(one, "ann");

        Assert.True(Assert.Single(heard).Asks);
        await one.Sim.Delay(Soon);
        Assert.Equal(["ann"], heard[^1].Users.Select(u => u.Name));

        // When the broker says that it could not be heard before, it asks anew.
        await one.QuietAsync();
        heard.Clear();
        one.Broker.TellSubscribed([OneNode.Room]);
        Assert.True(Assert.Single(heard).Asks);
    });

    [Fact]
    public void The_longest_names_are_announced_in_parts_that_a_notification_holds() => OneNode.Run(async one =>
    {
        await one.CreateAsync(OneNode.Room);
        for (var i = 0; i < RollCall.MaxListed; i++)
        {
            var feed = one.Hub.OpenFeed();
            var user = new User(UserId.Parse($"{i:000}{new string('u', UserId.MaxLength - 3)}"), new string('\u0001', 64));
            feed.Identify(user);
            Assert.Null(await one.Node.Rooms.ListenAsync(feed, new Caller(user, DateTimeOffset.MaxValue, null), OneNode.Room, StartAt.Head, default, default));
        }

        var live = (await one.Hub.OpenAsync(OneNode.Room, Consistency.Strong, default))!;
        var parts = live.Announce(asks: true);
        Assert.InRange(parts.Count, 2, PresenceAnnounced.MaxParts);
        Assert.Equal(RollCall.MaxListed, parts.SelectMany(p => p.Users).DistinctBy(u => u.Id).Count());
        Assert.Equal(parts.Count, Hubbub.Brokers.Postgres.NotificationLines.Pack([.. parts.Select(p => new Hubbub.Brokers.Announcements.Envelope("0123456789abcdef", p))]).Sum(p => p.Split('\n').Length));
    });

    private static PresenceAnnounced Said(long version, params string[] names) =>
        new(OneNode.Room, "another node", version, names.Length, [.. names.Select(OneNode.User)]);

    private static async Task<RoomPresence> LookUpAsync(OneNode one, string asker = "nobody")
    {
        var room = (await one.Store.FindAsync(OneNode.Room, default))!;
        return (await one.Hub.PresenceAsync(room, UserId.Parse(asker), default))!;
    }

    private static async Task<string> LookAsync(OneNode one, string asker = "nobody")
    {
        var presence = await LookUpAsync(one, asker);
        return $"{presence.Count}: {string.Join(' ', presence.Users.Select(u => u.Name).Order(StringComparer.Ordinal))}";
    }

    /// <summary>One who listens and keeps what it was told.</summary>
    private sealed class Listener(Feed feed)
    {
        public Feed Feed => feed;

        public static async Task<Listener> JoinAsync(OneNode one, string name)
        {
            var user = new User(UserId.Parse(name.Replace(' ', '-')), name);
            var feed = one.Hub.OpenFeed();
            feed.Identify(user);
            Assert.Null(await one.Node.Rooms.ListenAsync(feed, new Caller(user, DateTimeOffset.MaxValue, null), OneNode.Room, StartAt.Head, default, default));

            // A connection reads on at once; before it stands in the lane, signals pass it by.
            await feed.FillAsync(new ListSink(), default);
            return new Listener(feed);
        }

        /// <summary>Each presence frame since the last question, in a word: the count, who came and who went.</summary>
        public async Task<string[]> PresenceAsync()
        {
            var sink = new ListSink();
            await feed.FillAsync(sink, default);
            return [.. sink.Frames.Where(f => f.Event is null).Select(Word).OfType<string>()];
        }

        private static string? Word(Frame frame)
        {
            using var json = JsonDocument.Parse(frame.Json);
            if (json.RootElement.GetProperty("type").GetString() != "presence")
                return null;
            var payload = json.RootElement.GetProperty("payload");
            var count = payload.GetProperty("count").GetInt32();
            if (!payload.TryGetProperty("joined", out var joined))
                return $"{count}";
            var changes = joined.EnumerateArray().Select(u => $" +{u.GetProperty("name").GetString()}")
                .Concat(payload.GetProperty("left").EnumerateArray().Select(u => $" -{u.GetProperty("name").GetString()}")).Order(StringComparer.Ordinal);
            return string.Concat(changes) is { Length: > 0 } all ? $"{count}{all}" : $"{count} lists";
        }
    }
}
