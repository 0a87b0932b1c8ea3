namespace Hubbub.Load.Posting;

/// <summary>
/// A connection that posts one client's messages to one room: over HTTP or over a WebSocket. Lives on its loop's thread.
/// </summary>
internal interface IPoster
{
    /// <summary>How many posts it can have unanswered at a time.</summary>
    int Capacity { get; }

    /// <summary>
    /// Sends the message with this number, stamped with this time. The same pair again is the same message with the same
    /// key. Its outcome comes to the observer, once, unless the connection is lost first.
    /// </summary>
    void Post(int number, long sentAt);

    void Close(string reason);
}

/// <summary>Hears what became of a poster's messages, on the poster's loop.</summary>
internal interface IPostObserver
{
    void OnStored(IPoster poster, int number, long sequence, uint epoch, long now);

    /// <summary>The server refused the message with one of the protocol's codes.</summary>
    void OnRefused(IPoster poster, int number, string code, bool retryable, long now);

    /// <summary>The connection is gone; what it had not answered may or may not be stored.</summary>
    void OnLost(IPoster poster, string reason);
}
