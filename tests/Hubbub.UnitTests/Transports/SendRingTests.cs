using System.Net;
using System.Net.Sockets;
using System.Text;
using Hubbub.Core.Hub;
using Hubbub.Server.Transports.Loops;
using Xunit;

namespace Hubbub.UnitTests.Transports;

/// <summary>The kernel's ring of sends, on real sockets. It says for each what <c>send</c> would have said.</summary>
public sealed unsafe class SendRingTests : IDisposable
{
    private readonly List<Socket> _sockets = [];
    private readonly SendRing _ring;

    public SendRingTests()
    {
        _ring = SendRing.TryOpen(out var why) ?? throw new InvalidOperationException($"These tests need io_uring: {why}.");
    }

    public void Dispose()
    {
        _ring.Dispose();
        foreach (var socket in _sockets)
            socket.Dispose();
    }

    [Fact]
    public void A_ring_holds_a_whole_round() => Assert.True(Round.MaxWrites <= SendRing.Entries);

    [Fact]
    public void Every_reader_gets_all_of_it_and_again_through_the_same_ring()
    {
        Assert.True(SendRing.IsPermitted(out _));
        var readers = Enumerable.Range(0, SendRing.Entries).Select(_ => Connect()).ToArray();
        for (var round = 0; round < 5; round++)
        {
            var text = Encoding.ASCII.GetBytes($"This is round {round}.");
            var taken = Send(text, readers);
            Assert.All(taken, t => Assert.Equal(text.Length, t));
            Assert.All(readers, r => Assert.Equal(text, Read(r.Theirs, text.Length)));
        }
    }

    [Fact]
    public void A_kept_descriptor_is_sent_to_by_its_place_and_ends_when_it_was_let_go_and_closed()
    {
        (Socket Ours, Socket Theirs) first = Connect(), second = Connect();
        Assert.True(_ring.TryKeep(7, (int)first.Ours.Handle));
        Assert.True(_ring.TryKeep(3, (int)second.Ours.Handle));
        Assert.False(_ring.TryKeep(SendRing.MaxKept, (int)first.Ours.Handle));
        SendKept("Hello, first."u8, 7);
        SendKept("Hello, second."u8, 3);
        Assert.Equal("Hello, first."u8, Read(first.Theirs, 13));
        Assert.Equal("Hello, second."u8, Read(second.Theirs, 14));

        _ring.LetGo(7);
        first.Ours.Dispose();
        Assert.Equal(0, first.Theirs.Receive(new byte[1]));
        Assert.True(_ring.TryKeep(7, (int)second.Ours.Handle));
        SendKept("Hello again."u8, 7);
        Assert.Equal("Hello again."u8, Read(second.Theirs, 12));
    }

    [Fact]
    public void One_that_is_full_and_one_that_is_lost_are_told_apart_and_hold_up_nobody()
    {
        (Socket Ours, Socket Theirs) first = Connect(), full = Connect(), lost = Connect(), last = Connect();
        while (Send(new byte[65_536], full)[0] != 0)
        {
            // It takes what its buffers hold, the last time only a part.
        }

        lost.Theirs.LingerState = new LingerOption(enable: true, 0);
        lost.Theirs.Dispose();
        lost.Ours.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectError);

        var text = "Hello, everybody."u8.ToArray();
        Assert.Equal([text.Length, 0, -1, text.Length], Send(text, first, full, lost, last));
        Assert.Equal(text, Read(first.Theirs, text.Length));
        Assert.Equal(text, Read(last.Theirs, text.Length));
    }

    [Fact]
    public void What_is_taken_in_part_is_counted_to_the_byte()
    {
        var reader = Connect();
        var all = new byte[16 * 1024 * 1024];
        var taken = Send(all, reader)[0];
        Assert.InRange(taken, 1, all.Length - 1);

        // The reader's buffer may still grow for a moment, though nobody reads.
        for (var more = -1; more != 0; taken += more)
            more = Send(all, reader)[0];
        Assert.Equal(taken, Read(reader.Theirs, taken).Length);
        Assert.Equal(0, reader.Theirs.Available);
    }

    private int[] Send(byte[] bytes, params (Socket Ours, Socket Theirs)[] readers)
    {
        var taken = new int[readers.Length];
        fixed (byte* start = bytes)
        {
            for (var i = 0; i < readers.Length; i++)
                _ring.Prepare(i, (int)readers[i].Ours.Handle, isKept: false, start, bytes.Length);
            Assert.Equal(readers.Length, _ring.Send(taken));
        }

        return taken;
    }

    private void SendKept(ReadOnlySpan<byte> bytes, int place)
    {
        var taken = new int[1];
        fixed (byte* start = bytes)
        {
            _ring.Prepare(0, place, isKept: true, start, bytes.Length);
            Assert.Equal(1, _ring.Send(taken));
        }

        Assert.Equal([bytes.Length], taken);
    }

    private static byte[] Read(Socket socket, int length)
    {
        var read = new byte[length];
        for (var filled = 0; filled < length;)
        {
            var count = socket.Receive(read.AsSpan(filled));
            Assert.NotEqual(0, count);
            filled += count;
        }

        return read;
    }

    private (Socket Ours, Socket Theirs) Connect()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var theirs = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000 };
        theirs.Connect(listener.LocalEndPoint!);
        var ours = listener.Accept();
        ours.Blocking = false;
        _sockets.AddRange([theirs, ours]);
        return (ours, theirs);
    }
}
