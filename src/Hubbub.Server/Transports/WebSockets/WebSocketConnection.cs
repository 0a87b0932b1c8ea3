using System.Buffers;
using System.IO.Pipelines;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;
using Hubbub.Protocol.WebSockets;
using Hubbub.Server.Auth;
using Microsoft.AspNetCore.Connections.Features;

namespace Hubbub.Server.Transports.WebSockets;

/// <summary>
/// The stream carrier: one WebSocket over the pipes of a connection of Kestrel's: a reading side that hands frames to <see cref="ClientActs"/>, and a pump that writes what its feed has. The two share the
/// feed and a few fields named below; each pipe is used by one of them.
/// </summary>
/// <remarks>
/// Most connections are idle, so what one holds while it waits counts: it reads and writes the connection's own pipes (behind TLS, the pipes of plain text), since the stream of an upgraded request
/// would keep two more state machines waiting for it, and ends waits by cancelling them in the pipes, since a token costs a registration for each.
/// </remarks>
internal sealed partial class WebSocketConnection : IConnection, IDisposable
{
    private const int ReceiveBuffer = 4 * 1024;

    /// <summary>One write's worth: a peer that takes this much within <see cref="HubbubOptions.SlowAfter"/> is slow, not stuck.</summary>
    private const int WriteSlice = 128 * 1024;

    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private readonly IConnectionLifetimeFeature _lifetime;
    private readonly HubbubOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PerMessageDeflate _deflate;
    private readonly MessageReader _reader;
    private readonly ClientActs _acts;
    private readonly Lock _lock = new();

    // Guarded by _lock: what the pump has to write beside the feed.
    private WaitingPongs _pongs;
    private bool _pingDue;
    private (CloseCode Code, string Reason)? _close;

    // Guarded by _lock: made when somebody needs them.
    private CancellationTokenSource? _ended;
    private ITimer? _closeTimeout;

    private volatile bool _isOver;

    // Written by one side, read by the ticking timer.
    private long _heardAt;
    private long _writingSince;
    private long _startedAt;
    private int _controlFrames;
    private bool _pinged;
    private bool _closeReceived;

    public WebSocketConnection(IDuplexPipe transport, IConnectionLifetimeFeature lifetime, Feed feed, Caller? caller, Place place, PerMessageDeflate deflate, ActServices services, ILogger logger)
    {
        _input = transport.Input;
        _output = transport.Output;
        _lifetime = lifetime;
        _options = services.Options;
        _time = services.Time;
        _logger = logger;
        Feed = feed;
        _deflate = deflate;
        _reader = new MessageReader(_options.MaxFrameBytes, _options.MaxFragments, deflate.IsOn);
        _acts = new ClientActs(this, feed, services, caller, place);
        _startedAt = _heardAt = _time.GetTimestamp();
    }

    public Feed Feed { get; }

    public bool IsOver => _isOver;

    /// <summary>Serves until either side closes. Does not throw for what a peer or the network does.</summary>
    public async Task RunAsync()
    {
        var pump = PumpAsync();
        try
        {
            await ReceiveAsync();

            // What was posted before the close is acknowledged before it, unless the store takes longer than a stopping node can wait.
            var answered = _acts.CompleteAsync();
            if (!answered.IsCompleted)
                await answered.WaitAsync(Ended());

            // The reading side is done: the pump writes what is left, and the close frame.
            Close(CloseCode.Normal, "");
        }
        catch (Exception e) when (SocketRules.IsDisconnect(e))
        {
            End();
        }
        catch (Exception e)
        {
            LogBug(e);
            Close(CloseCode.InternalError, "a bug of ours");
        }

        await pump;
        await LingerAsync();
    }

    public void Tick()
    {
        Volatile.Write(ref _controlFrames, 0);
        var writing = Volatile.Read(ref _writingSince);
        if (writing != 0 && _time.GetElapsedTime(writing) > _options.SlowAfter)
        {
            // Its window is full, so nothing can be said to it: the connection just ends. It resumes at its positions.
            LogSlow();
            Abort();
            return;
        }

        var silence = _time.GetElapsedTime(Volatile.Read(ref _heardAt));
        if (silence > _options.DeadAfter)
        {
            Abort();
            return;
        }

        if (silence > _options.PingAfter && !_pinged)
        {
            _pinged = true;
            lock (_lock)
                _pingDue = true;
            Feed.Wake();
        }

        _acts.Tick(_time.GetElapsedTime(_startedAt));
    }

