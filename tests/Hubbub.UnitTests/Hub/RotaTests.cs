using Hubbub.Core.Hub;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Hubs;

/// <summary>A large room does not hold up a small one. Counted in writes, not in time.</summary>
public sealed class RotaTests
{
    private const int Crowd = 3 * Rota.SliceWrites;
    private static readonly RoomId Large = RoomId.Parse("large");
    private static readonly RoomId Small = RoomId.Parse("small");

    [Fact]
    public void A_small_room_that_has_news_after_a_large_one_is_served_before_the_large_ones_first_slice() => Play(async (node, shard) =>
    {
        await PostAsync(node, Large);
        await PostAsync(node, Small);
        shard.Turn();
        Assert.Equal(["small", "small", .. Of("large", Rota.SliceWrites)], shard.Writes);
    });

    [Fact]
    public void A_small_room_that_has_news_in_the_midst_of_a_large_round_waits_for_one_slice_only() => Play(async (node, shard) =>
    {
        await PostAsync(node, Large);
        shard.Turn();
        await PostAsync(node, Small);
        shard.Turn();
        shard.Turn();
        Assert.Equal([.. Of("large", Rota.SliceWrites), "small", "small", .. Of("large", Crowd - Rota.SliceWrites)], shard.Writes);
    });

    [Fact]
    public void Large_rooms_take_turns_by_slices() => Play(async (node, shard) =>
    {
        var second = RoomId.Parse("second");
        await node.CreateAsync(second);
        await JoinAsync(node, shard, second, Crowd);
        await PostAsync(node, Large);
        await PostAsync(node, second);
        for (var i = 0; i < 6; i++)
            shard.Turn();
        Assert.Equal(
            ["large", "second", "large", "second", "large", "second"],
            shard.Writes.Chunk(Rota.SliceWrites).Select(slice => Assert.Single(slice.Distinct())));
    });

    private static void Play(Func<OneNode, Shard, Task> story) => OneNode.Run(async node =>
    {
        var shard = new Shard();
        await node.CreateAsync(Large);
        await node.CreateAsync(Small);
        await JoinAsync(node, shard, Large, Crowd);
        await JoinAsync(node, shard, Small, 2);
        await story(node, shard);
    });

    private static async Task JoinAsync(OneNode node, Shard shard, RoomId room, int listeners)
    {
        for (var i = 0; i < listeners; i++)
        {
            var feed = new Listener(node.Hub, shard, room.Value).Feed;
            feed.Identify(OneNode.User("reader"));
            Assert.Null(await node.Node.Rooms.ListenAsync(feed, OneNode.Caller("reader"), room, StartAt.Head, default, default));
        }

        // So that all have been told who has come: this is written one by one, since it is not told to whom it concerns.
        await node.QuietAsync();
        shard.Settle();
    }

    private static async Task PostAsync(OneNode node, RoomId room)
    {
        OneNode.Expect(await node.Node.Conversation.PostAsync(OneNode.Caller("owner"), room, new NewMessage("news"), default));
        await node.QuietAsync();
    }

    private static IEnumerable<string> Of(string room, int writes) => Enumerable.Repeat(room, writes);

    /// <summary>A shard whose turns are made by hand, and which notes to whose listeners it writes.</summary>
    private sealed class Shard : IShard
    {
        private readonly Queue<Feed> _feeds = new();
        private readonly Rota _rota = new();

        public Outbox Outbox { get; } = new();

        /// <summary>For each write of an audience the room of the one who got it.</summary>
        public List<string> Writes { get; } = [];

        public void Send(ReadOnlySpan<ShardConnection> to, ReadOnlySpan<byte> bytes, Span<int> taken)
        {
            for (var i = 0; i < to.Length; i++)
            {
                Writes.Add(((Listener)to[i]).Room);
                taken[i] = to[i].Send(bytes);
            }
        }

        public void Ring(Feed feed) => _feeds.Enqueue(feed);

        public void Ring(Audience audience) => _rota.Add(audience);

        public void Turn() => _rota.Turn();

        /// <summary>Until everybody has what was theirs alone, and stands with the others.</summary>
        public void Settle()
        {
            while (_feeds.TryDequeue(out var feed))
                feed.Connection!.WriteOwn();
            while (!_rota.IsEmpty)
                _rota.Turn();
            Writes.Clear();
        }
    }

    /// <summary>A connection that takes everything.</summary>
    private sealed class Listener(Hub hub, IShard shard, string room) : ShardConnection(hub, shard)
    {
        public string Room => room;

        public override int Send(ReadOnlySpan<byte> bytes) => bytes.Length;

        public override void Break(Exception bug) => throw new InvalidOperationException("There are no bugs here.", bug);

        protected override void OnChanged()
        {
            // It never changes.
        }

        protected override void OnOwnWritten()
        {
            // Nobody is held back.
        }

        protected override void OnFailed(Exception e) => throw new InvalidOperationException("The store does not fail here.", e);
    }
}
