using System.Text.Json;
using Hubbub.TestKit.Clients;

namespace Hubbub.ConformanceTests.Transports.Readers;

/// <summary>Reads over a WebSocket, and takes from the connection only when it is asked: so it can be slow.</summary>
internal sealed class SocketReader : Reader
{
    private readonly RawSocket _socket;
    private bool _ended;

    private SocketReader(RawSocket socket) => _socket = socket;

    public static async Task<Reader> OpenAsync(HttpApi user, string room, Start start)
    {
        var reader = new SocketReader(await RawSocket.UpgradeAsync(user.Server, user.Token, receiveBuffer: 16 * 1024));
        try
        {
            await reader._socket.SendAsync(RawSocket.TextFrame(JsonSerializer.Serialize(
                new { type = "join", id = "join", payload = new { roomId = room, after = start.After, last = start.Last } })));
            while (true)
            {
                var told = await reader.NextAsync();
                if (told.Type == "error")
                    throw new ReadingRefusedException(told.Text("code"), told.Text("message"));
                if (told.Type != "joined")
                    continue;
                reader.Position = told.Text("position");
                return reader;
            }
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    public override async Task<Told> NextAsync(TimeSpan? deadline = null)
    {
        while (true)
        {
            var frame = await _socket.ReadFrameAsync(deadline);
            switch (frame.Opcode)
            {
                case RawFrame.Ping:
                    await _socket.SendAsync(RawSocket.Frame(RawFrame.Pong, frame.Payload));
                    break;
                case RawFrame.Close:
                    _ended = true;
                    return new Told("end", JsonSerializer.SerializeToElement(new { code = frame.CloseCode }));
                default:
                    using (var document = JsonDocument.Parse(frame.Payload))
                    {
                        var told = Told.OfFrame(document.RootElement.Clone());
                        if (told.Type == "presence")
                            break;
                        if (told.IsEvent)
                            Position = told.Text("id");
                        else if (told.Type is "gap" or "skipped")
                            Position = told.Text("to");
                        return told;
                    }
            }
        }
    }

    public override async Task<List<Told>> RestAsync()
    {
        if (_ended)
            return [];
        await _socket.SendAsync(RawSocket.TextFrame("""{"type":"ping","id":"fence"}"""));
        var rest = new List<Told>();
        for (var told = await NextAsync(); told.Type is not ("pong" or "end"); told = await NextAsync())
            rest.Add(told);
        return rest;
    }

    public override ValueTask DisposeAsync()
    {
        _socket.Reset();
        return _socket.DisposeAsync();
    }
}
