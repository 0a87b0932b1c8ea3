namespace Hubbub.Load.Loop;

/// <summary>
/// How a connection's bytes travel over its socket: as they are, or as TLS. Belongs to one connection and lives on its loop's thread; nothing
/// here blocks, and the socket itself is the connection's to close.
/// </summary>
internal interface IChannel
{
    /// <summary>The result of a call that found the connection at its end.</summary>
    const int Ended = -1;

    const string ClosedByServer = "the server closed the connection";

    /// <summary>Why the connection has ended, in words, after a call has said so.</summary>
    string EndReason { get; }

    /// <summary>What the kernel has to report (epoll's bits) before <see cref="Open"/> can go on.</summary>
    uint Awaited { get; }

    /// <summary>
    /// Bytes were taken out of the kernel and not handed on, so it will not report them again: <see cref="Receive"/> must be asked until it
    /// has nothing.
    /// </summary>
    bool HoldsMore { get; }

    /// <summary>Goes on with opening, once the socket is connected: 1 when the channel is open, 0 when the peer must answer first, or <see cref="Ended"/>.</summary>
    int Open();

    /// <summary>How many bytes were received; 0 if there are none now; or <see cref="Ended"/>.</summary>
    int Receive(Span<byte> into);

    /// <summary>
    /// How many bytes were taken, from the first on; 0 if none are taken now; or <see cref="Ended"/>. What was not taken must be sent before
    /// anything else, unchanged.
    /// </summary>
    int Send(ReadOnlySpan<byte> bytes);

    /// <summary>Says farewell if the channel does such a thing, and lets go of what it holds. Called once, before the socket is closed.</summary>
    void Close();
}
