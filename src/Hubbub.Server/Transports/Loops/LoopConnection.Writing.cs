using System.Runtime.InteropServices;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Server.Transports.WebSockets;

namespace Hubbub.Server.Transports.Loops;

/// <summary>The writing side. Most deliveries come from an audience, by <see cref="Write"/>; this connection's own answers and its catching up go through <see cref="WriteOwn"/>.</summary>
internal sealed partial class LoopConnection
{
    /// <summary>Pages that one connection may read in a turn while others wait.</summary>
    private const int PagesPerTurn = 4;

    /// <summary>Hands bytes to the kernel. What it does not take now is told when it can take more.</summary>
    public unsafe int Write(ReadOnlySpan<byte> frames)
    {
        nint taken;
        fixed (byte* bytes = frames)
            taken = Kernel.Send(Descriptor, bytes, frames.Length, Kernel.DoNotWaitNoSignal);
        if (taken == frames.Length)
            return frames.Length;
        if (taken < 0 && Marshal.GetLastPInvokeError() is not (Kernel.WouldBlock or Kernel.Interrupted))
        {
            Die();
            return 0;
        }

        Set(State.Blocked);
        _blockedAt = Time.GetTimestamp();
        Watch();
        return (int)Math.Max(taken, 0);
    }

    public void Hold(Frame cut, int offset) => (_cut, _cutOffset) = (cut, offset);

    /// <summary>Writes what is this connection's own, until there is no more or the kernel takes no more. On the loop's thread.</summary>
    /// <param name="isWritable">The kernel has just said that it takes more.</param>
    public void WriteOwn(bool isWritable = false)
    {
        if (Has(State.Dead | State.CloseWritten) || (Has(State.Blocked) && !(isWritable && WriteCut())) || Has(State.Reading))
            return;
        for (var pages = 0; Fill(out var behind) && CanTake && _closing is null; pages++)
        {
            if (pages == PagesPerTurn)
            {
                Feed.PutOff(behind);
                _loop.Ring(Feed);
                break;
            }

            var reading = Feed.ReadAsync(behind, CancellationToken.None);
            if (!reading.IsCompletedSuccessfully)
            {
                Set(State.Reading);
                _ = GoOnWithPageAsync(behind, reading.AsTask());
                return;
            }

            WritePage(behind, reading.Result);
        }

        if (Has(State.Stalled) && Feed.AnswerBytes <= SocketRules.MaxAnswerBytes)
        {
            Unset(State.Stalled);
            if (!Has(State.Dead | State.Acting))
                GoOn();
        }
    }

    /// <summary>Writes answers and what the lanes have. True if a subscription must read from the store before it can go on.</summary>
    private bool Fill([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Subscription? behind)
    {
        var outbox = _loop.Outbox;
        var isBehind = Feed.Fill(outbox, out behind);
        if (_pong is not null && !Has(State.CloseQueued))
        {
            outbox.Write(Frame.Control(Protocol.WebSockets.Opcode.Pong, _pong), null);
            _pong = null;
        }

        // A full outbox means that answers may be left: the close frame waits for them.
        if (_closing is { } closing && !Has(State.CloseQueued) && Feed.AnswerBytes == 0)
        {
            Set(State.CloseQueued);
            outbox.Write(Frame.Close(closing.Code, closing.Reason), null);
        }

        Flush(outbox);
        if (isBehind && !CanTake)
            Feed.PutOff(behind!);
        return isBehind;
    }

    private void WritePage(Subscription behind, LogPage? page)
    {
        if (!CanTake)
        {
            Feed.PutOff(behind);
            return;
        }

        Feed.Fill(_loop.Outbox, behind, page);
        Flush(_loop.Outbox);
    }

    private async Task GoOnWithPageAsync(Subscription behind, Task<LogPage?> reading)
    {
        try
        {
            var page = await reading;
            Unset(State.Reading);
            if (Has(State.Dead))
                return;
            WritePage(behind, page);
            WriteOwn();
        }
        catch (StoreException)
        {
            // The client lives, but its story cannot be told now: come back in a moment, here or elsewhere, at the same positions.
            Unset(State.Reading);
            Close(CloseCode.Overloaded, Refusals.StoreUnavailable.Message, TimeSpan.FromSeconds(1));
            WriteOwn();
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            Unset(State.Reading);
            Fail(bug);
            WriteOwn();
        }
    }

    private void Flush(LoopSink outbox)
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
        Unset(State.Blocked);
        if (_cut is { } cut)
        {
            var rest = cut.WebSocket.Span[_cutOffset..];
            var taken = Write(rest);
            _cutOffset += taken;
            if (taken < rest.Length)
                return false;
            _cut = null;
            HasWritten(cut);
        }

        Watch();
        return true;
    }

    private void HasWritten(Frame last)
    {
        if (!last.IsClose)
            return;
        Set(State.CloseWritten);
        EndIfClosed();
    }

    private void EndIfClosed()
    {
        if (Has(State.CloseWritten) && Has(State.CloseReceived))
            Die();
    }
}
