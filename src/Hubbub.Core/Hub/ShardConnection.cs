using System.Diagnostics.CodeAnalysis;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Protocol.WebSockets;

namespace Hubbub.Core.Hub;

/// <summary>
/// The writing side of a WebSocket on a shard, without any I/O of its own, so that the simulation and the production code write alike. Most deliveries come from an audience
/// (<see cref="Audience.Serve"/>); answers and catching up go through <see cref="WriteOwn"/>. What the kernel does not take stays a cursor's position; only the rest of a cut frame is held, by reference.
/// </summary>
/// <remarks>On the shard's thread, all of it. Derived classes say what sending means.</remarks>
public abstract class ShardConnection
{
    /// <summary>Pages that one connection may read in a turn while others wait.</summary>
    private const int PagesPerTurn = 4;

    private Frame? _cut;
    private int _cutOffset;
    private WaitingPongs _pongs;
    private Frame? _close;
    private Stage _stage;

    protected ShardConnection(Hub hub, IShard shard, PerMessageDeflate deflate = default)
    {
        ArgumentNullException.ThrowIfNull(hub);
        Shard = shard;
        Deflate = deflate;
        Feed = hub.OpenFeed(this);
    }

    [Flags]
    private enum Stage : byte
    {
        None = 0,

        /// <summary>The kernel has not taken all of a write.</summary>
        Blocked = 1,

        /// <summary>A page from the store is on its way.</summary>
        Reading = 2,

        /// <summary>The close frame is among the answers, or on its way; nothing follows it.</summary>
        CloseQueued = 4,
        CloseWritten = 8,

        /// <summary>Nothing can be written any more.</summary>
        Over = 16,
    }

    public Feed Feed { get; }

    public IShard Shard { get; }

    /// <summary>What it has agreed to, so in which of its forms it gets a frame (<see cref="Frame.WebSocketFor"/>).</summary>
    public PerMessageDeflate Deflate { get; }

    /// <summary>False while the kernel has not taken all of an earlier write, and when nothing may follow.</summary>
    public bool CanTake => (_stage & (Stage.Blocked | Stage.CloseQueued | Stage.Over)) == 0;

    /// <summary>Whether the connection waits for the kernel to take more: then <see cref="OnWritable"/> is due.</summary>
    public bool IsBlocked => Is(Stage.Blocked);

    public bool IsOver => Is(Stage.Over);

    /// <summary>Whether the close frame has gone out.</summary>
    public bool HasClosed => Is(Stage.CloseWritten);

    /// <summary>The shard has handed frames of an audience to the kernel (<see cref="IShard.Send"/>), which took less than all.</summary>
    /// <param name="taken">How many bytes it took, or −1 if the peer is lost.</param>
    public void HasTaken(int taken)
    {
        Set(taken < 0 ? Stage.Over : Stage.Blocked);
        OnChanged();
    }

    /// <summary>The last write ended within this frame: its rest, from <paramref name="offset"/>, goes out before anything else.</summary>
    public void Hold(Frame cut, int offset) => (_cut, _cutOffset) = (cut, offset);

    /// <summary>Answers a ping; of a flood of them only the newest.</summary>
    public void Pong(ReadOnlySpan<byte> payload)
    {
        _pongs.Add(payload);
        Feed.Wake();
    }

    /// <summary>Writes all answers, then this close frame, then nothing.</summary>
    public void CloseWith(Frame close)
    {
        _close ??= close;
        Feed.Wake();
    }

    /// <summary>The peer is lost, or the connection has ended.</summary>
    public void Lose() => Set(Stage.Over);

    /// <summary>The kernel takes more.</summary>
    public void OnWritable()
    {
        if (IsOver || !Is(Stage.Blocked))
            return;
        Unset(Stage.Blocked);
        if (WriteCut())
        {
            OnChanged();
            WriteOwn();
        }
    }

    /// <summary>Writes what is this connection's own, until there is no more or the kernel takes no more.</summary>
    public void WriteOwn()
    {
        if (Is(Stage.Over | Stage.CloseWritten | Stage.Blocked | Stage.Reading))
            return;
        for (var pages = 0; Fill(out var behind); pages++)
        {
            if (!CanTake || pages == PagesPerTurn)
            {
                Feed.PutOff(behind);
                if (CanTake)
                    Shard.Ring(Feed);
                break;
            }

            // On the way out: its story ends where it is.
            if (_close is not null)
                break;
            var reading = Feed.ReadAsync(behind, CancellationToken.None);
            if (!reading.IsCompletedSuccessfully)
            {
                Set(Stage.Reading);
                _ = GoOnWithPageAsync(behind, reading.AsTask());
                return;
            }

            WritePage(behind, reading.Result);
            if (!CanTake)
                break;
        }

        OnOwnWritten();
    }

