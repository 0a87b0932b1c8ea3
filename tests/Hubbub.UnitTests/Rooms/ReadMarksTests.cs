using System.Text.Json;
using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Rooms;

/// <summary>Who is told how far somebody has read: their own connections, and nobody else.</summary>
public sealed class ReadMarksTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void All_connections_of_the_reader_are_told_within_a_second_and_nobody_elses() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var position = await node.PostAsync("hello");
        Feed[] own = [await ListenAsync(node, "ann"), await ListenAsync(node, "ann")];
        Feed[] others = [await ListenAsync(node, "bob"), await ListenAsync(node, "owner")];

        OneNode.Expect(await MarksOf(node).MoveAsync(OneNode.Caller("ann"), OneNode.Room, position, default));
        await node.Sim.Delay(Second);

        foreach (var feed in own)
            Assert.Equal([("ann", position.ToString())], await ReadAsync(feed));
        foreach (var feed in others)
            Assert.Empty(await ReadAsync(feed));
    });

    [Fact]
    public void Connections_at_other_nodes_are_told_by_announcement() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var position = await node.PostAsync("hello");
        var ann = await ListenAsync(node, "ann");
        var bob = await ListenAsync(node, "bob");

        node.Elsewhere.Announce(new ReadAnnounced(OneNode.Room, [new ReadMark(UserId.Parse("ann"), position), new ReadMark(UserId.Parse("eve"), position)]));
        await node.Sim.Delay(Second);

        Assert.Equal([("ann", position.ToString())], await ReadAsync(ann));
        Assert.Empty(await ReadAsync(bob));
    });

    [Fact]
    public void A_mark_that_does_not_move_is_told_to_nobody() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var first = await node.PostAsync("first");
        var second = await node.PostAsync("second");
        var marks = MarksOf(node);
        var ann = await ListenAsync(node, "ann");
        OneNode.Expect(await marks.MoveAsync(OneNode.Caller("ann"), OneNode.Room, second, default));
        await node.Sim.Delay(Second);
        Assert.Single(await ReadAsync(ann));

        Assert.Equal(second, OneNode.Expect(await marks.MoveAsync(OneNode.Caller("ann"), OneNode.Room, first, default)).Position);
        Assert.Equal(second, OneNode.Expect(await marks.MoveAsync(OneNode.Caller("ann"), OneNode.Room, second, default)).Position);
        await node.Sim.Delay(Second);

        Assert.Empty(await ReadAsync(ann));
    });

    [Fact]
    public void Many_marks_in_one_moment_are_told_as_the_furthest_and_announced_in_few_pieces() => OneNode.Run(async node =>
    {
        const int Readers = 100;
        await node.CreateAsync(OneNode.Room);
        var positions = new List<Position>();
        for (var i = 0; i < 20; i++)
            positions.Add(await node.PostAsync($"{i}"));
        var announced = new List<ReadAnnounced>();
        node.Elsewhere.Subscribe(OneNode.Room);
        using var listening = node.Elsewhere.Listen(a =>
        {
            if (a is ReadAnnounced read)
                announced.Add(read);
        });
        var marks = MarksOf(node);
        var reader = await ListenAsync(node, "reader7");

        foreach (var position in positions)
        {
            for (var i = 0; i < Readers; i++)
                OneNode.Expect(await marks.MoveAsync(OneNode.Caller($"reader{i}"), OneNode.Room, position, default));
        }

        await node.Sim.Delay(Second);

        var told = await ReadAsync(reader);
        Assert.Equal(("reader7", positions[^1].ToString()), told[^1]);
        Assert.InRange(told.Count, 1, 3);
        Assert.InRange(announced.Count, (Readers / ReadAnnounced.MostMarks) + 1, 20);
        Assert.All(announced, a => Assert.InRange(a.Marks.Count, 1, ReadAnnounced.MostMarks));
        Assert.Equal(Readers, announced.SelectMany(a => a.Marks).Where(m => m.Position == positions[^1]).DistinctBy(m => m.User).Count());
    });

    [Fact]
    public void A_connection_that_takes_nothing_is_told_of_no_more_marks_than_it_may_have_waiting() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room);
        var marks = MarksOf(node);
        var reader = await ListenAsync(node, "ann");
        for (var i = 0; i < 400; i++)
        {
            OneNode.Expect(await marks.MoveAsync(OneNode.Caller("ann"), OneNode.Room, await node.PostAsync($"{i}"), default));
            await node.Sim.Delay(Second);
        }

        Assert.InRange(reader.AnswerBytes, 8 * 1024, 20 * 1024);
    });

    [Fact]
    public void A_mark_of_another_life_or_beyond_the_head_or_of_a_room_one_may_not_see_is_refused() => OneNode.Run(async node =>
    {
        await node.CreateAsync(OneNode.Room, Visibility.Private);
        var position = await node.PostAsync("hello");
        var marks = MarksOf(node);

        Assert.Equal("not_found", OneNode.ExpectRefusal(await marks.MoveAsync(OneNode.Caller("ann"), OneNode.Room, position, default)).Code);
        foreach (var bad in new[] { Position.Start, position with { Sequence = position.Sequence + 1 }, position with { Epoch = new Epoch(77) } })
            Assert.Equal("bad_position", OneNode.ExpectRefusal(await marks.MoveAsync(OneNode.Caller("owner"), OneNode.Room, bad, default)).Code);
    });

    private static ReadMarks MarksOf(OneNode node) => new(node.Node.Access, node.Store, node.Hub);

    private static async Task<Feed> ListenAsync(OneNode node, string user)
    {
        var feed = await node.ListenAsync(StartAt.Head, user);
        await feed.FillAsync(new ListSink(), default);
        return feed;
    }

    private static async Task<List<(string User, string Position)>> ReadAsync(Feed feed)
    {
        var sink = new ListSink();
        await feed.FillAsync(sink, default);
        return [.. sink.Frames.Where(f => ListSink.WordOf(f) == "read").Select(f => JsonDocument.Parse(f.Json).RootElement.GetProperty("payload"))
            .Select(p => (p.GetProperty("user").GetProperty("id").GetString()!, p.GetProperty("position").GetString()!))];
    }
}
