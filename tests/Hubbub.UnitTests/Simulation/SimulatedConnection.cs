using System.Threading.Channels;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;
using Hubbub.TestKit.Simulation;

namespace Hubbub.UnitTests.Simulation;

/// <summary>
/// One client's connection to one node: at the node's end a feed, a pump or a shard, and a queue of requests, as the WebSocket has them; between the ends a small buffer, so that a client that
/// does not read holds its pump back. It can be cut at any moment; what is under way is lost then.
/// </summary>
internal sealed class SimulatedConnection
{
    private readonly Simulator _sim;
    private readonly SimulatedNode _node;
    private readonly Caller _caller;
    private readonly WireSink _sink;
    private readonly Mutation _mutation;
    private readonly IFrameSink _written;
    private readonly SimulatedWire? _wire;
    private readonly Feed _feed;
    private readonly Channel<byte[]> _down;
    private readonly Channel<Func<Task>> _up = Channel.CreateUnbounded<Func<Task>>();
    private readonly CancellationTokenSource _ended = new();
    private readonly IDisposable _whenNodeDies;
    private readonly Action<string> _saw;

    private SimulatedConnection(Simulator sim, SimulatedNode node, Caller caller, int window, Mutation mutation, Action<string> saw)
    {
        _sim = sim;
        _node = node;
        _caller = caller;
        _sink = new WireSink(sim, window);
        _mutation = mutation;
        _saw = saw;
        _written = mutation.Wrap(_sink);
        _down = Channel.CreateBounded<byte[]>(window);
        if (sim.Chance(0.5))
            _wire = new SimulatedWire(sim, node, ArriveAsync, FailOnWire, mutation, saw);
        _feed = _wire?.Feed ?? node.Hub.OpenFeed();
        _feed.Identify(caller.User);
        _whenNodeDies = node.OnLost(Cut);
    }

    public bool IsCut { get; private set; }

    public static SimulatedConnection Open(Simulator sim, SimulatedNode node, Caller caller, int window, Mutation mutation, Action<string> saw)
    {
        var connection = new SimulatedConnection(sim, node, caller, window, mutation, saw);
        if (connection._wire is null)
            node.Actor.Do(async () => await connection.PumpAsync());
        node.Actor.Do(async () => await connection.ServeAsync());
        return connection;
    }

    /// <summary>The client's end: the next frame, or null when the connection is gone.</summary>
    public async Task<byte[]?> ReadAsync()
    {
        while (!IsCut && await _down.Reader.WaitToReadAsync())
        {
            if (!IsCut && _down.Reader.TryRead(out var frame))
                return frame;
        }

        return null;
    }

    public void Join(RoomId room, StartAt start) => Send(() => JoinAsync(room, start));

    public void Leave(RoomId room) => Send(() =>
    {
        _feed.Leave(room, default);
        return Task.CompletedTask;
    });

    public void Typing(RoomId room) => Send(async () => await _node.Conversation.TypingAsync(_caller, room, _ended.Token));

    /// <summary>Ends the connection from either side. The client knows at once; the node, if it lives, a moment later.</summary>
    public void Cut()
    {
        if (IsCut)
            return;
        IsCut = true;
        _whenNodeDies.Dispose();
        _down.Writer.TryComplete();
        _node.Actor.After(_sim.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(50)), () =>
        {
            _ended.Cancel();
            _up.Writer.TryComplete();
            _wire?.Lose();
            _feed.Dispose();
        });
    }

    private void Send(Func<Task> request) => _up.Writer.TryWrite(request);

    /// <summary>The node's end: one request after the other.</summary>
    private async Task ServeAsync()
    {
        while (await _up.Reader.WaitToReadAsync())
        {
            while (_up.Reader.TryRead(out var request))
            {
                try
                {
                    await request();
                }
                catch (StoreException)
                {
                    _feed.Answer(Frame.Encoder.Error(default, Refusals.StoreUnavailable));
                }
                catch (OperationCanceledException) when (_ended.IsCancellationRequested)
                {
                    return;
                }
            }
        }
    }

    private async Task JoinAsync(RoomId room, StartAt start)
    {
        Refusal? refusal;
        try
        {
            refusal = await _node.Rooms.ListenAsync(_feed, _caller, room, start, new FrameId(room.Value), _ended.Token);
        }
        catch (UnjudgedReadingException)
        {
            // It was told that it has joined, so it must hear that it has to come back.
            _saw("a reading that could not be judged");
            Cut();
            return;
        }
        catch (StoreException)
        {
            refusal = Refusals.StoreUnavailable;
        }

        if (refusal is not null)
            _feed.Answer(Frame.Encoder.Error(new FrameId(room.Value), refusal));
    }

    private async Task PumpAsync()
    {
        while (!IsCut)
        {
            await _feed.WaitAsync();
            try
            {
                await _feed.FillAsync(_written, _ended.Token);
            }
            catch (StoreException)
            {
                // Some carriers close the connection, others ask again.
                if (_sim.Chance(0.5))
                {
                    Cut();
                    return;
                }

                await _sim.Delay(TimeSpan.FromMilliseconds(100));
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                return;
            }

            if (_mutation.LosesRingsOfFullSinks && _sink.IsFull)
                await _feed.WaitAsync();
            foreach (var frame in _sink.Take())
                await ArriveAsync(frame);
        }
    }

    private async Task ArriveAsync(byte[] frame)
    {
        while (!IsCut && !_down.Writer.TryWrite(frame))
            await _down.Writer.WaitToWriteAsync();
    }

    /// <summary>Some carriers close the connection, others ask again.</summary>
    private void FailOnWire()
    {
        if (_sim.Chance(0.5))
            Cut();
    }

    /// <summary>Holds what a carrier's buffer would hold.</summary>
    private sealed class WireSink(Simulator sim, int window) : IFrameSink
    {
        private readonly List<byte[]> _frames = [];

        public bool IsFull => _frames.Count >= window;

        public void Write(Frame frame, Subscription? subscription)
        {
            if (frame.Event is { } e && subscription is not null && subscription.Position != e.Position)
                throw new InvalidOperationException($"A subscription at {subscription.Position} was handed {e.Position}.");

            // Formats are made when first asked for; that must change nothing for anybody.
            if (sim.Chance(0.05) && frame.ServerSentEvent.IsEmpty)
                throw new InvalidOperationException("An event stream got nothing.");
            _frames.Add(frame.Json.ToArray());
        }

        public byte[][] Take()
        {
            var taken = _frames.ToArray();
            _frames.Clear();
            return taken;
        }
    }
}
