using Hubbub.Compare.Dialects;
using Hubbub.Compare.Peers;
using Xunit;

namespace Hubbub.UnitTests.Load;

public class DialectTests
{
    [Fact]
    public void Every_dialect_leaves_room_for_the_text() =>
        Assert.All(Roster.All, peer => Assert.Contains(IDialect.TextMark, peer.Dialect.Post("room1"), StringComparison.Ordinal));

    [Fact]
    public void Hubbub_goes_on_where_the_join_was_and_as_many_messages_later()
    {
        var turn = Assert.Single(new HubbubDialect().Resume(
            "room1", """{"type":"joined","payload":{"roomId":"room1","position":"9f3a01bc:41","head":41}}""", 3)!);
        Assert.Equal("""{"type":"join","payload":{"roomId":"room1","after":"9f3a01bc:44"}}""", turn.Say);
        Assert.Null(((IDialect)new PlainDialect()).Resume("room1", "{}", 3));
    }

    [Fact]
    public void Socket_io_wants_its_pings_answered()
    {
        var dialect = new SocketIoDialect();
        Assert.Equal("3"u8.ToArray(), dialect.Answer("2"u8));
        Assert.Null(dialect.Answer("42[\"event\",{}]"u8));
    }
}
