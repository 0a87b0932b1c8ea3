namespace Hubbub.Compare.Dialects;

/// <summary>
/// Socket.IO 4 on its WebSocket transport: Engine.IO's packets (0 open, 2 ping, 3 pong, 4 message) around Socket.IO's (0 connect,
/// 2 event, 3 acknowledgement).
/// </summary>
internal sealed class SocketIoDialect : IDialect
{
    private const string Path = "/socket.io/?EIO=4&transport=websocket";

    public string ListenPath(string room) => Path;

    public string PostPath(string room) => Path;

    public IReadOnlyList<Turn> Enter { get; } = [new(null, "0{"), new("40", "40{")];

    public IReadOnlyList<Turn> Join(string room) => [.. Enter, new($"420[\"join\",\"{room}\"]", "430[")];

    public string Post(string room) => $"42[\"post\",{PlainDialect.Event(room)}]";

    public byte[]? Answer(ReadOnlySpan<byte> text) => text.SequenceEqual("2"u8) ? "3"u8.ToArray() : null;
}