    /// <summary>Ends a connection that met a bug while it was written to, and tells the operator. It may have stopped anywhere, so nothing more is written.</summary>
    public abstract void Break(Exception bug);

    /// <summary>Hands bytes to the kernel without waiting.</summary>
    /// <returns>How many it took, or −1 if the peer is lost.</returns>
    public abstract int Send(ReadOnlySpan<byte> bytes);

    /// <summary><see cref="IsBlocked"/>, <see cref="HasClosed"/> or <see cref="IsOver"/> has changed. May be called in the midst of a round over an audience, so nothing may be ended here.</summary>
    protected abstract void OnChanged();

    /// <summary>Own answers have gone out, as far as the kernel took them.</summary>
    protected abstract void OnOwnWritten();

    /// <summary>Catching up met a failing store (<see cref="StoreException"/>; nothing is lost) or a bug in reading it.</summary>
    protected abstract void OnFailed(Exception e);

    private bool Is(Stage any) => (_stage & any) != 0;

    private void Set(Stage stage) => _stage |= stage;

    private void Unset(Stage stage) => _stage &= ~stage;

    /// <returns>How many bytes the kernel took.</returns>
    private int Write(ReadOnlySpan<byte> frames)
    {
        var taken = Send(frames);
        if (taken == frames.Length)
            return taken;
        HasTaken(taken);
        return Math.Max(taken, 0);
    }

    /// <summary>Writes answers and what the lanes have. True if a subscription must read from the store before it can go on.</summary>
    private bool Fill([NotNullWhen(true)] out Subscription? behind)
    {
        var outbox = Shard.Outbox;
        outbox.Deflate = Deflate;
        var isBehind = Feed.Fill(outbox, out behind);
        while (!Is(Stage.CloseQueued) && _pongs.TryTake(out var pong))
            outbox.Write(Frame.Control(Opcode.Pong, pong), null);

        // A full outbox means that answers may be left: the close frame waits for them.
        if (_close is not null && !Is(Stage.CloseQueued) && Feed.AnswerBytes == 0)
        {
            Set(Stage.CloseQueued);
            outbox.Write(_close, null);
        }

        Flush(outbox);
        return isBehind;
    }

    private void WritePage(Subscription behind, LogPage? page)
    {
        // Another room's audience may have filled the socket meanwhile.
        if (!CanTake)
        {
            Feed.PutOff(behind);
            return;
        }

        var outbox = Shard.Outbox;
        outbox.Deflate = Deflate;
        Feed.Fill(outbox, behind, page);
        Flush(outbox);
    }

    private async Task GoOnWithPageAsync(Subscription behind, Task<LogPage?> reading)
    {
        LogPage? page = null;
        Exception? failure = null;
        try
        {
            page = await reading;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            failure = e;
        }

        Unset(Stage.Reading);
        if (IsOver)
            return;
        try
        {
            if (failure is null)
                WritePage(behind, page);
            else
                OnFailed(failure);

            // Rings were silent meanwhile.
            WriteOwn();
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            // Nobody awaits this, so nobody else would hear of it.
            Break(bug);
        }
    }

    private void Flush(Outbox outbox)
    {
        if (!outbox.IsEmpty)
        {
            var bytes = outbox.Join();
            var taken = Write(bytes);
            if (taken == bytes.Length)
            {
                HasWritten(outbox.Last);
            }
            else
            {
                var unwritten = outbox.After(taken, out var cut, out var offset);
                if (cut is not null)
                    Hold(cut, offset);
                if (unwritten.Length > 0)
                    Feed.TakeBack(unwritten);
            }
        }

        outbox.Clear();
    }

    /// <summary>Writes the rest of a frame that was cut. False if the kernel takes no more.</summary>
    private bool WriteCut()
    {
        if (_cut is not { } cut)
            return true;
        var rest = cut.WebSocketFor(Deflate).Span[_cutOffset..];
        var taken = Write(rest);
        _cutOffset += taken;
        if (taken < rest.Length)
            return false;
        _cut = null;
        HasWritten(cut);
        return true;
    }

    private void HasWritten(Frame last)
    {
        if (!last.IsClose)
            return;
        Set(Stage.CloseWritten);
        OnChanged();
    }
}
