using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.UnitTests.Simulation;
using Xunit;

namespace Hubbub.UnitTests.Hubs;

/// <summary>A bug that is met when a page has come from the store, which nobody waits for, ends the connection and is told.</summary>
public sealed class PageBugTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_bug_behind_a_page_from_the_store_breaks_its_connection(bool isInWriting) => OneNode.Run(
        async node =>
        {
            await node.CreateAsync(OneNode.Room);
            await node.PostAsync("only the store has this");
            var wire = new BrokenWire(node.Hub, node.Node.Shard, isInWriting);
            wire.Feed.Identify(OneNode.User("reader"));
            Assert.Null(await node.Node.Rooms.ListenAsync(wire.Feed, OneNode.Caller("reader"), OneNode.Room, StartAt.Newest(2), default, default));
            await node.Sim.Delay(TimeSpan.FromSeconds(1));

            Assert.Equal("A bug.", wire.Bug?.Message);
            Assert.True(wire.IsOver);
        },
        new OneNode.Setup { Log = store => new SlowPages(store) });

    /// <summary>No page is there at once.</summary>
    private sealed class SlowPages(IRoomLog inner) : LogAround(inner)
    {
        public override async ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct)
        {
            await Task.Yield();
            return await base.ReadAsync(room, after, limit, ct);
        }
    }

    /// <summary>Has a bug that shows once it has written the page, or behind that.</summary>
    private sealed class BrokenWire(Hub hub, IShard shard, bool isInWriting) : ShardConnection(hub, shard)
    {
        private int _writes;

        public Exception? Bug { get; private set; }

        public override void Break(Exception bug)
        {
            Bug = bug;
            Lose();
        }

        public override int Send(ReadOnlySpan<byte> bytes) =>
            ++_writes > 1 && isInWriting ? throw new InvalidOperationException("A bug.") : bytes.Length;

        protected override void OnChanged()
        {
            // It takes all there is.
        }

        protected override void OnOwnWritten()
        {
            if (_writes > 1)
                throw new InvalidOperationException("A bug.");
        }

        protected override void OnFailed(Exception e) => throw new InvalidOperationException("The store does not fail here.", e);
    }
}
