using System.Diagnostics;
using System.Runtime.InteropServices;
using Hubbub.Load.Wire;

namespace Hubbub.Load.Loop;

/// <summary>
/// A TCP connection on an event loop, plain or with TLS as its target asks. It receives into the loop's shared buffer and keeps only the unfinished rest of a
/// message, so an idle connection holds no buffer. Lives on its loop's thread.
/// </summary>
internal abstract unsafe class LoopConnection(EventLoop loop) : LoopHandler
{
    /// <summary>Bytes that wait for the peer to read; beyond this the connection closes itself.</summary>
    private const int MaxUnsent = 256 * 1024;

    private byte[] _rest = [];
    private int _restLength;
    private byte[] _unsent = [];
    private int _unsentLength;
    private Target? _target;
    private IChannel? _channel;
    private bool _isOpen;

    public bool IsClosed { get; private set; }

    /// <summary>
    /// Is called once: with null when the connection is ready for its work, or with the reason why it never will be.
    /// </summary>
    public Action<string?>? Settled { get; set; }

    /// <summary>The kernel's buffer for what was received and not read, in bytes; null leaves it to the kernel. To be set before connecting.</summary>
    public int? ReceiveBuffer { get; init; }

    /// <summary>The longest segment that the peer may send, in bytes; null leaves it to the kernel. To be set before connecting.</summary>
    public int? MaxSegment { get; init; }

    protected EventLoop Loop => loop;

    protected bool IsConnected => _isOpen;

    public void Connect(Target target)
    {
        var address = target.Address.Span;
        Descriptor = Kernel.Socket(target.Family, Kernel.StreamNonBlockingCloseOnExec, Kernel.ProtocolTcp);
        if (Descriptor < 0)
            throw new BenchmarkFailure($"A socket could not be opened: {Kernel.LastReason()}.");
        var on = 1;
        _ = Kernel.SetOption(Descriptor, Kernel.ProtocolTcp, Kernel.OptionNoDelay, &on, sizeof(int));
        if (ReceiveBuffer is { } size)
            _ = Kernel.SetOption(Descriptor, Kernel.LevelSocket, Kernel.OptionReceiveBuffer, &size, sizeof(int));
        if (MaxSegment is { } segment)
            _ = Kernel.SetOption(Descriptor, Kernel.ProtocolTcp, Kernel.OptionMaxSegment, &segment, sizeof(int));
        _target = target;
        int result;
        fixed (byte* at = address)
            result = Kernel.Connect(Descriptor, at, (uint)address.Length);
        var error = result == 0 ? 0 : Marshal.GetLastPInvokeError();
        loop.Add(this, Kernel.Readable | Kernel.Writable);
        if (error != 0 && error != Kernel.InProgress)
            Close(Kernel.Reason(error));
    }

    public override void OnReady(uint events)
    {
        if (IsClosed)
            return;
        if (!_isOpen && !FinishOpening())
            return;
        if ((events & Kernel.Writable) != 0 && _unsentLength > 0)
            SendRest();
        if ((events & (Kernel.Readable | Kernel.Broken)) != 0 && !IsClosed)
            Receive();
    }

