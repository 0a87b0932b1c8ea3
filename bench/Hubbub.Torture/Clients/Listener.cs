using System.Diagnostics;
using System.Globalization;
using Hubbub.Client;
using Hubbub.Protocol;
using Hubbub.Torture.History;

namespace Hubbub.Torture.Clients;

/// <summary>A client that listens to some rooms, as any user's would. One that keeps everything writes history; every one sees for itself that nothing is missing or repeated.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private readonly HistoryRecorder? _history;
    private readonly Tally _tally;
    private readonly List<Task> _reading = [];
    private readonly Dictionary<RoomId, long> _heard = [];
    private readonly Lock _lock = new();

    public Listener(string name, HubbubClientOptions options, HistoryRecorder? history, Tally tally)
    {
        Name = name;
        _history = history;
        _tally = tally;
        Client = new HubbubClient(options with { Observer = history is null ? null : new Witness(name, history) });
        Client.StateChanged += (state, _) =>
        {
            if (state == ConnectionState.Reconnecting)
                tally.Reconnecting();
        };
    }

    public string Name { get; }

    public HubbubClient Client { get; }

    /// <summary>A room out of which it is thrown now and then.</summary>
    public RoomId? MayBeRemovedFrom { get; init; }

    /// <summary>Reads on in a room from which it was removed, behind what it was told.</summary>
    public RoomSubscription Rejoin(RoomId room, Position after)
    {
        lock (_lock)
            _heard.TryAdd(room, 0);
        var subscription = Client.Join(room, new RoomStart(After: after));
        _reading.Add(Task.Run(() => ReadAsync(subscription), CancellationToken.None));
        return subscription;
    }

    public async Task BeginAsync(IEnumerable<RoomId> rooms, CancellationToken ct)
    {
        foreach (var room in rooms)
        {
            var subscription = Client.Join(room, RoomStart.Beginning);
            _heard[room] = 0;
            _reading.Add(Task.Run(() => ReadAsync(subscription), CancellationToken.None));
        }

        await Client.ConnectAsync(ct);
    }

    /// <summary>Whether it has been handed everything of the room up to here.</summary>
    public bool Has(RoomId room, long sequence)
    {
        lock (_lock)
            return !_heard.TryGetValue(room, out var heard) || heard >= sequence;
    }

    public long Heard(RoomId room)
    {
        lock (_lock)
            return _heard.GetValueOrDefault(room);
    }

    public bool Follows(RoomId room) => _heard.ContainsKey(room);

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Task.WhenAll(_reading);
    }

    private async Task ReadAsync(RoomSubscription room)
    {
        await foreach (var update in room.ReadAsync())
        {
            switch (update)
            {
                case RoomUpdate.Happened { Event: var happened }:
                    Take(happened);
                    break;
                case RoomUpdate.Gap gap:
                    // No log of a run loses its past.
                    _tally.Wrong($"{Name} was told of a gap in {room.Id} from {gap.From} to {gap.To} ({gap.Reason}).");
                    lock (_lock)
                        _heard[room.Id] = gap.To.Sequence;
                    break;
                case RoomUpdate.Left removed when room.Id == MayBeRemovedFrom:
                    // "removed", or "refused" for one who was away in that moment; the verdict tells how often each.
                    _tally.Removed(removed.Reason);
                    _history?.Note(at => new Ended(at, Name, room.Id));
                    break;
                case RoomUpdate.Left left:
                    _tally.Wrong($"{Name} was told that {room.Id} is over for it ({left.Reason}, {left.Error?.Message}).");
                    _history?.Note(at => new Ended(at, Name, room.Id));
                    break;
            }
        }
    }

    private void Take(RoomEvent happened)
    {
        _history?.Note(at => new HandedOn(at, Name, happened.Room, Witness.EntryOf(happened)));
        _tally.Delivered(happened.Content is MessagePosted { Text: var text } ? SentAt(text) : null);
        lock (_lock)
        {
            var before = _heard[happened.Room];
            if (happened.Sequence != before + 1)
                _tally.Wrong($"{Name} was handed {happened.Position} of {happened.Room} after {before}.");
            _heard[happened.Room] = happened.Sequence;
        }
    }

    /// <summary>The time at which a message was posted stands at its end.</summary>
    private static long? SentAt(string text) =>
        long.TryParse(text.AsSpan(text.LastIndexOf(' ') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : null;
}