    public void Close(CloseCode code, string reason, TimeSpan? retryAfter = null)
    {
        lock (_lock)
        {
            if (_close is not null)
                return;
            _close = (code, reason);
        }

        if (code != CloseCode.Normal)
            Feed.Answer(Frame.Encoder.Closing(code, reason, retryAfter));
        Feed.Wake();

        // From here on the peer has a moment to answer the close frame.
        lock (_lock)
        {
            if (!_isOver)
                _closeTimeout = _time.CreateTimer(static state => ((WebSocketConnection)state!).Abort(), this, SocketRules.CloseTimeout, Timeout.InfiniteTimeSpan);
        }
    }

    public void AskToMove(Frame reconnect) => Feed.Answer(reconnect);

    public void Dispose()
    {
        lock (_lock)
            _isOver = true;
        _acts.Leave();
        Feed.Dispose();
        _reader.Dispose();
        _closeTimeout?.Dispose();
        _ended?.Dispose();
    }

    /// <summary>Ends the connection without a word, and without waiting for a peer that takes nothing.</summary>
    private void Abort()
    {
        End();
        _lifetime.Abort();
    }

    /// <summary>Ends both sides' waits: nothing more is read or written. What Kestrel has taken already is still sent.</summary>
    private void End()
    {
        CancellationTokenSource? ended;
        lock (_lock)
        {
            if (_isOver)
                return;
            _isOver = true;
            ended = _ended;
        }

        // Either side may wait at the feed for the other (for its bell, or for answers to be written): when it is over, nobody will ring.
        _input.CancelPendingRead();
        _output.CancelPendingFlush();
        ended?.Cancel();
        Feed.Wake();
    }

    /// <summary>Cancelled when the connection is over. Made for the one who asks: hardly anybody waits for that.</summary>
    private CancellationToken Ended()
    {
        lock (_lock)
            return _isOver ? new CancellationToken(canceled: true) : (_ended ??= new CancellationTokenSource()).Token;
    }

