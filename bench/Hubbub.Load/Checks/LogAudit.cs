using System.Collections;

namespace Hubbub.Load.Checks;

/// <summary>
/// Compares a log, read back from its beginning, with the acknowledgements: sequences without holes, every acknowledged
/// message there, once, where the acknowledgement said. One audit for all rooms of a run; rooms are read one after the other.
/// </summary>
internal sealed class LogAudit(AckLedger ledger, Findings findings)
{
    private readonly BitArray[] _seen =
        [.. Enumerable.Range(0, ledger.Clients).Select(client => new BitArray(ledger.NumbersOf(client)))];

    private readonly HashSet<(int Client, int Number)> _seenUnacknowledged = [];
    private int _room;
    private long _last;

    /// <summary>
    /// Messages of this run that are stored without having been acknowledged: the answer was lost, or never waited for.
    /// </summary>
    public int Unacknowledged => _seenUnacknowledged.Count;

    public long Events { get; private set; }

    public long Last => _last;

    public void BeginRoom(int room)
    {
        _room = room;
        _last = 0;
    }

    /// <summary>The next event of the room's log, whatever its kind.</summary>
    public void Event(long sequence)
    {
        Events++;
        if (sequence == _last)
            findings.Add(Anomaly.Duplicate, $"room {_room} gave sequence {sequence} twice");
        else if (sequence < _last)
            findings.Add(Anomaly.Nonmonotonic, $"room {_room} gave {sequence} after {_last}");
        else if (sequence > _last + 1)
            findings.Add(Anomaly.Skip, $"room {_room} gave {sequence} after {_last}", sequence - _last - 1);
        _last = sequence;
    }

    /// <summary>The event just read is this message of the run.</summary>
    public void Message(int client, int number, long sequence)
    {
        var promised = ledger.SequenceOf(client, number);
        if (promised == 0)
        {
            if (!_seenUnacknowledged.Add((client, number)))
                findings.Add(Anomaly.Duplicate, $"message {number} of client {client} is in the log twice, again at {sequence}");
            return;
        }
        if (_seen[client][number])
            findings.Add(Anomaly.Duplicate, $"message {number} of client {client} is in the log twice, again at {sequence}");
        else if (promised != sequence || ledger.RoomOf(client) != _room)
            findings.Add(Anomaly.Contradiction,
                $"message {number} of client {client} was acknowledged as {promised} and lies in room {_room} at {sequence}");
        _seen[client][number] = true;
    }

    /// <summary>All rooms are read: whatever was promised and not seen is lost.</summary>
    public void Finish()
    {
        for (var client = 0; client < ledger.Clients; client++)
        {
            for (var number = 0; number < ledger.NumbersOf(client); number++)
            {
                if (ledger.SequenceOf(client, number) is > 0 and var promised && !_seen[client][number])
                    findings.Add(Anomaly.LostWrite, $"message {number} of client {client}, acknowledged as {promised}, is not in the log");
            }
        }
        if (ledger.OtherEpochs > 0)
            findings.Add(Anomaly.Contradiction, "acknowledgements of one room named different epochs", ledger.OtherEpochs);
    }
}
