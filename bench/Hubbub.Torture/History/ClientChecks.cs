using Hubbub.Protocol;

namespace Hubbub.Torture.History;

/// <summary>What an application sees over all reconnects: every event once, in order, and in the end all of them but those that a relaxed room has skipped.</summary>
internal static class ClientChecks
{
    public static IEnumerable<Finding> Check(RunHistory history)
    {
        var readers = new Dictionary<(string, RoomId), Reader>();
        foreach (var record in history.Records)
        {
            switch (record)
            {
                case Subscribed subscribed:
                    Find(readers, subscribed.Client, subscribed.Room).Begin(subscribed.From);
                    break;
                case GapTold gap:
                    Find(readers, gap.Client, gap.Room).Reset(gap.From, gap.To);
                    break;
                case SkipTold skip:
                    Find(readers, skip.Client, skip.Room).Excuse(skip.From.Sequence, skip.To.Sequence);
                    break;
                case Ended ended:
                    Find(readers, ended.Client, ended.Room).IsLive = false;
                    break;
                case HandedOn handed:
                    foreach (var finding in Find(readers, handed.Client, handed.Room).Take(handed))
                        yield return finding;
                    break;
            }
        }

        foreach (var final in history.Of<FinalLog>().GroupBy(f => f.Room).Select(g => g.LastOrDefault(f => f.Source == FinalSource.Store) ?? g.Last()))
        {
            foreach (var ((client, room), reader) in readers)
            {
                if (room == final.Room && reader.IsLive && reader.FirstMissing(final) is { } missing)
                    yield return new Finding(Anomaly.Unobserved, $"{client} listens to {room} and {missing}");
            }
        }
    }

    private static Reader Find(Dictionary<(string, RoomId), Reader> readers, string client, RoomId room)
    {
        if (!readers.TryGetValue((client, room), out var reader))
            readers.Add((client, room), reader = new Reader());
        return reader;
    }

    /// <summary>One client in one room: where it began, what it was handed, what it need not get.</summary>
    private sealed class Reader
    {
        private readonly HashSet<string> _messages = new(StringComparer.Ordinal);
        private readonly HashSet<Position> _positions = [];
        private readonly List<(long After, long UpTo)> _excused = [];
        private Position? _from;
        private Position? _last;

        public bool IsLive { get; set; }

        public void Begin(Position from)
        {
            // A reconnect goes on with the old story. Whoever had ended it, and begins again further on, is not owed what lies between.
            if (_from is not { } began || (began.Epoch != from.Epoch && !IsLive))
                _from = from;
            else if (!IsLive && (_last ?? began).Sequence < from.Sequence)
                _excused.Add(((_last ?? began).Sequence, from.Sequence));
            IsLive = true;
        }

        public void Reset(Position from, Position to)
        {
            if (from.Epoch == to.Epoch && from.Sequence <= to.Sequence)
            {
                Excuse(from.Sequence, to.Sequence);
                return;
            }

            _from = to;
            _last = null;
            _messages.Clear();
            _positions.Clear();
            _excused.Clear();
        }

        public void Excuse(long after, long upTo) => _excused.Add((after, upTo));

        public IEnumerable<Finding> Take(HandedOn handed)
        {
            var position = handed.Entry.Position;
            if (handed.Entry.IsNamed && !_messages.Add(handed.Entry.Message))
                yield return new Finding(Anomaly.Duplicate, $"{handed.Client} was handed {handed.Entry.Message} of {handed.Room} again, at {position}");
            if (_last is { } last && last.Epoch == position.Epoch && position.Sequence <= last.Sequence)
                yield return new Finding(Anomaly.NonmonotonicToApp, $"{handed.Client} was handed {handed.Room} {position} after {last}");
            _last = position;
            _positions.Add(position);
        }

        public string? FirstMissing(FinalLog final)
        {
            if (_from is not { } from || final.Entries.Count == 0)
                return null;
            if (!from.IsStart && from.Epoch != final.Entries[0].Position.Epoch)
                return $"was never told that the log goes on as {final.Entries[^1].Position}; it began at {from}";
            var missing = final.Entries.FirstOrDefault(e => e.Position.Sequence > from.Sequence && !_positions.Contains(e.Position) && !IsExcused(e.Position.Sequence));
            return missing.Message is null ? null : $"was never handed {missing.Message} at {missing.Position}; it began at {from}";
        }

        private bool IsExcused(long sequence)
        {
            foreach (var (after, upTo) in _excused)
            {
                if (sequence > after && sequence <= upTo)
                    return true;
            }

            return false;
        }
    }
}
