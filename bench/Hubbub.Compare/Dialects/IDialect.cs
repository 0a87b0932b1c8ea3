namespace Hubbub.Compare.Dialects;

/// <summary>
/// What is said on a peer's WebSocket: all that the load generator must know to be a client of it. Stateless; one serves all
/// connections. Delivered messages are found by their stamp and need no dialect.
/// </summary>
internal interface IDialect
{
    /// <summary>The path at which a listener of this room opens its WebSocket.</summary>
    string ListenPath(string room);

    /// <summary>The path at which one who posts to this room opens a WebSocket.</summary>
    string PostPath(string room);

    /// <summary>True if a posting socket serves one room only.</summary>
    bool PostsToOneRoom => false;

    /// <summary>What a listener says and hears, in turn, until it is in the room.</summary>
    IReadOnlyList<Turn> Join(string room);

    /// <summary>What one who only posts says and hears before the first post.</summary>
    IReadOnlyList<Turn> Enter => [];

    /// <summary>A post, with <see cref="TextMark"/> where the message's text shall stand.</summary>
    string Post(string room);

    /// <summary>What to answer a text that carries no message, such as a ping in the protocol's own words; null for nothing.</summary>
    byte[]? Answer(ReadOnlySpan<byte> text) => null;

    /// <summary>
    /// What to say and hear instead of <see cref="Join"/> on a new connection, to go on behind so many messages after what the first
    /// join was answered; null if the peer cannot.
    /// </summary>
    IReadOnlyList<Turn>? Resume(string room, string joined, long heard) => null;

    const string TextMark = "{text}";
}

/// <summary>One turn of an opening: say this, if anything; then wait for a text that contains that, if anything.</summary>
internal readonly record struct Turn(string? Say, string? Await);
