using System.Text.Json;
using Hubbub.Core.Hub;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;
using Hubbub.TestKit.Simulation;
using Hubbub.Torture.History;

namespace Hubbub.UnitTests.Simulation;

/// <summary>
/// A client that listens, as a client library does: it holds a position per room, leaves out what it has, and after every loss of its connection goes on at its positions
/// on whichever node it finds. It is slow now and then, and writes down everything it sees.
/// </summary>
internal sealed class Listener
{
    private readonly Cluster _cluster;
    private readonly Simulator _sim;
    private readonly Caller _caller;
    private readonly Dictionary<RoomId, Place> _places = [];
    private SimulatedConnection? _connection;
    private int _session;

    public Listener(Cluster cluster, Caller caller, IEnumerable<RoomId> rooms)
    {
        _cluster = cluster;
        _sim = cluster.Sim;
        _caller = caller;
        Actor = _sim.NewActor(Name);
        foreach (var room in rooms)
        {
            var start = _sim.Pick([StartAt.Head, StartAt.Behind(Position.Start), StartAt.Newest(_sim.Pick([0, 1, 5, 1000]))]);
            _places.Add(room, new Place(room, start));
        }
    }

    public string Name => _caller.User.Id.Value;

    public UserId User => _caller.User.Id;

    public Actor Actor { get; }

    public IEnumerable<RoomId> Rooms => _places.Keys;

    /// <summary>Whether it has everything up to these heads in the rooms that it still listens to.</summary>
    public bool HasAll(IReadOnlyDictionary<RoomId, Position> heads) =>
        _places.Values.All(p => p.IsOver || (heads.TryGetValue(p.Room, out var head) && p.Held == head));

    public void Start(TimeSpan wait) => Actor.After(wait, async () => await RunAsync());

    /// <summary>After a removal: it was invited again.</summary>
    public void ComeBack(RoomId room) => Actor.Do(() =>
    {
        var place = _places[room];
        place.IsOver = false;
        place.Denials = 0;
        Join(place);
    });

