using System.Text;
using Hubbub.Compare.Dialects;
using Hubbub.Compare.Listening;
using Hubbub.Load;
using Hubbub.Load.Checks;
using Hubbub.Load.Loop;
using Xunit;
using RoomListener = Hubbub.Compare.Listening.Listener;

namespace Hubbub.UnitTests.Load;

/// <summary>What the comparison's listeners find out about a server that does not do its work.</summary>
public sealed class AudienceTests : IAsyncLifetime
{
    private readonly EventLoop _loop = new("test");
    private Audience _audience = null!;
    private Room _room = null!;
    private RoomListener _ann = null!;
    private RoomListener _bob = null!;

    public async Task InitializeAsync()
    {
        using var server = new Listener();
        var target = await Target.FindAsync(server.Address, CancellationToken.None);
        _audience = new Audience(_loop, rooms: 1, window: 2);
        _room = _audience.Rooms[0];
        _room.Awaited = 2;
        _ann = new RoomListener(_loop, target, new PlainDialect(), _audience, _room);
        _bob = new RoomListener(_loop, target, new PlainDialect(), _audience, _room);
    }

    public async Task DisposeAsync() => await _loop.DisposeAsync();

    [Fact]
    public void A_message_is_complete_when_everybody_has_it()
    {
        var first = Post();
        Hear(_ann, first);
        Assert.Equal((1, 0), (_audience.Deliveries, _audience.Completed));
        Hear(_bob, first);
        Assert.Equal((2, 1), (_audience.Deliveries, _audience.Completed));
        Assert.True(_audience.Findings.None);
    }

    [Fact]
    public void A_message_that_comes_twice_is_found()
    {
        var first = Post();
        Hear(_ann, first);
        Hear(_ann, first);
        Assert.Equal(1, _audience.Findings.Count(Anomaly.Duplicate));
    }

    [Fact]
    public void A_message_that_only_one_has_missed_is_found()
    {
        var first = Post();
        var second = Post();
        Hear(_ann, first);
        Hear(_ann, second);
        Hear(_bob, second);
        Assert.Equal(1, _audience.Findings.Count(Anomaly.Skip));
        Assert.Equal(1, _bob.Missed);
    }

    [Fact]
    public void Messages_that_change_places_are_found_unless_nobody_knows_their_order()
    {
        var first = Post();
        var second = Post();
        Hear(_ann, second);
        Assert.Equal(1, _audience.Findings.Count(Anomaly.Nonmonotonic));

        _audience.IsOrdered = false;
        Hear(_ann, first);
        Hear(_bob, second);
        Hear(_bob, first);
        Assert.Equal(1, _audience.Findings.Count(Anomaly.Nonmonotonic));
        Assert.Equal(2, _audience.Completed);
    }

    [Fact]
    public void A_text_that_was_never_posted_is_found()
    {
        Hear(_ann, Encoding.ASCII.GetBytes(PostTextTests.Written(0, 5, 0)));
        Assert.Equal(1, _audience.Findings.Count(Anomaly.Duplicate));
    }

    private byte[] Post()
    {
        var text = new byte[PostText.Length];
        _room.WriteNext(text, Clock.Now);
        return text;
    }

    private void Hear(RoomListener listener, byte[] text) => _room.Hear(listener, text, Clock.Now);
}
