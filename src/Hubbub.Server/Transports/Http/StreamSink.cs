using System.Buffers;
using System.Globalization;
using System.Text;
using Hubbub.Core.Hub;
using Hubbub.Protocol;

namespace Hubbub.Server.Transports.Http;

/// <summary>
/// A buffer of frames as server-sent events or as lines. In a stream of one room a frame's bytes are the shared ones; in a stream of many, the <c>id:</c> names all positions and is
/// written per connection. Whatever moves a reader (an event, a gap) carries the position after it, so a cut before it does not skip it.
/// </summary>
internal sealed class StreamSink(AnswerForm form, bool manyRooms) : IFrameSink
{
    private const int Enough = 64 * 1024;
    private const int FirstSize = 1024;
    private ArrayBufferWriter<byte> _buffer = new(FirstSize);

    // Of a stream of many rooms: where each stands, in the order asked.
    private readonly List<(RoomId Room, Position Position)> _positions = [];

    public bool IsFull => _buffer.WrittenCount >= Enough;

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    /// <summary>Empties the buffer, and gives back what a burst has made large.</summary>
    public void Clear()
    {
        if (_buffer.Capacity > Enough)
            _buffer = new ArrayBufferWriter<byte>(FirstSize);
        else
            _buffer.ResetWrittenCount();
    }

    public void Write(Frame frame, Subscription? subscription)
    {
        if (form == AnswerForm.Lines)
        {
            _buffer.Write(frame.Line.Span);
            return;
        }

        if (manyRooms && frame.Place is { } place)
        {
            Move(place.Room, place.Position);
            WriteId(RoomPositions.Write(_positions));
            WriteData(frame);
            return;
        }

        _buffer.Write(frame.ServerSentEvent.Span);
    }

    /// <summary>Says from where a stream resumes that is cut before its first event.</summary>
    public void WriteStart(IEnumerable<(RoomId Room, Position Position)> positions)
    {
        _positions.Clear();
        _positions.AddRange(positions);
        if (form == AnswerForm.ServerSentEvents && _positions.Count > 0)
            WriteId(manyRooms ? RoomPositions.Write(_positions) : _positions[0].Position.ToString());
    }

    public void WriteKeepAlive() => _buffer.Write(form == AnswerForm.Lines ? "{\"type\":\"ping\"}\n"u8 : ": still here\n\n"u8);

    /// <summary>When a reader that ends by the server's will shall return: the field that browsers obey. Lines have none; there the <c>closing</c> frame says it.</summary>
    public void WriteRetry(TimeSpan wait)
    {
        if (form == AnswerForm.ServerSentEvents)
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {(long)wait.TotalMilliseconds}\n\n"), _buffer);
    }

    private void Move(RoomId room, Position position)
    {
        var index = _positions.FindIndex(p => p.Room == room);
        if (index >= 0)
            _positions[index] = (room, position);
    }

    private void WriteId(string id) => Encoding.UTF8.GetBytes($"id: {id}\n", _buffer);

    private void WriteData(Frame frame)
    {
        _buffer.Write("data: "u8);
        _buffer.Write(frame.Json.Span);
        _buffer.Write("\n\n"u8);
    }
}
