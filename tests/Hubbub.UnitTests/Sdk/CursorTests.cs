using Hubbub.Client.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Sdk;

public sealed class CursorTests
{
    [Fact]
    public void Only_the_very_next_event_is_next()
    {
        var cursor = new Cursor(At(5));
        Assert.Equal(Cursor.Step.Next, cursor.Look(At(6)));
        Assert.Equal(Cursor.Step.Known, cursor.Look(At(5)));
        Assert.Equal(Cursor.Step.Known, cursor.Look(At(1)));
        Assert.Equal(Cursor.Step.Missing, cursor.Look(At(7)));
        Assert.Equal(Cursor.Step.OtherLife, cursor.Look(At(6, life: 2)));
        Assert.Equal(At(5), cursor.Position);
    }

    [Fact]
    public void Before_the_server_has_said_where_the_story_begins_nothing_has_a_place()
    {
        var cursor = new Cursor(null);
        Assert.Equal(Cursor.Step.Unplaced, cursor.Look(At(1)));
        cursor.Begin(At(9));
        Assert.Equal(Cursor.Step.Next, cursor.Look(At(10)));
    }

    [Fact]
    public void Where_a_later_stream_begins_is_no_news()
    {
        var cursor = new Cursor(At(5));
        cursor.Begin(At(9));
        Assert.Equal(At(5), cursor.Position);
    }

    [Fact]
    public void The_beginning_is_of_whatever_life_until_its_name_is_known()
    {
        var cursor = new Cursor(Position.Start);
        Assert.Equal(Cursor.Step.Next, cursor.Look(At(1, life: 2)));
        Assert.Equal(Cursor.Step.Missing, cursor.Look(At(2, life: 2)));
        cursor.Begin(At(0));
        Assert.Equal(Cursor.Step.Next, cursor.Look(At(1)));
        Assert.Equal(Cursor.Step.OtherLife, cursor.Look(At(1, life: 2)));
    }

    [Theory]
    [InlineData(5, 1, 5, 9, 1, true)] // The server replays no further back.
    [InlineData(5, 1, 3, 9, 1, true)] // Told of further back by a second stream; the end is news.
    [InlineData(5, 1, 2, 4, 1, false)] // Told before.
    [InlineData(5, 1, 5, 3, 1, true)] // A store has lost its newest.
    [InlineData(5, 1, 5, 2, 2, true)] // The log has begun anew.
    [InlineData(0, 1, 0, 5, 1, true)]
    public void A_gap_concerns_who_stands_before_its_end_or_where_it_begins(long here, uint life, long from, long to, uint toLife, bool concerns)
    {
        var cursor = new Cursor(At(here, life));
        Assert.Equal(concerns, cursor.Concerns(At(from), At(to, toLife)));
    }

    [Fact]
    public void A_gap_of_a_life_before_concerns_nobody()
    {
        var cursor = new Cursor(At(3, life: 3));
        Assert.False(cursor.Concerns(At(9, life: 1), At(2, life: 2)));
        Assert.False(cursor.Concerns(At(9, life: 2), At(2, life: 3)));
    }

    private static Position At(long sequence, uint life = 1) => new(new Epoch(life), sequence);
}
