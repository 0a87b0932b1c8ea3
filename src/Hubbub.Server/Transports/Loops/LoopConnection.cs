using Hubbub.Core.Hub;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.WebSockets;
using Hubbub.Server.Transports.WebSockets;

namespace Hubbub.Server.Transports.Loops;

/// <summary>
/// The loop carrier: one WebSocket over a plain socket, on its loop's thread alone. While it is idle it holds no buffer, task or timer: a descriptor, its feed's cursors and its client's
/// identity. Received bytes lie in the loop's inbox while they are acted on; only the rest of an unfinished frame is kept. What the kernel does not take stays a cursor's position.
/// </summary>
internal sealed partial class LoopConnection : Watched, IWebSocket, IShardConnection, IDisposable
{
    private readonly EventLoop _loop;
    private readonly LoopServices _services;
    private readonly MessageReader _reader;
    private readonly ClientActs _acts;
    private readonly long _startedAt;

    // What was received and cannot be acted on yet: part of a frame, or what follows an act that waits.
    private byte[]? _rest;
    private int _restLength;

    // The frame of which the kernel took only a part.
    private Frame? _cut;
    private int _cutOffset;

    private byte[]? _pong;
    private Closing? _closing;
    private long _heardAt;
    private long _blockedAt;
    private int _controlFrames;
    private uint _interest = Kernel.Readable;
    private State _state;

    public LoopConnection(int descriptor, EventLoop loop, LoopServices services, Caller? caller)
        : base(descriptor)
    {
        _loop = loop;
        _services = services;
        Feed = services.Hub.OpenFeed(this);
        _reader = new MessageReader(Options.MaxFrameBytes, Options.MaxFragments);
        _acts = new ClientActs(this, Feed, services.Acts, caller);
        _startedAt = _heardAt = Time.GetTimestamp();
    }

    [Flags]
    private enum State : ushort
    {
        None = 0,

        /// <summary>An act waits for the store; nothing further is acted on before it.</summary>
        Acting = 1,

        /// <summary>Too many answers wait: nothing is received before they are taken.</summary>
        Stalled = 2,

        /// <summary>Nothing of what comes is acted on any more.</summary>
        Deaf = 4,

        /// <summary>The peer says nothing more: it has closed its side.</summary>
        Silent = 8,

        /// <summary>The kernel has not taken all of a write.</summary>
        Blocked = 16,

        /// <summary>A page from the store is on its way.</summary>
        Reading = 32,
        Pinged = 64,
        CloseReceived = 128,

        /// <summary>The close frame is among the answers, or on its way; nothing follows it.</summary>
        CloseQueued = 256,
        CloseWritten = 512,

        /// <summary>It is over, and ends with the loop's turn.</summary>
        Dead = 1024,
        Ended = 2048,
    }

    public Feed Feed { get; }

    public IShard Shard => _loop;

    public bool CanTake => (_state & (State.Blocked | State.CloseQueued | State.Dead)) == 0;

    /// <summary>Never cancelled: whatever waits for a store comes back to the loop, finds the connection over, and does no harm.</summary>
    public CancellationToken Ended => CancellationToken.None;

    private HubbubOptions Options => _services.Acts.Options;

    private TimeProvider Time => _services.Acts.Time;

    public override void OnReady(uint events)
    {
        try
        {
            if ((events & Kernel.Writable) != 0)
                WriteOwn(isWritable: true);
            if ((events & (Kernel.Readable | Kernel.Broken)) != 0)
                Receive((events & Kernel.Broken) != 0);
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            // One connection's bug must not end the loop that thousands live on.
            Fail(bug);
        }
    }

    public override void Tick()
    {
        _controlFrames = 0;
        var silence = Time.GetElapsedTime(_heardAt);
        if (Has(State.Blocked) && Time.GetElapsedTime(_blockedAt) > Options.SlowAfter)
        {
            // Its window is full, so nothing can be said to it: the connection just ends. It resumes at its positions.
            LogSlow();
            End();
            return;
        }

        if (silence > Options.DeadAfter || (_closing is { } closing && Time.GetElapsedTime(closing.At) > SocketRules.CloseTimeout))
        {
            End();
            return;
        }

        if (silence > Options.PingAfter && !Has(State.Pinged))
        {
            Set(State.Pinged);
            Feed.Answer(SocketRules.Ping);
        }

        _acts.Tick(Time.GetElapsedTime(_startedAt));
    }

    /// <summary>From any thread.</summary>
    public void Close(CloseCode code, string reason, TimeSpan? retryAfter = null)
    {
        if (!_loop.IsCurrent)
        {
            _loop.Post(_ => Close(code, reason, retryAfter), null);
            return;
        }

        if (_closing is not null || Has(State.Dead))
            return;
        _closing = new Closing(code, reason, Time.GetTimestamp());
        if (code != CloseCode.Normal)
            Feed.Answer(Frame.Encoder.Closing(code, reason, retryAfter));
        Feed.Wake();
    }

    public override void Shut() => End();

    public void Dispose() => End();

    /// <summary>Closes at once, without a word.</summary>
    public void End()
    {
        if (Has(State.Ended))
            return;
        Set(State.Ended | State.Dead);
        _loop.Forget(this);
        _ = Kernel.Close(Descriptor);
        Feed.Dispose();
        _reader.Dispose();
        DropRest();
        _cut = null;
        _services.Connections.Leave();
    }

    private bool Has(State state) => (_state & state) != 0;

    private void Set(State state) => _state |= state;

    private void Unset(State state) => _state &= ~state;

    private void Fail(Exception bug)
    {
        LogBug(bug);
        Close(CloseCode.InternalError, "a bug of ours");
    }

    /// <summary>The connection is lost; whoever is in the midst of something finds out by itself.</summary>
    private void Die()
    {
        if (Has(State.Dead))
            return;
        Set(State.Dead);
        _loop.EndLater(this);
    }

    private void Watch()
    {
        var mayReceive = !Has(State.Acting | State.Stalled | State.Silent);
        var interest = (mayReceive ? Kernel.Readable : 0) | (Has(State.Blocked) ? Kernel.Writable : 0);
        if (interest == _interest || Has(State.Ended))
            return;
        _interest = interest;
        _loop.Change(this, interest);
    }

    [LoggerMessage(LogLevel.Error, "A WebSocket connection met a bug and was closed")]
    private static partial void LogBug(ILogger logger, Exception e);

    [LoggerMessage(LogLevel.Information, "A WebSocket peer took nothing for too long and was dropped; it can resume at its positions")]
    private static partial void LogSlow(ILogger logger);

    private void LogBug(Exception e) => LogBug(_services.Logger, e);

    private void LogSlow() => LogSlow(_services.Logger);

    private sealed record Closing(CloseCode Code, string Reason, long At);
}

/// <summary>What all connections of all loops need.</summary>
internal sealed record LoopServices(Hub Hub, Connections Connections, ActServices Acts, ILogger Logger);
