using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.WebSockets;
using Hubbub.Server.Transports.WebSockets;

namespace Hubbub.Server.Transports.Loops;

/// <summary>
/// The loop carrier: one WebSocket over a plain socket, on its loop's thread alone. While it is idle it holds no buffer, task or timer: a descriptor, its feed's cursors and its client's
/// identity. Received bytes lie in the loop's inbox while they are acted on; only the rest of an unfinished frame is kept. What the kernel does not take stays a cursor's position.
/// </summary>
internal sealed partial class LoopConnection : ShardConnection, IWatched, IConnection, IDisposable
{
    private readonly EventLoop _loop;
    private readonly LoopServices _services;
    private readonly MessageReader _reader;
    private readonly ClientActs _acts;
    private readonly long _startedAt;

    // What was received and cannot be acted on yet: part of a frame, or what follows an act that waits.
    private byte[]? _rest;
    private int _restLength;

    private long _heardAt;
    private long _blockedAt;
    private long? _closingSince;
    private int _controlFrames;
    private uint _interest = Kernel.Readable;
    private State _state;

    public LoopConnection(int descriptor, EventLoop loop, LoopServices services, Caller? caller, Place place, PerMessageDeflate deflate)
        : base(services.Hub, loop, deflate)
    {
        Descriptor = descriptor;
        _loop = loop;
        _services = services;
        _reader = new MessageReader(Options.MaxFrameBytes, Options.MaxFragments, deflate.IsOn);
        _acts = new ClientActs(this, Feed, services.Acts, caller, place);
        _startedAt = _heardAt = Time.GetTimestamp();
    }

    [Flags]
    private enum State : byte
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
        Pinged = 16,
        CloseReceived = 32,

        /// <summary>It will be ended with the loop's turn.</summary>
        Dying = 64,
        Ended = 128,
    }

    public int Descriptor { get; }

    public int Slot { get; set; } = IWatched.Nowhere;

    /// <summary>Whether its loop's ring keeps the descriptor, under the number of the slot; the loop's to set.</summary>
    public bool IsKept { get; set; }

    private HubbubOptions Options => _services.Acts.Options;

    private TimeProvider Time => _services.Acts.Time;

    public void OnReady(uint events)
    {
        try
        {
            if ((events & Kernel.Writable) != 0)
                OnWritable();
            if ((events & (Kernel.Readable | Kernel.Broken)) != 0)
                Receive((events & Kernel.Broken) != 0);
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            Break(bug);
        }
    }

    /// <summary>Ends a connection that met a bug, with no further word: one must not end the loop that thousands live on.</summary>
    public override void Break(Exception bug)
    {
        LogBug(bug);
        _loop.Outbox.Clear();
        Die();
    }

    public void Tick()
    {
        _controlFrames = 0;
        var silence = Time.GetElapsedTime(_heardAt);
        if (IsBlocked && Time.GetElapsedTime(_blockedAt) > Options.SlowAfter)
        {
            // Its window is full, so nothing can be said to it: the connection just ends. It resumes at its positions.
            LogSlow();
            End();
            return;
        }

        if (silence > Options.DeadAfter || (_closingSince is { } closing && Time.GetElapsedTime(closing) > SocketRules.CloseTimeout))
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

        if (_closingSince is not null || IsOver)
            return;
        _closingSince = Time.GetTimestamp();
        if (code != CloseCode.Normal)
            Feed.Answer(Frame.Encoder.Closing(code, reason, retryAfter));
        CloseWith(Frame.Close(code, reason));
    }

    public void AskToMove(Frame reconnect) => Feed.Answer(reconnect);

    public void Shut() => End();

    public void Dispose() => End();

    /// <summary>Closes at once, without a word.</summary>
    public void End()
    {
        if (Has(State.Ended))
            return;
        Set(State.Ended);
        Lose();
        _loop.Dismiss(this);
        _ = Kernel.Close(Descriptor);
        Feed.Dispose();
        _reader.Dispose();
        DropRest();
        _acts.Leave();
    }

    public override unsafe int Send(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            return Kernel.SendNow(Descriptor, start, bytes.Length);
    }

    protected override void OnChanged()
    {
        if (IsOver || (HasClosed && Has(State.CloseReceived)))
            Die();

        // Of a broken stream the peer's close frame cannot be made out; but it waits for our end of the connection (RFC 6455 § 7.1.1), and then ends its own.
        else if (HasClosed)
            _ = Kernel.Shut(Descriptor, Kernel.SendingSide);
        if (IsBlocked)
            _blockedAt = Time.GetTimestamp();
        Watch();
    }

    protected override void OnOwnWritten()
    {
        if (!Has(State.Stalled) || Feed.AnswerBytes > SocketRules.MaxAnswerBytes)
            return;
        Unset(State.Stalled);
        if (!Has(State.Acting) && !IsOver)
            GoOn();
    }

    protected override void OnFailed(Exception e)
    {
        // The client lives, but its story cannot be told now: come back in a moment, here or elsewhere, at the same positions.
        if (e is StoreException)
            Close(CloseCode.Overloaded, Refusals.StoreUnavailable.Message, TimeSpan.FromSeconds(1));
        else
            Fail(e);
    }

    private bool Has(State any) => (_state & any) != 0;

    private void Set(State state) => _state |= state;

    private void Unset(State state) => _state &= ~state;

    private void Fail(Exception bug)
    {
        LogBug(bug);
        Close(CloseCode.InternalError, "a bug of ours");
    }

    /// <summary>Ends with the loop's turn: in the midst of a round over an audience nobody may leave it.</summary>
    private void Die()
    {
        Lose();
        if (Has(State.Dying | State.Ended))
            return;
        Set(State.Dying);
        _loop.EndLater(this);
    }

    private void Watch()
    {
        var mayReceive = !Has(State.Acting | State.Stalled | State.Silent);
        var interest = (mayReceive ? Kernel.Readable : 0) | (IsBlocked ? Kernel.Writable : 0);
        if (interest == _interest || Slot == IWatched.Nowhere)
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
}

/// <summary>What all connections of all loops need.</summary>
/// <param name="Hub">This node's.</param>
/// <param name="Connections">Counts them all, on both carriers.</param>
/// <param name="Acts">What a client's acts need.</param>
/// <param name="BelievesProxy">Whether a proxy's word for the scheme is taken, as it is for requests that Kestrel serves.</param>
/// <param name="Logger">For bugs, and for peers that were dropped.</param>
internal sealed record LoopServices(Hub Hub, Connections Connections, ActServices Acts, bool BelievesProxy, ILogger Logger)
{
    /// <summary>ASP.NET Core's own, in the environment as <c>ASPNETCORE_FORWARDEDHEADERS_ENABLED</c>.</summary>
    public const string ProxySetting = "ForwardedHeaders_Enabled";
}
