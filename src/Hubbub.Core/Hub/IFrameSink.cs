namespace Hubbub.Core.Hub;

/// <summary>Where a feed writes: a transport's buffer in a transport's format. Called under the feed's lock, so it only copies and never waits.</summary>
public interface IFrameSink
{
    /// <summary>True when no more should be written in this round; what is left stays a cursor's position.</summary>
    bool IsFull { get; }

    /// <param name="frame">An event, a signal, or an answer for this connection only.</param>
    /// <param name="subscription">For events and signals: the subscription, its position moved to this event already. Null for answers.</param>
    void Write(Frame frame, Subscription? subscription);
}