    private async Task RunAsync()
    {
        while (true)
        {
            if (_cluster.FindNode() is { } node)
            {
                _session++;
                _connection = SimulatedConnection.Open(_sim, node, _caller, _cluster.Scenario.Window, _cluster.Mutation, _cluster.Saw);
                foreach (var place in _places.Values)
                    Join(place);
                await ListenAsync(_connection);
                _connection.Cut();
                _connection = null;
                Note(at => new Disconnected(at, Name, _session));
            }

            await _sim.Delay(_sim.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(300)));
        }
    }

    private async Task ListenAsync(SimulatedConnection connection)
    {
        while (await connection.ReadAsync() is { } frame)
        {
            Take(frame);
            if (_cluster.IsHealed)
                continue;
            if (_sim.Chance(_cluster.Scenario.Disconnects))
                return;
            if (_sim.Chance(_cluster.Scenario.Pauses))
                await _sim.Delay(_sim.Between(TimeSpan.Zero, TimeSpan.FromSeconds(_sim.Pick([1, 4]))));
            Fidget(connection);
        }
    }

    /// <summary>What people do besides listening: type, look at another room and come back, open a room that is open already.</summary>
    private void Fidget(SimulatedConnection connection)
    {
        var place = _sim.Pick([.. _places.Values]);
        if (_sim.Chance(0.03))
            connection.Typing(place.Room);
        if (_sim.Chance(0.01))
            Join(place);
        if (_sim.Chance(0.01))
            connection.Leave(place.Room);
    }

    private void Join(Place place)
    {
        // One join at a time: the answer to a second one would come from a place chosen before the first was answered.
        if (place.IsOver || _connection is not { IsCut: false } connection || place.JoiningOn == connection)
            return;
        place.JoiningOn = connection;

        // Now and then from a little before: the server repeats, and we leave out what we have.
        if (place.Held is { Sequence: > 3 } held && _sim.Chance(0.2))
            connection.Join(place.Room, StartAt.Behind(held with { Sequence = held.Sequence - 2 }));
        else
            connection.Join(place.Room, place.Held is { } position ? StartAt.Behind(position) : place.Start);
    }

    private void JoinLater(Place place, TimeSpan wait)
    {
        // A refusal and a `left` that tell the same story are answered by one more join.
        if (place.JoinsLaterOn == _connection)
            return;
        var connection = place.JoinsLaterOn = _connection;
        Actor.After(wait, () =>
        {
            if (_connection == connection)
                Join(place);
            place.JoinsLaterOn = null;
        });
    }

    private void Take(byte[] frame)
    {
        using var document = JsonDocument.Parse(frame);
        var type = document.RootElement.GetProperty("type").GetString()!;
        var payload = document.RootElement.GetProperty("payload");
        switch (type)
        {
            case "joined":
                Joined(PlaceOf(payload), PositionOf(payload, "position"));
                break;
            case "gap":
                Gap(PlaceOf(payload), PositionOf(payload, "from"), PositionOf(payload, "to"), payload.GetProperty("reason").GetString()!);
                break;
            case "skipped":
                Skipped(PlaceOf(payload), PositionOf(payload, "from"), PositionOf(payload, "to"), payload.GetProperty("count").GetInt64());
                break;
            case "left":
                Left(PlaceOf(payload), payload.GetProperty("reason").GetString()!);
                break;
            case "error":
                Refused(document.RootElement, payload);
                break;
            case "typing":
                if (payload.GetProperty("user").GetProperty("id").GetString() == Name)
                    throw new InvalidDataException($"{Name} was told of its own typing.");
                _cluster.Saw("a typing signal");
                break;
            case "presence":
                _cluster.Saw("a presence signal");
                break;
            default:
                Event(RoomId.Parse(payload.GetProperty("roomId").GetString()!), _cluster.Entries.Of(payload, type, frame));
                break;
        }
    }

    private void Joined(Place place, Position position)
    {
        place.Denials = 0;
        place.JoiningOn = null;
        Note(at => new Subscribed(at, Name, _session, place.Room, position));
        place.Held ??= position;
    }

    private void Skipped(Place place, Position from, Position to, long count)
    {
        _cluster.Saw("a skip");
        Note(at => new SkipTold(at, Name, _session, place.Room, from, to, count));
        if (place.Held is not { } held || held.Epoch != to.Epoch || held.Sequence < to.Sequence)
            place.Held = to;
    }

    private void Gap(Place place, Position from, Position to, string reason)
    {
        _cluster.Saw($"a gap: {reason}");
        var kind = reason == Words.Of(GapReason.LostPast) ? GapReason.LostPast : GapReason.TooFarBehind;
        Note(at => new GapTold(at, Name, _session, place.Room, from, to, kind));
        place.Held = place.Held is { } held && held.Epoch == to.Epoch && held.Sequence > to.Sequence ? held : to;
    }

    private void Left(Place place, string reason)
    {
        _cluster.Saw($"left: {reason}");
        Note(at => new Ended(at, Name, place.Room));

        // A room that is gone may come again, and whoever was removed may have been invited meanwhile: ask once more.
        JoinLater(place, _sim.Between(TimeSpan.Zero, TimeSpan.FromSeconds(2)));
    }

    private void Refused(JsonElement frame, JsonElement payload)
    {
        var code = payload.GetProperty("code").GetString()!;
        _cluster.Saw($"a refused join: {code}");
        if (!frame.TryGetProperty("id", out var id))
            return;
        var place = _places[RoomId.Parse(id.GetString()!)];
        place.JoiningOn = null;

        // Only somebody who was removed believes a no; everybody else asks until the end, and is missed there.
        if (!payload.GetProperty("retryable").GetBoolean() && _cluster.IsRemoved(User, place.Room) && ++place.Denials >= 2)
        {
            place.IsOver = true;
            Note(at => new Ended(at, Name, place.Room));
            return;
        }

        JoinLater(place, TimeSpan.FromMilliseconds(700));
    }

    private void Event(RoomId room, Entry entry)
    {
        Note(at => new Delivered(at, Name, _session, room, entry));
        if (!_places.TryGetValue(room, out var place))
            return;
        if (place.Held is { } held && held.Epoch == entry.Position.Epoch && entry.Position.Sequence <= held.Sequence)
            return;
        place.Held = entry.Position;
        Note(at => new HandedOn(at, Name, place.Room, entry));
    }

    private Place PlaceOf(JsonElement payload) => _places[RoomId.Parse(payload.GetProperty("roomId").GetString()!)];

    private static Position PositionOf(JsonElement payload, string name) =>
        Position.TryParse(payload.GetProperty(name).GetString(), out var position) ? position : throw new InvalidDataException($"'{name}' is no position.");

    private void Note(Func<long, Record> make) => _cluster.History.Note(make);

    /// <summary>One room: how it was first joined, and what is held of it since.</summary>
    private sealed class Place(RoomId room, StartAt start)
    {
        public RoomId Room => room;

        public StartAt Start => start;

        public Position? Held { get; set; }

        /// <summary>The connection on which a join was sent and not answered yet.</summary>
        public SimulatedConnection? JoiningOn { get; set; }

        /// <summary>The connection on which another join is about to be sent.</summary>
        public SimulatedConnection? JoinsLaterOn { get; set; }

        /// <summary>Refusals in a row, after a removal.</summary>
        public int Denials { get; set; }

        public bool IsOver { get; set; }
    }
}
