using Hubbub.Compare.Dialects;

namespace Hubbub.Compare.Peers;

/// <summary>Everybody who can take part, in the order of the tables.</summary>
internal static class Roster
{
    /// <summary>The one that the others are put beside.</summary>
    public const string Own = "hubbub";

    /// <summary>Hubbub's variants do not differ with TLS, which is always on the stream carrier.</summary>
    private const string PlainText = "ABCDEGH";

    public static IReadOnlyList<IPeer> All { get; } =
    [
        new HubbubPeer(Own, "Hubbub", "the log in memory, as the peers keep nothing; posts on a socket", "memory"),
        new HubbubPeer("hubbub-stream", "Hubbub, stream carrier", "the same by the carrier of TLS and of other systems", "memory", "stream") { Scenarios = PlainText },
        new HubbubPeer("hubbub-send", "Hubbub, one by one", "the same without io_uring: one system call a write", "memory", io: "send") { Scenarios = PlainText },
        new NodePeer("bun", "Bun (uWebSockets)", "server.publish to a topic", new PlainDialect()) { Runtime = "node_modules/bun/bin/bun.exe" },
        new NodePeer("ws", "Node ws", "a set of sockets per room, one send each of a text made once", new PlainDialect()),
        new NchanPeer(),
        new AspNetPeer("naive", "WebSocket.SendAsync", "ASP.NET Core, one SendAsync per socket", "NaivePeer", new PlainDialect()),
        new NodePeer("socket.io", "Socket.IO", "rooms, WebSocket transport only", new SocketIoDialect()),
        new AspNetPeer("signalr", "SignalR", "Clients.Group, JSON protocol", "SignalRPeer", new SignalRDialect()),
        new HubbubPeer("hubbub-sqlite", "Hubbub, SQLite", "every message on disk before it is delivered; posts on a socket", "sqlite") { Scenarios = "ABCD" },
        new HubbubPeer("hubbub-sqlite-http", "Hubbub, SQLite, HTTP", "the same, each post an HTTP request", "sqlite")
        {
            PostsOverHttp = true,
            Scenarios = "ABCD",
        },
    ];
}