    /// <summary>Sends what the kernel takes now and keeps the rest until it takes more. Not before the connection is open.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        if (IsClosed)
            return;
        var sent = _unsentLength == 0 ? SendNow(bytes) : 0;
        if (sent < 0 || sent == bytes.Length)
            return;
        if (_unsentLength + bytes.Length - sent > MaxUnsent)
        {
            Close($"the server left {MaxUnsent / 1024} KiB unread");
            return;
        }
        if (_unsentLength == 0)
            loop.Change(this, Kernel.Readable | Kernel.Writable);
        Append(ref _unsent, ref _unsentLength, bytes[sent..]);
    }

    /// <summary>Closes once; later calls do nothing.</summary>
    public void Close(string reason)
    {
        if (IsClosed)
            return;
        IsClosed = true;
        loop.Remove(this);
        _channel?.Close();
        _ = Kernel.Close(Descriptor);
        Descriptor = -1;
        Settle(reason);
        OnClosed(reason);
    }

    /// <summary>Leaves everything that comes in the kernel, as a peer does that has stopped reading.</summary>
    public void StopReading() => loop.Ignore(this);

    public void ReadOn() => loop.Watch(this, Kernel.Readable);

    public override void Shut() => Close("the run is over");

    /// <summary>Tells whoever opened the connection how that ended; later calls do nothing.</summary>
    protected void Settle(string? failure)
    {
        var settled = Settled;
        Settled = null;
        settled?.Invoke(failure);
    }

    protected abstract void OnConnected();

    /// <summary>
    /// Reads as many whole messages as <paramref name="bytes"/> holds and returns how many bytes they took; the rest comes
    /// again with more behind it. <paramref name="now"/> is the time just after the bytes were received.
    /// </summary>
    protected abstract int OnBytes(Span<byte> bytes, long now);

    protected abstract void OnClosed(string reason);

    /// <summary>True when the connection is open and may be read.</summary>
    private bool FinishOpening()
    {
        if (_channel is null)
        {
            int error;
            var length = (uint)sizeof(int);
            if (Kernel.GetOption(Descriptor, Kernel.LevelSocket, Kernel.OptionError, &error, &length) < 0 || error != 0)
            {
                Close(Kernel.Reason(error));
                return false;
            }
            _channel = _target!.OpenChannel(Descriptor);
        }
        var opened = _channel.Open();
        if (opened < 0)
        {
            Close(_channel.EndReason);
            return false;
        }
        _isOpen = opened > 0;
        loop.Change(this, _isOpen ? Kernel.Readable : _channel.Awaited);
        if (_isOpen)
            OnConnected();
        return _isOpen && !IsClosed;
    }

    private void Receive()
    {
        // One recv per report: what is left makes the kernel report again, and the usual second call that only says
        // "nothing more" is saved. What a channel has already taken out of the kernel is not reported again.
        while (ReceiveOnce() && _channel!.HoldsMore)
        {
        }
    }

    /// <summary>True if there was something and the connection still is open.</summary>
    private bool ReceiveOnce()
    {
        var inbox = loop.Inbox;
        _rest.AsSpan(0, _restLength).CopyTo(inbox);
        var count = _channel!.Receive(inbox.AsSpan(_restLength));
        if (count <= 0)
        {
            if (count < 0)
                Close(_channel.EndReason);
            return false;
        }
        var bytes = inbox.AsSpan(0, _restLength + count);
        int used;
        try
        {
            used = OnBytes(bytes, Stopwatch.GetTimestamp());
        }
        catch (WireFault fault)
        {
            Close(fault.Message);
            return false;
        }
        if (!IsClosed)
            KeepRest(bytes[used..]);
        return !IsClosed;
    }

    private void KeepRest(ReadOnlySpan<byte> rest)
    {
        if (rest.Length == loop.Inbox.Length)
        {
            Close($"one message is longer than {rest.Length / 1024} KiB");
            return;
        }
        _restLength = 0;
        if (rest.Length > 0)
            Append(ref _rest, ref _restLength, rest);
    }

    private void SendRest()
    {
        var sent = SendNow(_unsent.AsSpan(0, _unsentLength));
        if (sent < 0)
            return;
        _unsent.AsSpan(sent, _unsentLength - sent).CopyTo(_unsent);
        _unsentLength -= sent;
        if (_unsentLength == 0)
            loop.Change(this, Kernel.Readable);
    }

    /// <summary>How many bytes were taken; −1 when the connection was found broken and is closed.</summary>
    private int SendNow(ReadOnlySpan<byte> bytes)
    {
        var count = _channel!.Send(bytes);
        if (count < 0)
            Close(_channel.EndReason);
        return count;
    }

    private static void Append(ref byte[] buffer, ref int length, ReadOnlySpan<byte> bytes)
    {
        if (buffer.Length < length + bytes.Length)
            Array.Resize(ref buffer, Math.Max(512, (length + bytes.Length) * 2));
        bytes.CopyTo(buffer.AsSpan(length));
        length += bytes.Length;
    }
}
