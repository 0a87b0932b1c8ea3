using Hubbub.TestKit.Clients;

namespace Hubbub.ConformanceTests.Transports.Readers;

/// <summary>A way of reading. The five there are stand below; every scenario of <see cref="ReadingContract"/> runs over each.</summary>
internal sealed record Transport(string Name, Func<HttpApi, string, Start, Task<Reader>> Open)
{
    public static readonly Transport WebSocket = new("WebSocket", SocketReader.OpenAsync);
    public static readonly Transport ServerSentEvents = new("server-sent events", (user, room, start) => StreamReader.OpenAsync(user, room, start, "text/event-stream"));
    public static readonly Transport Lines = new("lines", (user, room, start) => StreamReader.OpenAsync(user, room, start, "application/x-ndjson"));
    public static readonly Transport LongPoll = new("long poll", (user, room, start) => PollReader.OpenAsync(user, room, start, waitSeconds: 30));
    public static readonly Transport PlainGet = new("plain GET", (user, room, start) => PollReader.OpenAsync(user, room, start, waitSeconds: 0));

    public static IReadOnlyList<Transport> All { get; } = [WebSocket, ServerSentEvents, Lines, LongPoll, PlainGet];

    /// <summary>Whether what is told comes by itself; a poll is only told what it asks for.</summary>
    public bool IsStream => this != LongPoll && this != PlainGet;

    public override string ToString() => Name;
}
