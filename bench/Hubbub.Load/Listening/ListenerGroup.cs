using Hubbub.Load.Checks;
using Hubbub.Load.Figures;
using Hubbub.Load.Wire;

namespace Hubbub.Load.Listening;

/// <summary>
/// What the listeners of one loop share: the event that each sequence is, parsed once, and the figures. A frame that
/// equals byte for byte the one that another listener got for the same sequence needs no parsing, which is what keeps the
/// generator cheaper than the server. Lives on its loop's thread; others read <see cref="Deliveries"/> for the display.
/// </summary>
internal sealed class ListenerGroup(byte[] run, long maxPosts, Findings findings)
{
    /// <summary>A listener further behind than this has its frames parsed again; nothing is lost by it.</summary>
    private const int Remembered = 1024;

    private readonly Reference[] _references = new Reference[Remembered];
    private readonly Dictionary<int, long> _sequenceOf = [];
    private long _deliveries;
    private int _hearing = -1;
    private int _heardBy;

    public List<RoomListener> Listeners { get; } = [];

    public Findings Findings => findings;

    /// <summary>The measured time; messages due in it are measured, deliveries made in it are counted.</summary>
    public long Begin { get; set; } = long.MaxValue;

    public long End { get; set; } = long.MaxValue;

    public LatencyHistogram Latency { get; } = new();

    public long Measured { get; private set; }

    public long Deliveries => Volatile.Read(ref _deliveries);

    /// <summary>Is called when every listener of this group has the same message.</summary>
    public Action? AllHeard { get; set; }

    /// <summary>The sequence under which this message of the run was delivered; 0 if it was not.</summary>
    public long SequenceOf(int number) => _sequenceOf.GetValueOrDefault(number);

    /// <summary>True if these bytes are the event that is known to have this sequence; then it is counted as delivered.</summary>
    public bool TryDeliverKnown(long sequence, ReadOnlySpan<byte> json, long now)
    {
        ref var reference = ref _references[sequence % Remembered];
        if (reference.Sequence != sequence || !json.SequenceEqual(reference.Json.AsSpan(0, reference.Length)))
            return false;
        Deliver(reference.Number, reference.DueAt, now);
        return true;
    }

    /// <summary>Counts an event that had to be parsed, and remembers it for the other listeners.</summary>
    public void DeliverNew(in WireFields fields, ReadOnlySpan<byte> json, long now)
    {
        var number = -1;
        var dueAt = 0L;
        if (fields.Is("message"u8) && Stamp.TryReadKey(fields.Key, run, out _, out var stamped)
            && Stamp.TryReadText(fields.Message, out dueAt, out var written))
        {
            number = stamped;
            if (written != stamped)
                findings.Add(Anomaly.Contradiction, $"message {stamped} came with the text of {written}");
            Remember(number, fields.Sequence);
        }

        ref var reference = ref _references[fields.Sequence % Remembered];
        if (reference.Json is null || reference.Json.Length < json.Length)
            reference.Json = new byte[json.Length];
        json.CopyTo(reference.Json);
        reference.Length = json.Length;
        reference.Sequence = fields.Sequence;
        reference.Number = number;
        reference.DueAt = dueAt;
        Deliver(number, dueAt, now);
    }

    private void Remember(int number, long sequence)
    {
        if (!_sequenceOf.TryGetValue(number, out var known))
        {
            // The poster numbers below maxPosts, so anything else is not its message.
            if (number < maxPosts)
                _sequenceOf.Add(number, sequence);
        }
        else if (known != sequence)
        {
            findings.Add(Anomaly.Duplicate, $"message {number} was delivered as {known} and as {sequence}");
        }
    }

    private void Deliver(int number, long dueAt, long now)
    {
        if (number < 0)
            return;
        Volatile.Write(ref _deliveries, _deliveries + 1);
        if (now >= Begin && now < End)
            Measured++;
        if (dueAt >= Begin && dueAt < End)
            Latency.Record(now - dueAt);
        if (AllHeard is null)
            return;
        if (number != _hearing)
        {
            _hearing = number;
            _heardBy = 0;
        }
        if (++_heardBy == Listeners.Count)
            AllHeard();
    }

    private struct Reference
    {
        public long Sequence;
        public int Number;
        public int Length;
        public long DueAt;
        public byte[]? Json;
    }
}
