using System.Net.Sockets;
using System.Text;
using Hubbub.Load;
using Hubbub.Load.Checks;
using Hubbub.Load.Listening;
using Hubbub.Load.Loop;
using Hubbub.Load.Wire;
using Xunit;

namespace Hubbub.UnitTests.Load;

/// <summary>A real listener on a real loop, against a server that says what the test wants.</summary>
public sealed class RoomListenerTests : IAsyncLifetime, IDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(20));
    private readonly Listener _server = new();
    private readonly LoopSet _loops = new();
    private readonly Findings _findings = new();
    private readonly ListenerGroup _group;
    private readonly EventLoop _loop;
    private Socket _socket = null!;
    private RoomListener _listener = null!;

    public RoomListenerTests()
    {
        _group = new ListenerGroup("run"u8.ToArray(), 1000, _findings) { Begin = 0, End = long.MaxValue };
        _loop = _loops.Start("test");
    }

    public async Task InitializeAsync()
    {
        var target = await Target.FindAsync(_server.Address, _deadline.Token);
        var open = Ramp.OpenAsync(_loop, target, 1, _ =>
        {
            _listener = new RoomListener(_loop, target, "token", "r", 0, _group);
            _group.Listeners.Add(_listener);
            return _listener;
        }, () => { }, _deadline.Token);
        _socket = await _server.AcceptWebSocketAsync(_deadline.Token);
        await SayAsync("""{"type":"welcome","payload":{"user":{"id":"g","name":"n"}}}""");
        await SayAsync("""{"type":"joined","id":1,"payload":{"roomId":"r","name":"r","position":"000000ab:1","head":1}}""");
        await open;
    }

    public async Task DisposeAsync() => await _loops.DisposeAsync();

    public void Dispose()
    {
        _socket.Dispose();
        _server.Dispose();
        _deadline.Dispose();
    }

    [Fact]
    public async Task Events_in_order_are_delivered_and_nothing_is_found()
    {
        await SayAsync(Posted(2, 0), Posted(3, 1), """{"type":"room_renamed","payload":{"roomId":"r","sequence":4,"id":"000000ab:4","name":"x"}}""");

        await HeardAsync(4);
        Assert.True(_findings.None);
        Assert.Equal(2, _group.Deliveries);
        Assert.Equal((2, 3, 0), (_group.SequenceOf(0), _group.SequenceOf(1), _group.SequenceOf(2)));
        Assert.Equal(2, _group.Latency.Count);
    }

    [Fact]
    public async Task Frames_that_arrive_byte_by_byte_and_fragmented_are_put_together()
    {
        var second = Encoding.UTF8.GetBytes(Posted(3, 1));
        byte[] bytes =
        [
            .. SocketFrameTests.ServerFrame(Posted(2, 0)),
            0x01, 100, .. second.AsSpan(0, 100),
            0x89, 0,
            0x80, (byte)(second.Length - 100), .. second.AsSpan(100),
        ];
        foreach (var octet in bytes)
            await _socket.SendAsync(new[] { octet }, _deadline.Token);

        await HeardAsync(3);
        Assert.True(_findings.None);
        Assert.Equal(2, _group.Deliveries);
    }

    [Fact]
    public async Task A_repeated_event_is_a_duplicate()
    {
        await SayAsync(Posted(2, 0), Posted(2, 0), Posted(3, 1));

        await HeardAsync(3);
        Assert.Equal(1, _findings.Count(Anomaly.Duplicate));
    }

    [Fact]
    public async Task A_missing_event_is_a_skip_and_an_old_one_nonmonotonic()
    {
        await SayAsync(Posted(2, 0), Posted(5, 3), Posted(3, 1), Posted(6, 4));

        await HeardAsync(6);
        Assert.Equal(2, _findings.Count(Anomaly.Skip));
        Assert.Equal(1, _findings.Count(Anomaly.Nonmonotonic));
    }

    [Fact]
    public async Task The_same_message_under_two_sequences_is_a_duplicate()
    {
        await SayAsync(Posted(2, 0), Posted(3, 0));

        await HeardAsync(3);
        Assert.Equal(1, _findings.Count(Anomaly.Duplicate));
    }

    [Fact]
    public async Task An_event_of_another_epoch_is_a_contradiction()
    {
        await SayAsync(Posted(2, 0).Replace("000000ab:2", "000000cd:2", StringComparison.Ordinal));

        await HeardAsync(2);
        Assert.Equal(1, _findings.Count(Anomaly.Contradiction));
    }

    [Fact]
    public async Task A_connection_that_the_server_ends_is_reported_with_its_farewell()
    {
        await SayAsync("""{"type":"closing","payload":{"code":4001,"reason":"slow_consumer"}}""");
        await _socket.SendAsync(new byte[] { 0x88, 2, 0x0F, 0xA1 }, _deadline.Token);

        while (!await _loop.AskAsync(() => _listener.IsClosed))
            _deadline.Token.ThrowIfCancellationRequested();
        Assert.Equal(1, _findings.Count(Anomaly.Disconnected));
        Assert.Contains("4001", _findings.Summary);
    }

    [Fact]
    public async Task The_audit_misses_what_one_listener_did_not_hear_and_what_nobody_heard()
    {
        await SayAsync(Posted(2, 0), Posted(3, 1));
        await HeardAsync(3);
        var ledger = new AckLedger(1, 1);
        ledger.Acknowledge(0, 0, 0, 2, 0xab);
        ledger.Acknowledge(0, 0, 1, 3, 0xab);
        Assert.True(await _loop.AskAsync(() => DeliveryAudit.HasHeard(_group, 3)));
        await _loop.AskAsync(() => DeliveryAudit.Check(_group, ledger, 3, _findings));
        Assert.True(_findings.None);

        ledger.Acknowledge(0, 0, 2, 4, 0xab);
        Assert.False(await _loop.AskAsync(() => DeliveryAudit.HasHeard(_group, 4)));
        await _loop.AskAsync(() => DeliveryAudit.Check(_group, ledger, 4, _findings));
        Assert.Equal(2, _findings.Count(Anomaly.Unobserved));
    }

    private static string Posted(long sequence, int number)
    {
        var text = new byte[40];
        text.AsSpan().Fill((byte)'x');
        Stamp.WriteText(text, 1, number);
        var stamped = Encoding.ASCII.GetString(text);
        return $$$"""
            {"type":"message","payload":{"roomId":"r","sequence":{{{sequence}}},"id":"000000ab:{{{sequence}}}",
            "sender":{"id":"g","name":"n"},"message":"{{{stamped}}}","key":"run-00000-{{{number:d8}}}"}}
            """;
    }

    private async Task SayAsync(params string[] frames)
    {
        foreach (var frame in frames)
            await _socket.SendAsync(SocketFrameTests.ServerFrame(frame), _deadline.Token);
    }

    private async Task HeardAsync(long sequence)
    {
        while (await _loop.AskAsync(() => _listener.Last) < sequence)
            _deadline.Token.ThrowIfCancellationRequested();
    }
}
