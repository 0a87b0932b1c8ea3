using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Rooms;

/// <summary>Who may read is judged before the joining and once more after it: a removal may come at any moment between the two.</summary>
public sealed class ListeningTests
{
    [Fact]
    public void A_removal_between_the_judgement_and_the_joining_keeps_its_user_out() => MeetRemoval(anotherNode: false);

    [Fact]
    public void A_removal_by_another_node_that_this_one_has_not_heard_of_keeps_its_user_out() => MeetRemoval(anotherNode: true);

    [Fact]
    public void Nobody_reads_on_when_the_store_cannot_confirm_the_judgement()
    {
        OneNode? node = null;
        Glance? glance = null;
        OneNode.Run(
            async started =>
            {
                node = started;
                await node.CreateAsync(OneNode.Room);
                var feed = node.OpenFeed();
                glance!.AfterFirstLook = () => glance.Fails = true;
                await Assert.ThrowsAsync<UnjudgedReadingException>(() => ListenAsync(node, feed));
                Assert.Empty(feed.Subscriptions);

                // Not a word of `left`: who is told so does not come back.
                await node.PostAsync("not for the unjudged");
                await node.QuietAsync();
                Assert.Equal(["joined"], await ListSink.AllOfAsync(feed));
            },
            new OneNode.Setup { Directory = store => glance = new Glance(store) });
    }

    [Fact]
    public void A_reader_of_a_room_that_nobody_has_used_creates_it_and_stays()
    {
        OneNode.Run(async node =>
        {
            var feed = node.OpenFeed();
            Assert.Null(await ListenAsync(node, feed));
            await node.PostAsync("hello");
            await node.QuietAsync();
            Assert.Equal(["joined", "2"], await ListSink.AllOfAsync(feed));
        });
    }

    [Fact]
    public void Of_two_who_are_the_first_to_use_a_room_neither_is_told_that_there_is_none()
    {
        Rival? rival = null;
        OneNode.Run(
            async node =>
            {
                var feed = node.OpenFeed();
                rival!.AfterFirstLook = () => node.CreateAsync(OneNode.Room);
                Assert.Null(await ListenAsync(node, feed));
                await node.PostAsync("hello");
                await node.QuietAsync();
                Assert.Equal(["joined", "2"], await ListSink.AllOfAsync(feed));
            },
            new OneNode.Setup { Directory = store => rival = new Rival(store) });
    }

    private static void MeetRemoval(bool anotherNode)
    {
        Glance? glance = null;
        OneNode.Run(
            async node =>
            {
                await node.CreateAsync(OneNode.Room);
                var feed = node.OpenFeed();
                glance!.AfterFirstLook = () =>
                {
                    var removal = node.CommitElsewhereAsync(new MemberLeft(OneNode.User("reader"), LeaveReason.Removed)).GetAwaiter().GetResult();
                    if (!anotherNode)
                        node.Hub.Deliver([removal]);
                };
                var refusal = await ListenAsync(node, feed);
                Assert.Equal("forbidden", refusal?.Code);
                Assert.Empty(feed.Subscriptions);

                // The fence: whoever still listens would get it.
                await node.PostAsync("not for everybody");
                await node.QuietAsync();
                Assert.Equal("left", (await ListSink.AllOfAsync(feed))[^1]);
            },
            new OneNode.Setup { Directory = store => glance = new Glance(store) });
    }

    private static async Task<Refusal?> ListenAsync(OneNode node, Feed feed) =>
        await node.Node.Rooms.ListenAsync(feed, OneNode.Caller("reader"), OneNode.Room, StartAt.Head, default, default);

    /// <summary>A directory in which somebody else makes the room right after one has looked for it in vain.</summary>
    private sealed class Rival(InMemoryStore store) : DirectoryAround(store)
    {
        public Func<Task>? AfterFirstLook { get; set; }

        public override async ValueTask<Room?> FindAsync(RoomId room, CancellationToken ct)
        {
            var found = await base.FindAsync(room, ct);
            var act = AfterFirstLook;
            AfterFirstLook = null;
            if (act is not null)
                await act();
            return found;
        }
    }

    /// <summary>A directory that lets something happen right after somebody has looked.</summary>
    private sealed class Glance(InMemoryStore store) : DirectoryAround(store)
    {
        public Action? AfterFirstLook { get; set; }

        public bool Fails { get; set; }

        public override async ValueTask<Membership?> MembershipAsync(RoomId room, UserId user, CancellationToken ct)
        {
            if (Fails)
                throw new StoreException("The store is away.");
            var membership = await base.MembershipAsync(room, user, ct);
            var act = AfterFirstLook;
            AfterFirstLook = null;
            act?.Invoke();
            return membership;
        }
    }
}