    private async Task ReceiveAsync()
    {
        while (!_closeReceived)
        {
            // An idle connection waits without a buffer.
            var read = await _input.ReadAsync();
            var buffer = ArrayPool<byte>.Shared.Rent(ReceiveBuffer);
            try
            {
                (buffer, var open) = await ReceiveBurstAsync(read, buffer);
                if (!open)
                    return;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Takes in frames until the buffer holds no part of one. Returns the buffer, which may have grown, and whether to go on.</summary>
    private async ValueTask<(byte[] Buffer, bool Open)> ReceiveBurstAsync(ReadResult read, byte[] buffer)
    {
        var filled = 0;
        while (true)
        {
            filled += TakeBytes(read, buffer.AsSpan(filled));
            Volatile.Write(ref _heardAt, _time.GetTimestamp());
            _pinged = false;

            var start = 0;
            while (start < filled)
            {
                var kind = _reader.Read(buffer.AsMemory(start, filled - start), out var consumed, out var payload);
                if (kind == Received.Incomplete)
                    break;
                start += consumed;
                if (!await TakeAsync(kind, payload))
                    return (buffer, false);
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (_reader.Wanted > buffer.Length && filled > 0)
                buffer = Grow(buffer, filled, _reader.Wanted);
            if (filled == 0)
                return (buffer, true);
            read = await _input.ReadAsync();
        }
    }

    /// <summary>Moves what was read into a buffer; what does not fit is there for the next read.</summary>
    private int TakeBytes(ReadResult read, Span<byte> buffer)
    {
        var taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, buffer.Length));
        taken.CopyTo(buffer);
        var length = (int)taken.Length;
        _input.AdvanceTo(taken.End);
        if (_isOver)
            throw new OperationCanceledException("The connection has ended.");
        if (read.IsCompleted && length == 0)
            throw new IOException("The peer closed without a close frame.");
        return length;
    }

    private static byte[] Grow(byte[] buffer, int filled, int wanted)
    {
        // The head of the frame was checked: it is within the limit.
        var grown = ArrayPool<byte>.Shared.Rent(wanted);
        buffer.AsSpan(0, filled).CopyTo(grown);
        ArrayPool<byte>.Shared.Return(buffer);
        return grown;
    }

    private async ValueTask<bool> TakeAsync(Received kind, ReadOnlyMemory<byte> payload)
    {
        switch (kind)
        {
            case Received.Text:
                var goesOn = await _acts.TakeAsync(payload);
                _reader.Forget();
                while (Feed.AnswerBytes > SocketRules.MaxAnswerBytes && !_isOver)
                    await Feed.DrainedAsync();
                return goesOn;
            case Received.Ping or Received.Pong when Interlocked.Increment(ref _controlFrames) > SocketRules.MaxControlFrames:
                Close(CloseCode.PolicyViolation, "too many pings");
                return false;
            case Received.Ping:
                lock (_lock)
                    _pongs.Add(payload.Span);
                Feed.Wake();
                return true;
            case Received.Close:
                _closeReceived = true;
                return false;
            case Received.Violation:
                Close(_reader.ViolationCode, _reader.Violation);
                return false;
            default:
                return true;
        }
    }

    private async Task PumpAsync()
    {
        using var sink = new WebSocketSink(_deflate);
        try
        {
            while (!_isOver)
            {
                await Feed.WaitAsync();
                if (!await WriteOnceAsync(sink))
                    return;
            }
        }
        catch (Exception e) when (SocketRules.IsDisconnect(e))
        {
            End();
        }
        catch (StoreException)
        {
            // Its reader side lives, but its story cannot be told now: come back in a moment, here or elsewhere, at the same positions.
            await TryWriteCloseAsync(sink, CloseCode.Overloaded, Refusals.StoreUnavailable.Message, TimeSpan.FromSeconds(1));
        }
        catch (Exception e)
        {
            LogBug(e);
            await TryWriteCloseAsync(sink, CloseCode.InternalError, "a bug of ours", null);
        }
    }

    /// <summary>
    /// Reads on, and throws away, until the peer has closed too: a socket that is closed with unread bytes is reset, and the reset may overtake our close frame.
    /// </summary>
    private async Task LingerAsync()
    {
        try
        {
            while (!_closeReceived && !_isOver)
            {
                // Whatever it still says comes too late.
                var read = await _input.ReadAsync();
                _input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return;
            }
        }
        catch (Exception e) when (SocketRules.IsDisconnect(e))
        {
            // Gone, or out of time.
        }
    }

    /// <returns>False when the close frame was written: nothing follows it.</returns>
    private async ValueTask<bool> WriteOnceAsync(WebSocketSink sink)
    {
        WaitingPongs pongs;
        bool ping;
        (CloseCode Code, string Reason)? close;
        lock (_lock)
        {
            (pongs, _pongs) = (_pongs, default);
            (ping, _pingDue) = (_pingDue, false);
            close = _close;
        }

        await Feed.FillAsync(sink, CancellationToken.None);
        while (pongs.TryTake(out var pong))
            sink.Write(Frame.Control(Opcode.Pong, pong), null);
        if (ping)
            sink.Write(SocketRules.Ping, null);

        // A full sink means that answers may be left: the close frame waits for them.
        var closing = close is not null && Feed.AnswerBytes == 0;
        if (closing)
            sink.Write(Frame.Close(close!.Value.Code, close.Value.Reason), null);
        await FlushAsync(sink);
        return !closing;
    }

    private async ValueTask FlushAsync(WebSocketSink sink)
    {
        for (var left = sink.Written; left.Length > 0; left = left[Math.Min(left.Length, WriteSlice)..])
        {
            Volatile.Write(ref _writingSince, _time.GetTimestamp());
            var flushed = await _output.WriteAsync(left[..Math.Min(left.Length, WriteSlice)]);
            Volatile.Write(ref _writingSince, 0);
            if (flushed.IsCompleted || _isOver)
                throw new IOException("The connection has ended.");
        }

        sink.Clear();
    }

    private async Task TryWriteCloseAsync(WebSocketSink sink, CloseCode code, string reason, TimeSpan? retryAfter)
    {
        try
        {
            sink.Write(Frame.Answer(Frame.Encoder.Closing(code, reason, retryAfter)), null);
            sink.Write(Frame.Close(code, "see the closing frame"), null);
            await FlushAsync(sink);
        }
        catch (Exception e) when (SocketRules.IsDisconnect(e))
        {
            // It could not be told; it finds out by itself.
        }

        End();
    }

    [LoggerMessage(LogLevel.Error, "A WebSocket connection met a bug and was closed")]
    private partial void LogBug(Exception e);

    [LoggerMessage(LogLevel.Information, "A WebSocket peer took nothing for too long and was dropped; it can resume at its positions")]
    private partial void LogSlow();
}
