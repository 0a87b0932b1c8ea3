using Hubbub.Core.Hub;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Hubs;

/// <summary>What the kernel did not take is told later, in its order, whatever has happened to the reading meanwhile.</summary>
public sealed class TakeBackTests
{
    [Fact]
    public void Events_that_were_not_written_are_read_again_from_the_cursor() => Fill(async (node, wire) =>
    {
        for (var i = 0; i < 3; i++)
            await node.PostAsync($"text {i}");
        wire.Free = 0;
        await node.Sim.Delay(TimeSpan.FromSeconds(1));
        wire.Free = int.MaxValue;
        wire.OnWritable();
        await node.Sim.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal(["joined", "2", "3", "4"], wire.Words);
    });

    [Fact]
    public void Events_from_before_the_end_of_a_reading_are_told_before_it_though_the_kernel_did_not_take_them_at_once() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var feed = new Wire(node.Hub, new Unhurried()).Feed;
        feed.Identify(OneNode.User("reader"));
        Assert.Null(await node.Node.Rooms.ListenAsync(feed, OneNode.Caller("reader"), OneNode.Room, StartAt.Head, default, default));
        for (var i = 0; i < 3; i++)
            await node.PostAsync($"text {i}");
        await node.QuietAsync();

        var outbox = new Outbox();
        Assert.False(feed.Fill(outbox, out _));
        feed.Leave(OneNode.Room, default);
        feed.TakeBack(outbox.After(0, out _, out _));

        Assert.Equal(["joined", "2", "3", "4", "left"], await ListSink.AllOfAsync(feed));
    });

    private static void Fill(Func<OneNode, Wire, Task> story) => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var wire = new Wire(node.Hub, node.Node.Shard);
        wire.Feed.Identify(OneNode.User("reader"));
        Assert.Null(await node.Node.Rooms.ListenAsync(wire.Feed, OneNode.Caller("reader"), OneNode.Room, StartAt.Head, default, default));
        await story(node, wire);
    });

    /// <summary>A shard that never gets to anything by itself.</summary>
    private sealed class Unhurried : IShard
    {
        public Outbox Outbox { get; } = new();

        public void Send(ReadOnlySpan<ShardConnection> to, ReadOnlySpan<byte> bytes, Span<int> taken) => throw new NotSupportedException("No audience is served here.");

        public void Ring(Feed feed)
        {
            // The test fills.
        }

        public void Ring(Audience audience)
        {
            // The test fills.
        }
    }

    /// <summary>Takes whole writes while there is space, and cuts where there is none.</summary>
    private sealed class Wire(Hub hub, IShard shard) : ShardConnection(hub, shard)
    {
        private readonly List<byte> _taken = [];

        public int Free { get; set; } = int.MaxValue;

        /// <summary>Each frame that has come out whole, in a word, as <see cref="ListSink"/> says it.</summary>
        public IEnumerable<string> Words
        {
            get
            {
                for (var at = 0; at < _taken.Count;)
                {
                    var (head, length) = _taken[at + 1] < 126 ? (2, (int)_taken[at + 1]) : (4, (_taken[at + 2] << 8) | _taken[at + 3]);
                    using var json = System.Text.Json.JsonDocument.Parse(_taken.GetRange(at + head, length).ToArray());
                    var payload = json.RootElement.GetProperty("payload");
                    yield return payload.TryGetProperty("sequence", out var sequence) ? $"{sequence}" : json.RootElement.GetProperty("type").GetString()!;
                    at += head + length;
                }
            }
        }

        public override void Break(Exception bug) => throw new InvalidOperationException("There is no bug here.", bug);

        public override int Send(ReadOnlySpan<byte> bytes)
        {
            var taken = Math.Min(Free, bytes.Length);
            _taken.AddRange(bytes[..taken]);
            Free -= taken;
            return taken;
        }

        protected override void OnChanged()
        {
            // The test says when it is writable.
        }

        protected override void OnOwnWritten()
        {
            // Nobody is held back.
        }

        protected override void OnFailed(Exception e) => throw new InvalidOperationException("The store does not fail here.", e);
    }
}
