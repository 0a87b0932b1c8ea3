using BenchmarkDotNet.Attributes;
using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hubbub.MicroBenchmarks;

/// <summary>
/// One event to a thousand listeners' buffers: delivered on the lane, every feed rung and filled. Divide by 1000 for a delivery without its system call. The
/// allocation column is for the event (its frame, made once), none is per listener.
/// </summary>
[MemoryDiagnoser]
public class LaneBenchmarks
{
    private const int Listeners = 1000;

    private CountingSink _sink = new(default);
    private readonly Feed[] _feeds = new Feed[Listeners];
    private readonly RoomEvent[] _next = new RoomEvent[1];
    private Hub _hub = null!;
    private long _sequence = 1;

    /// <summary>Whether the listeners have agreed to compression: then it is part of the event's cost, once.</summary>
    [Params(false, true)]
    public bool Deflate { get; set; }

    [GlobalSetup]
    public async Task JoinAsync()
    {
        if (Deflate && PerMessageDeflate.TryNegotiate([PerMessageDeflate.Name], out var agreed, out _))
            _sink = new CountingSink(agreed);
        var store = new InMemoryStore(TimeProvider.System);
        await store.AppendAsync(
            [new(Samples.Room, Samples.Ada, Samples.Time, null, new RoomCreated("Room", Visibility.Public), Samples.Epoch)], CancellationToken.None);
        var room = (await store.FindAsync(Samples.Room, CancellationToken.None))!;
        var options = new HubOptions { SweepInterval = TimeSpan.FromDays(1) };
        _hub = new Hub(store, new InMemoryBroker.Exchange().Connect(), options, TimeProvider.System, NullLogger<Hub>.Instance);
        for (var i = 0; i < Listeners; i++)
        {
            _feeds[i] = _hub.OpenFeed();
            _feeds[i].Identify(new User(UserId.Parse($"user-{i}"), $"user {i}"));
            await _feeds[i].JoinAsync(room, StartAt.Head, default, CancellationToken.None);
            await _feeds[i].FillAsync(_sink, CancellationToken.None);
        }
    }

    [Benchmark(OperationsPerInvoke = Listeners)]
    public async ValueTask<long> Deliver_to_a_thousand_feeds()
    {
        _next[0] = Samples.Event(++_sequence);
        _hub.Deliver(_next);
        foreach (var feed in _feeds)
            await feed.FillAsync(_sink, CancellationToken.None);
        return _sink.Bytes;
    }

    private sealed class CountingSink(PerMessageDeflate agreed) : IFrameSink
    {
        public long Bytes { get; private set; }

        public bool IsFull => false;

        public void Write(Frame frame, Subscription? subscription) => Bytes += frame.WebSocketFor(agreed).Length;
    }
}
