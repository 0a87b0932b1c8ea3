using System.Text;
using Hubbub.Compare.Dialects;
using Hubbub.Load;
using Hubbub.Load.Checks;
using Hubbub.Load.Loop;
using Hubbub.Load.Wire;

namespace Hubbub.Compare.Listening;

/// <summary>
/// Posts on WebSockets of their own: one for all rooms, or one for each where the dialect wants that. What is posted between two
/// flushes leaves in one piece.
/// </summary>
internal sealed class SocketSender : ISender
{
    private readonly Connection[] _connections;
    private readonly Audience _audience;
    private readonly PostShape[] _shapes;

    private SocketSender(Audience audience, IDialect dialect, Connection[] connections)
    {
        _audience = audience;
        _connections = connections;
        _shapes = [.. audience.Rooms.Select(room => new PostShape(dialect.Post(room.Name)))];
    }

    public static async Task<SocketSender> OpenAsync(
        EventLoop loop, Target target, IDialect dialect, Audience audience, CancellationToken cancel)
    {
        var connections = new Connection[dialect.PostsToOneRoom ? audience.Rooms.Count : 1];
        await Ramp.OpenAsync(
            loop, target, connections.Length, i => connections[i] = new Connection(loop, target, dialect, audience, audience.Rooms[i].Name),
            () => { }, cancel);
        return new SocketSender(audience, dialect, connections);
    }

    public void Post(int room, long now)
    {
        var shape = _shapes[room];
        _audience.Rooms[room].WriteNext(shape.Text, now);
        _connections[room % _connections.Length].Add(shape.Bytes);
    }

    public void Flush()
    {
        foreach (var connection in _connections)
            connection.Flush();
    }

    private sealed class Connection(EventLoop loop, Target target, IDialect dialect, Audience audience, string room)
        : PeerConnection(loop, target, dialect, dialect.PostPath(room), dialect.Enter)
    {
        private byte[] _batch = new byte[1024];
        private int _length;
        private uint _mask = 0x9E3779B9;
        private bool _ending;

        public void Add(ReadOnlySpan<byte> text)
        {
            if (_batch.Length < _length + text.Length + SocketFrame.MaxOverhead)
                Array.Resize(ref _batch, _batch.Length * 2);
            _mask = _mask * 1664525 + 1013904223;
            _length += SocketFrame.Write(_batch.AsSpan(_length), Opcode.Text, text, _mask);
        }

        public void Flush()
        {
            if (_length == 0)
                return;
            Send(_batch.AsSpan(0, _length));
            _length = 0;
        }

        public override void Shut()
        {
            _ending = true;
            base.Shut();
        }

        protected override void OnWord(ReadOnlySpan<byte> text, long now)
        {
            if (text.IndexOf("\"error\""u8) >= 0)
                audience.Findings.Add(Anomaly.Contradiction, $"a post was refused: {Encoding.UTF8.GetString(text)}");
            Answer(text);
        }

        protected override void OnClosed(string reason)
        {
            if (IsOpen && !_ending)
                audience.Findings.Add(Anomaly.Disconnected, $"the poster lost its connection: {reason}");
        }
    }
}
