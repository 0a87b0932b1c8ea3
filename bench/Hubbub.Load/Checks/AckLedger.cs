namespace Hubbub.Load.Checks;

/// <summary>
/// What the server has promised: for every acknowledged message its room and sequence. Numbers of a client run from 0, so a
/// list per client holds them at 8 bytes each. Written by one thread, then handed to <see cref="LogAudit"/>.
/// </summary>
internal sealed class AckLedger(int clients, int rooms)
{
    private readonly List<long>[] _sequences = [.. Enumerable.Range(0, clients).Select(_ => new List<long>())];
    private readonly int[] _roomOf = new int[clients];
    private readonly uint[] _epochs = new uint[rooms];

    public int Clients => clients;

    public long Count { get; private set; }

    /// <summary>Acknowledgements that named another epoch than the room's first one did.</summary>
    public long OtherEpochs { get; private set; }

    public void Acknowledge(int room, int client, int number, long sequence, uint epoch)
    {
        _roomOf[client] = room;
        if (_epochs[room] == 0)
            _epochs[room] = epoch;
        else if (_epochs[room] != epoch)
            OtherEpochs++;
        var sequences = _sequences[client];
        while (sequences.Count <= number)
            sequences.Add(0);
        sequences[number] = sequence;
        Count++;
    }

    /// <summary>The acknowledged sequence of a message; 0 if it was never acknowledged.</summary>
    public long SequenceOf(int client, int number) =>
        client < clients && number < _sequences[client].Count ? _sequences[client][number] : 0;

    /// <summary>The newest sequence acknowledged to a client; 0 if none was.</summary>
    public long LastOf(int client) => _sequences[client].Count == 0 ? 0 : _sequences[client].Max();

    /// <summary>The epoch that a room's first acknowledgement named.</summary>
    public uint EpochOf(int room) => _epochs[room];

    public int RoomOf(int client) => _roomOf[client];

    public int NumbersOf(int client) => _sequences[client].Count;
}
