using Hubbub.Core.Hub;
using Hubbub.Protocol.WebSockets;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Simulation;

namespace Hubbub.UnitTests.Simulation;

/// <summary>A node's loop, as the server has one a core: rings make a turn, in a turn feeds come before audiences, and an audience is served in slices, here of a few writes only.</summary>
internal sealed class SimulatedShard(Simulator sim, SimulatedNode node, Action<string> saw) : IShard
{
    private readonly Queue<Feed> _feeds = new();
    private readonly Queue<Audience> _audiences = new();
    private readonly Round _round = new();
    private bool _isTurning;

    public Outbox Outbox { get; } = new();

    public void Send(ReadOnlySpan<ShardConnection> to, ReadOnlySpan<byte> bytes, Span<int> taken)
    {
        for (var i = 0; i < to.Length; i++)
            taken[i] = to[i].Send(bytes);
    }

    public void Ring(Feed feed)
    {
        _feeds.Enqueue(feed);
        Wake();
    }

    public void Ring(Audience audience)
    {
        _audiences.Enqueue(audience);
        Wake();
    }

    private void Wake()
    {
        if (_isTurning)
            return;
        _isTurning = true;
        node.Actor.Do(async () => await TurnAsync());
    }

    private async Task TurnAsync()
    {
        while (_feeds.Count + _audiences.Count > 0)
        {
            for (var left = _feeds.Count; left > 0; left--)
                _feeds.Dequeue().Connection!.WriteOwn();
            for (var left = _audiences.Count; left > 0; left--)
                Serve(_audiences.Dequeue());

            // Whatever comes now comes between two turns.
            await Task.Yield();
        }

        _isTurning = false;
    }

    private void Serve(Audience audience)
    {
        var writes = sim.Random.Next(1, 4);
        if (audience.Serve(_round, ref writes))
            return;
        saw("an audience that took several turns");
        _audiences.Enqueue(audience);
    }
}

/// <summary>
/// A connection on a simulated shard: between its ends lie a few hundred bytes, of which the kernel takes as many as it likes, so that frames are cut anywhere. The client's end is told frame by frame.
/// </summary>
internal sealed class SimulatedWire : ShardConnection
{
    private static readonly PerMessageDeflate Compressed =
        PerMessageDeflate.TryNegotiate([PerMessageDeflate.Name], out var agreed, out _) ? agreed : throw new InvalidOperationException("The plainest offer is taken.");

    private readonly Simulator _sim;
    private readonly SimulatedNode _node;
    private readonly int _capacity;
    private readonly Queue<byte> _inKernel = new();
    private readonly List<byte> _received = [];
    private readonly Func<byte[], Task> _arrive;
    private readonly Action _fail;
    private readonly Action<string> _saw;
    private readonly Func<byte[], byte[]> _compressed;
    private bool _isFlowing;
    private string _last = "";

    public SimulatedWire(Simulator sim, SimulatedNode node, Func<byte[], Task> arrive, Action fail, Mutation mutation, Action<string> saw)
        : base(node.Hub, node.Shard, sim.Chance(0.3) ? Compressed : default)
    {
        _sim = sim;
        _node = node;
        _arrive = arrive;
        _fail = fail;
        _saw = saw;
        _compressed = mutation.WrapCompressed();
        _capacity = sim.Random.Next(100, 2_000);
    }

    public override void Break(Exception bug) => _node.Actor.Do(() => throw new InvalidOperationException("A bug on a wire.", bug));

    public override int Send(ReadOnlySpan<byte> bytes)
    {
        var free = _capacity - _inKernel.Count;
        var taken = Math.Min(free, bytes.Length);
        if (_sim.Chance(0.1))
            taken = _sim.Random.Next(taken + 1);
        foreach (var b in bytes[..taken])
            _inKernel.Enqueue(b);
        if (taken < bytes.Length)
            _saw("a cut write");
        if (!_isFlowing)
        {
            _isFlowing = true;
            _node.Actor.Do(async () => await FlowAsync());
        }

        return taken;
    }

    protected override void OnChanged()
    {
        // The flow below sees for itself whether the connection is blocked.
    }

    protected override void OnOwnWritten()
    {
        // Nobody is held back here.
    }

    protected override void OnFailed(Exception e)
    {
        if (e is not Core.Log.StoreException)
            throw new InvalidOperationException("A bug on a wire.", e);
        _fail();
    }

    /// <summary>Carries bytes over until there are none, and lets the node write on.</summary>
    private async Task FlowAsync()
    {
        while (_inKernel.Count > 0 || IsBlocked)
        {
            await _sim.Delay(_sim.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(2)));
            while (_inKernel.TryDequeue(out var b))
                _received.Add(b);
            while (TakeFrame() is { } frame)
                await _arrive(frame);
            OnWritable();
            if (IsOver)
                break;
        }

        _isFlowing = false;
    }

    private byte[]? TakeFrame()
    {
        if (_received.Count < 2)
            return null;
        var (head, length) = _received[1] switch
        {
            < 126 => (2, _received[1]),
            126 when _received.Count >= 4 => (4, (_received[2] << 8) | _received[3]),
            126 => (4, int.MaxValue - 4),
            _ => throw new InvalidOperationException("Such long frames are not simulated."),
        };
        if (_received.Count < head + length)
            return null;
        var isCompressed = _received[0] == (0x81 | Deflated.Bit) && Deflate.IsOn;
        if (_received[0] != 0x81 && !isCompressed)
            throw new InvalidOperationException($"A frame begins with {_received[0]:X2}: the stream is garbled: {System.Text.Encoding.UTF8.GetString([.. _received.Take(300)])} after {_last}");
        var payload = _received.GetRange(head, length).ToArray();
        _received.RemoveRange(0, head + length);
        if (isCompressed)
        {
            _saw("a compressed frame");
            payload = Deflated.Unpack(_compressed(payload));
        }

        _last = System.Text.Encoding.UTF8.GetString(payload);
        return payload;
    }
}
