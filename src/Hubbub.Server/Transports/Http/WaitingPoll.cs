using Hubbub.Core.Hub;
using Hubbub.Protocol;

namespace Hubbub.Server.Transports.Http;

/// <summary>A long poll while it waits: a feed that writes nothing down and only notices that there is something.</summary>
internal sealed class WaitingPoll(Feed feed, Func<bool> mayGoOn) : IConnection, IFrameSink, IDisposable
{
    private volatile bool _over;
    private bool _noticed;

    public Feed Feed => feed;

    public bool IsOver => _over;

    bool IFrameSink.IsFull => _noticed;

    void IFrameSink.Write(Frame frame, Subscription? subscription)
    {
        // Only what moves a reader is news, an event or a gap: no signal, and no answer about the joining itself. An ended subscription is found below.
        if (frame.Place is not null)
            _noticed = true;
    }

    /// <summary>Waits for an event in any room, for the end of a subscription, for the time to pass, or for the node to stop.</summary>
    public async Task WaitAsync(TimeSpan wait, TimeProvider time, CancellationToken ct)
    {
        var rooms = feed.Subscriptions.Count;
        using var timer = time.CreateTimer(static state => ((WaitingPoll)state!).End(), this, wait, Timeout.InfiniteTimeSpan);
        using var gone = ct.Register(static state => ((WaitingPoll)state!).End(), this);
        while (!_over && !_noticed && feed.Subscriptions.Count == rooms)
        {
            await feed.WaitAsync();
            await feed.FillAsync(this, ct);
        }
    }

    public void Tick()
    {
        // Its time is bounded by its own wait; but who has signed out everywhere does not wait any longer.
        if (!mayGoOn())
            End();
    }

    /// <summary>Whether it was answered early, since its reader shall ask elsewhere.</summary>
    public bool ShallMove { get; private set; }

    public void AskToMove(Frame reconnect)
    {
        ShallMove = true;
        End();
    }

    public void Close(CloseCode code, string reason, TimeSpan? retryAfter = null) => End();

    public void Dispose() => feed.Dispose();

    private void End()
    {
        _over = true;
        feed.Wake();
    }
}
