using System.Threading.Channels;
using Hubbub.Core.Broker;
using Hubbub.Protocol;

namespace Hubbub.Core.Hub;

/// <summary>
/// Tells people's own connections how far they have read elsewhere. Not on the room's lane, where everybody else would have to pass over it: in a room of many readers each message is followed by as many marks. They are
/// gathered for a moment, of each user the furthest; so a room costs one look over its listeners and one announcement for each <see cref="ReadAnnounced.MostMarks"/> users, whatever its readers do.
/// </summary>
public sealed partial class Hub
{
    /// <summary>Between two tellings. What is told first is told at once.</summary>
    private static readonly TimeSpan ReadPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Marks that may wait; further ones are not told, and whoever asks for the room finds them.</summary>
    private const int MostReadMarks = 10_000;

    private readonly Lock _readLock = new();
    private readonly Channel<bool> _hasRead = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Dictionary<(RoomId Room, UserId User), Position> _read = [];

    /// <summary>Tells all connections of the user that read the room, on this node and the others, how far the user has read. Not stored here; may be lost.</summary>
    public void TellRead(RoomId room, UserId user, Position position)
    {
        lock (_readLock)
        {
            if (_read.TryGetValue((room, user), out var before) ? before.Epoch == position.Epoch && before.Sequence >= position.Sequence : _read.Count >= MostReadMarks)
                return;
            _read[(room, user)] = position;
        }

        _hasRead.Writer.TryWrite(true);
    }

    private async Task TellReadAsync(CancellationToken ct)
    {
        while (await _hasRead.Reader.WaitToReadAsync(ct))
        {
            _hasRead.Reader.TryRead(out _);
            Dictionary<(RoomId Room, UserId User), Position> read;
            lock (_readLock)
                (read, _read) = (_read, []);
            foreach (var room in read.GroupBy(mark => mark.Key.Room, mark => new ReadMark(mark.Key.User, mark.Value)))
            {
                foreach (var marks in room.Chunk(ReadAnnounced.MostMarks))
                {
                    DeliverRead(room.Key, marks);
                    _broker.Announce(new ReadAnnounced(room.Key, marks));
                }
            }

            await Task.Delay(ReadPause, _time, ct);
        }
    }

    private void DeliverRead(RoomId id, IReadOnlyList<ReadMark> marks)
    {
        if (!_rooms.TryGetValue(id, out var room))
            return;
        foreach (var (feed, position) in room.FindReaders(marks))
            feed.Tell(Frame.Answer(Frame.Encoder.Read(id, feed.Who!, position)));
    }
}
