using Hubbub.Load.Loop;

namespace Hubbub.Compare.Listening;

/// <summary>Posts to one room at fixed times, whatever has become of the posts before. Lives on the generator's loop.</summary>
internal sealed class Pace
{
    private readonly Audience _audience;
    private readonly ISender _sender;
    private readonly int _room;
    private readonly long _interval;
    private readonly PaceTimer _timer;
    private long _next;
    private bool _posting;

    /// <summary>On the loop's thread, or before it starts.</summary>
    public Pace(EventLoop loop, Audience audience, ISender sender, int room, TimeSpan interval)
    {
        _audience = audience;
        _sender = sender;
        _room = room;
        _interval = Clock.Of(interval);
        _timer = new PaceTimer(loop, Post);
    }

    public void Begin()
    {
        _posting = true;
        _next = Clock.Now;
        _timer.RingAt(_next);
    }

    public void End() => _posting = false;

    private void Post()
    {
        if (!_posting)
            return;
        _audience.PostNow(_sender, _room);
        _next += _interval;
        _timer.RingAt(_next);
    }
}
